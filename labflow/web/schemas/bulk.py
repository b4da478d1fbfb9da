"""One act on many samples."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ...journeys.bulk import ACTIONS, MOST_SAMPLES, Asked
from . import Strict

_CODE = fields.String(validate=validate.Length(equal=9))
_LOCAL = re.compile(r"/(?![/\\])[ -~]{0,500}$")


class BulkForm(Strict):
    """Samples that were ticked, what to do with them, and the list to go back to."""

    samples = fields.List(
        _CODE,
        required=True,
        validate=validate.Length(
            min=1, max=MOST_SAMPLES, error=f"Tick from 1 to {MOST_SAMPLES} samples at once."
        ),
        error_messages={"required": "Tick the samples first."},
    )
    scanned = fields.List(_CODE, load_default=list)
    action = fields.String(
        required=True,
        validate=validate.OneOf([*ACTIONS], error="Choose what to do with them."),
        error_messages={"required": "Choose what to do with them."},
    )
    place = fields.String(load_default=None, validate=validate.Length(equal=9))
    reason = fields.String(load_default=None, validate=validate.Length(max=40))
    back = fields.String(
        load_default="/", validate=validate.Regexp(_LOCAL, error="Go back to the list and begin there.")
    )

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        action = ACTIONS[data["action"]]
        if action.needs_place and not data["place"]:
            raise ValidationError("Say where you are: choose the place.", "place")
        if action.reason and not data["reason"]:
            raise ValidationError("Choose the reason.", "reason")


def local_path(text: str) -> str:
    """The path when it leads to a page of labflow, else that of the home page."""
    return text if _LOCAL.fullmatch(text) else "/"


def asked_for(data: dict[str, Any]) -> Asked:
    """What a loaded form asks for."""
    return Asked(
        action=data["action"],
        samples=tuple(dict.fromkeys(data["samples"])),
        place=data["place"],
        reason=data["reason"] if ACTIONS[data["action"]].reason else None,
        scanned=frozenset(data["scanned"]),
    )
