"""Readiness."""

from __future__ import annotations

from marshmallow import fields, validate

from ...catalog import Side
from ...orders import TestState
from ...results import Outlook, ResultState, Stage
from . import Strict
from .orders import PatientOut


class SearchForm(Strict):
    """A case number, a sample code, an MRN or a name; posted, so that it never stands in a URL."""

    text = fields.String(
        required=True,
        validate=validate.Length(min=2, max=120, error="Type at least 2 signs."),
        error_messages={"required": "Type a name, an MRN, a case number or a sample code."},
    )


class StageOut(Strict):
    stage = fields.Enum(Stage, by_value=True)
    reached = fields.Boolean()
    since = fields.AwareDateTime(allow_none=True)
    now = fields.Boolean(metadata={"description": "The stage that the case is in"})


class TestReadinessOut(Strict):
    number = fields.Integer(attribute="facts.number")
    test = fields.String(attribute="facts.test_code")
    name = fields.String(attribute="facts.name")
    side = fields.Enum(Side, by_value=True, attribute="facts.side", allow_none=True)
    state = fields.Enum(TestState, by_value=True, attribute="facts.state")
    outlook = fields.Enum(Outlook, by_value=True)
    sentence = fields.String()
    expected_by = fields.AwareDateTime(allow_none=True)
    result_state = fields.Enum(ResultState, by_value=True, attribute="facts.result_state", allow_none=True)
    verified_at = fields.AwareDateTime(attribute="facts.verified_at", allow_none=True)
    version = fields.Integer(attribute="facts.version", allow_none=True)
    critical = fields.Boolean(attribute="facts.critical")
    being_amended = fields.Boolean(attribute="facts.being_amended")


class ReadinessOut(Strict):
    """Is it ready? `ready` only when every test that was not cancelled is verified."""

    case_number = fields.String()
    sentence = fields.String()
    ready = fields.Boolean()
    final = fields.Integer()
    total = fields.Integer()
    stages = fields.List(fields.Nested(StageOut))
    tests = fields.List(fields.Nested(TestReadinessOut))


class CaseFoundOut(Strict):
    case_number = fields.String()
    order_number = fields.String()
    opened_at = fields.AwareDateTime()
    patient = fields.Nested(PatientOut, attribute="banner")
    readiness = fields.Nested(ReadinessOut)


class CasesFound(Strict):
    cases = fields.List(fields.Nested(CaseFoundOut))
