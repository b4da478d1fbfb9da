"""Errors leave the house as a sentence and a next step: a page for people, problem+json for machines."""

from __future__ import annotations

import logging
from urllib.parse import urlencode
from uuid import uuid4

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

from ..foundation.errors import LabError, Malformed, NotSignedIn
from .api import http_problem, problem, retry_after
from .request import person_or_none, wants_fragment, wants_json

_log = logging.getLogger("labflow")


class Unexpected(LabError):
    """Something went wrong in labflow (trace {trace}). Nothing was saved.

    Try again, and tell the laboratory's system manager the trace number when it happens twice.
    """


class InvalidAddress(Malformed):
    """This address asks for something that labflow does not know.

    Go back and use the links of the page.
    """


def register_error_handlers(app: Flask) -> None:
    app.register_error_handler(LabError, _lab_error)
    app.register_error_handler(ValidationError, _invalid_address)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _lab_error(error: LabError) -> ResponseReturnValue:
    if wants_json():
        return problem(error)
    if isinstance(error, NotSignedIn) and not wants_fragment():
        back = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect("/sign-in?" + urlencode({"next": back}))
    return _page(error.message, error.next_step, error.status), error.status, retry_after(error)


def _invalid_address(error: ValidationError) -> ResponseReturnValue:
    """A query string that its schema refuses; forms and JSON bodies answer for themselves."""
    return _lab_error(InvalidAddress(errors=error.messages))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        return _unexpected(error.original_exception)
    if error.code is not None and 300 <= error.code < 400:
        return error
    if wants_json():
        return http_problem(error)
    status = error.code or 500
    return _page(error.name + ".", error.description or "", status), status


def _unexpected(error: BaseException) -> ResponseReturnValue:
    """The last resort: an opaque trace for people, the stack for the log, never a value that came in."""
    trace = uuid4().hex[:12]
    _log.error("unexpected fault %s: %s", trace, type(error).__name__, exc_info=error)
    return _lab_error(Unexpected(trace=trace))


def _page(title: str, next_step: str, status: int) -> str:
    template = "errors/fragment.html" if wants_fragment() else "errors/page.html"
    return render_template(template, title=title, next_step=next_step, status=status, who=person_or_none())
