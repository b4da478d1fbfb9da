"""Results: entry, verification, versions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from ...catalog import Side
from ...orders import TestState
from ...results import Amendment, Findings, ResultState
from . import Seen, Strict

_PASSWORD = validate.Length(min=1, max=128)
_REASON = validate.Length(min=1, max=40)
_FIELD = "field-"


class EnterIn(Strict):
    """What was found; which fields there are is the catalog's to say, and checked against it."""

    fields_ = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        data_key="fields",
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "Field code to value, as the test's result fields ask for them"},
    )
    conclusion = fields.String(required=True, validate=validate.Length(min=1, max=4000))
    critical = fields.Boolean(load_default=False)

    @post_load
    def _bundle(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = Findings(
            fields=data.pop("fields_"), conclusion=data.pop("conclusion"), critical=data.pop("critical")
        )
        return data | {"findings": found}


class AmendIn(EnterIn):
    amends = fields.Enum(Amendment, by_value=True, required=True)
    reason = fields.String(required=True, validate=_REASON)


class VerifyIn(Strict):
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    password = fields.String(required=True, load_only=True, validate=_PASSWORD)


class ReturnIn(Strict):
    note = fields.String(required=True, validate=validate.Length(min=1, max=500))


class WithdrawIn(Strict):
    reason = fields.String(required=True, validate=_REASON)
    password = fields.String(required=True, load_only=True, validate=_PASSWORD)


class _TypedFields(Strict):
    """A form sends each of the catalog's fields under its own name; here they become one mapping."""

    @pre_load
    def _gather(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = {name.removeprefix(_FIELD): data[name] for name in data if name.startswith(_FIELD)}
        return {name: data[name] for name in data if not name.startswith(_FIELD)} | {"fields": found}


class EnterForm(_TypedFields, EnterIn):
    conclusion = fields.String(
        required=True,
        validate=validate.Length(min=1, max=4000),
        error_messages={"required": "Write the conclusion."},
    )


class AmendForm(_TypedFields, AmendIn, Seen):
    amends = fields.Enum(
        Amendment,
        by_value=True,
        required=True,
        error_messages={"required": "Say whether an error is corrected or something is added."},
    )
    reason = fields.String(
        required=True, validate=_REASON, error_messages={"required": "Choose the reason for the new version."}
    )


class SignForm(Seen):
    """The forms of the verify page: verify, return or withdraw, and what each needs."""

    action = fields.String(required=True, validate=validate.OneOf(["verify", "return", "withdraw"]))
    version = fields.Integer(load_default=0)
    password = fields.String(load_default="", validate=validate.Length(max=128))
    note = fields.String(load_default="", validate=validate.Length(max=500))
    reason = fields.String(load_default="", validate=validate.Length(max=40))


class VersionOut(Strict):
    version = fields.Integer()
    state = fields.Enum(ResultState, by_value=True)
    amends = fields.Enum(Amendment, by_value=True, allow_none=True)
    fields_ = fields.Dict(attribute="fields", data_key="fields")
    conclusion = fields.String()
    critical = fields.Boolean()
    reason = fields.String()
    entered_by = fields.String()
    entered_at = fields.AwareDateTime()
    verified_by = fields.String(allow_none=True)
    verified_at = fields.AwareDateTime(allow_none=True)
    returned_by = fields.String(allow_none=True)
    returned_note = fields.String()
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_at = fields.AwareDateTime(allow_none=True)
    withdrawn_reason = fields.String()


class TestResultsOut(Strict):
    """A test with all versions of its result, newest first; `answer` is the number of the one that counts."""

    case_number = fields.String()
    order_number = fields.String()
    number = fields.Integer()
    test = fields.String(attribute="terms.code")
    name = fields.String(attribute="terms.name")
    side = fields.Enum(Side, by_value=True, allow_none=True)
    state = fields.Enum(TestState, by_value=True)
    samples = fields.List(fields.String(), attribute="sample_codes")
    answer = fields.Pluck(VersionOut, "version", allow_none=True)
    waiting = fields.Pluck(VersionOut, "version", allow_none=True)
    being_amended = fields.Boolean()
    versions = fields.List(fields.Nested(VersionOut))


class ToVerifyOut(Strict):
    """A result that waits; `own`: entered by you, so another person verifies it."""

    case_number = fields.String()
    number = fields.Integer()
    test = fields.String(attribute="test_code")
    name = fields.String(attribute="test_name")
    side = fields.Enum(Side, by_value=True, allow_none=True)
    amends = fields.Enum(Amendment, by_value=True, allow_none=True)
    critical = fields.Boolean()
    due_at = fields.AwareDateTime(allow_none=True)
    entered_at = fields.AwareDateTime()
    entered_by = fields.String()
    own = fields.Boolean()


class ResultsToVerify(Strict):
    results = fields.List(fields.Nested(ToVerifyOut))
