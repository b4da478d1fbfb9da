"""The JSON door: flask-smorest with problem+json (RFC 9457) errors and our own offline viewer."""

from __future__ import annotations

import http
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Response, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from ..foundation.errors import LabError
from .counting import HEADER, WRITING_METHODS, needs_key
from .matching import wants_match

PROBLEM_JSON = "application/problem+json"
_KEPT_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After")

View = TypeVar("View", bound=Callable[..., Any])

_KEY = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
    "description": "New for each request, such as a random UUID, and the same when the request is repeated: "
    "it then counts once and is answered as before, with `Idempotency-Replayed: true`, for 30 days.",
}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of what was read: the change is refused when somebody changed it since.",
}
_MATCH_RESPONSES = {
    "412": {"description": "It was changed since it was read"},
    "428": {"description": "No If-Match"},
}
_KEY_RESPONSES = {
    "400": {"description": "No Idempotency-Key, or the request cannot be read"},
    "409": {"description": "The same is being done (Retry-After), or it does not fit the present state"},
    "422": {"description": "The key was sent before with other content, or fields are not right"},
}


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint of the API, with types on the decorators."""

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """The route, documented with the key that each request to it needs when it writes."""
        place = super().route(rule, **options)
        writes = bool(WRITING_METHODS & set(options.get("methods", ())))

        def register(view: View) -> View:
            place(_documented(view) if writes and needs_key(view) else view)
            return view

        return register

    def arguments(self, schema: Schema | type[Schema], **options: Any) -> Callable[[View], View]:
        made = schema() if isinstance(schema, type) else schema  # once: a class is made anew for each request
        return cast("Callable[[View], View]", super().arguments(made, **options))

    def response(
        self, status: int, schema: Schema | type[Schema] | None = None, **options: Any
    ) -> Callable[[View], View]:
        return cast("Callable[[View], View]", super().response(status, schema, **options))


def _documented(view: View) -> View:
    content = {"content": {PROBLEM_JSON: {"schema": Problem}}}
    named = _KEY_RESPONSES | (_MATCH_RESPONSES if wants_match(view) else {})
    responses = {status: words | content for status, words in named.items()}
    parameters = [_KEY, _IF_MATCH] if wants_match(view) else [_KEY]
    return cast("View", Blueprint.doc(parameters=parameters, responses=responses)(view))


class Problem(Schema):
    """What went wrong, for machines; `title` and `detail` are sentences for people (RFC 9457)."""

    type = fields.String(metadata={"description": "The rule's name, such as unknown-sample"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What to do next"})
    errors = fields.Dict(metadata={"description": "Field name to messages"})


class LabApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    ERROR_SCHEMA = Problem

    def _register_responses(self) -> None:
        """Document every error as problem+json."""
        for status in http.HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if not 100 <= status < 200 and status not in (204, 304):
                response["content"] = {PROBLEM_JSON: {"schema": Problem}}
            self.spec.components.response(status.name, response, lazy=True)
        default = {"description": "A problem", "content": {PROBLEM_JSON: {"schema": Problem}}}
        self.spec.components.response("DEFAULT_ERROR", default, lazy=True)

    def _register_error_handlers(self, *, blueprint: Any = None) -> None:
        """labflow.web.errors answers for pages and API alike."""


def make_api(app: Flask) -> LabApi:
    app.config |= {
        "API_TITLE": "labflow",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_URL_PREFIX": None,
    }
    return LabApi(app)


def problem(error: LabError) -> Response:
    """A rule of the laboratory as problem+json."""
    body = {"type": error.code, "title": error.message, "status": error.status, "detail": error.next_step}
    errors = error.details.get("errors")
    return _problem(body | ({"errors": errors} if errors else {}), error.status, retry_after(error))


def retry_after(error: LabError) -> dict[str, str]:
    """The header that says when to come again, for errors that pass."""
    seconds = error.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}


def http_problem(error: HTTPException) -> Response:
    """A fault of HTTP or of the sent fields as problem+json, with the headers that belong to it."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    messages = data.get("messages") or {}
    body = {
        "type": "invalid-fields" if messages else error.name.lower().replace(" ", "-"),
        "title": "Some fields are not right." if messages else error.name,
        "status": status,
        "detail": "Correct the fields named in errors." if messages else (error.description or ""),
    }
    if messages:
        body["errors"] = messages.get("json") or messages.get("query") or messages
    kept = {name: value for name, value in error.get_headers(request.environ) if name in _KEPT_HEADERS}
    return _problem(body, status, kept | (data.get("headers") or {}))


def _problem(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.content_type = PROBLEM_JSON
    response.headers.update(headers)
    return response
