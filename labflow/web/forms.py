"""Forms that lose nothing: what was typed stays, beside what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from flask import render_template, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from ..foundation.errors import LabError

Done = TypeVar("Done")
_OWN_FIELDS = ("csrf_token", "event_id")


class Form:
    """One form of one page.

    `values` is what was typed (lists for list fields), `errors` maps field names to messages, `problem` is
    the rule of the laboratory that refused it. `event_id` is hidden in the form, so that a form sent twice
    counts once.
    """

    def __init__(self, schema: type[Schema] | Schema, **initial: Any) -> None:
        self._schema = schema() if isinstance(schema, type) else schema
        self.submitted = request.method == "POST"
        self.values: dict[str, Any] = _typed(request.form, self._schema) if self.submitted else initial
        self.errors: dict[str, list[str]] = {}
        self.problem: LabError | None = None
        self.event_id = _event_id(request.form.get("event_id")) if self.submitted else uuid4()

    def attempt(self, do: Callable[[dict[str, Any]], Done]) -> Done | None:
        """What `do` returns for valid input; None on GET, and after a refusal, which the form then shows."""
        if not self.submitted:
            return None
        try:
            filled = {name: value for name, value in self.values.items() if value not in ("", [])}
            return do(self._schema.load(filled))
        except ValidationError as error:
            self.errors = _flat(error.messages_dict)
        except LabError as error:
            self.problem = error
        return None

    @property
    def faulty(self) -> bool:
        return bool(self.errors) or self.problem is not None

    @property
    def status(self) -> int:
        if self.problem is not None:
            return self.problem.status
        return 422 if self.errors else 200

    def page(self, template: str, **context: Any) -> tuple[str, int]:
        """The page with the form in it, as it stands."""
        return render_template(template, form=self, **context), self.status


def _typed(sent: MultiDict[str, str], schema: Schema) -> dict[str, Any]:
    lists = {name for name, field in schema.fields.items() if isinstance(field, fields.List)}
    return {
        name: [value for value in sent.getlist(name) if value] if name in lists else sent[name].strip()
        for name in sent
        if name not in _OWN_FIELDS
    }


def _event_id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        return uuid4()


def _flat(messages: dict[str, Any]) -> dict[str, list[str]]:
    """Field name → messages; nested faults (a list's third item) join their name with dots."""
    flat: dict[str, list[str]] = {}
    for name, found in messages.items():
        if isinstance(found, dict):
            flat |= {f"{name}.{inner}": texts for inner, texts in _flat(found).items()}
        else:
            flat[str(name)] = [str(text) for text in found]
    return flat
