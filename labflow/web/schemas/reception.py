"""Reception's decisions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from ...samples import SampleState
from . import Strict

VERDICTS = ("accept", "deviation", "reject", "quarantine")
_PLACE = validate.Length(equal=9)
_REASON = fields.String(validate=validate.Length(min=1, max=40))


class AcceptIn(Strict):
    place = fields.String(required=True, validate=_PLACE, metadata={"description": "The place's code"})


class QuarantineIn(AcceptIn):
    reasons = fields.List(_REASON, required=True, validate=validate.Length(min=1, max=10))
    comment = fields.String(load_default="", validate=validate.Length(max=500))


class DeviationIn(QuarantineIn):
    approver_login = fields.String(required=True, validate=validate.Length(max=64))
    approver_password = fields.String(required=True, load_only=True, validate=validate.Length(max=128))


class RejectIn(QuarantineIn):
    needs_sedation = fields.Boolean(load_default=None, allow_none=True)


class DecisionForm(Strict):
    """The page's form: one verdict, and what it needs."""

    verdict = fields.String(
        required=True,
        validate=validate.OneOf(VERDICTS, error="Choose what to do with the sample."),
        error_messages={"required": "Choose what to do with the sample."},
    )
    place = fields.String(
        required=True,
        validate=_PLACE,
        error_messages={"required": "Say where you are: scan or choose the place."},
    )
    reasons = fields.List(_REASON, load_default=list)
    comment = fields.String(load_default="", validate=validate.Length(max=500))
    approver_login = fields.String(load_default="", validate=validate.Length(max=64))
    approver_password = fields.String(load_default="", validate=validate.Length(max=128))
    needs_sedation = fields.Boolean(load_default=None, allow_none=True)

    @post_load
    def _bundle(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        named = ("reasons", "comment", "approver_login", "approver_password")
        return data | {"decision": {name: data[name] for name in named}}


class ReconcileIn(Strict):
    counted = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=200, error="Count from 0 to 200."),
    )
    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))


class AcceptedOut(Strict):
    code = fields.String()
    state = fields.Enum(SampleState, by_value=True)
    queued = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "Test to queue"}
    )


class RejectedOut(Strict):
    code = fields.String()
    tests_not_possible = fields.List(fields.String())
    recollection = fields.String(allow_none=True, metadata={"description": "Number of the new order"})
