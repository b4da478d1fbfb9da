"""Orders and the children they are for, as they come in and go out. Times are UTC."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ...catalog import Side, Urgency
from ...foundation.texts import hidden_sign
from ...journeys.ordering import MAP, Decision
from ...orders import DoubtState, OrderSource, OrderState, TestState, UnknownTestState
from ...patients import Sex
from . import Strict

_MRN_HINT = {"description": "Medical record number; spaces do not matter", "example": "485 730 2915"}
_AUTHORITY_HINT = {"description": "Who assigned the number; the laboratory's own hospital when left out"}


def _text(longest: int, **options: Any) -> fields.String:
    """One line without signs that nobody sees."""
    return fields.String(validate=[_at_most(longest), _visible], **options)


def _prose(longest: int) -> fields.String:
    """Lines of text."""
    return fields.String(load_default="", validate=[_at_most(longest), _visible_prose])


def _at_most(longest: int) -> validate.Length:
    return validate.Length(max=longest, error=f"Write at most {longest} characters.")


def _visible(text: str) -> None:
    if hidden := hidden_sign(text):
        raise ValidationError(f"Take out the invisible sign {hidden}.")


def _visible_prose(text: str) -> None:
    if hidden := hidden_sign(text, prose=True):
        raise ValidationError(f"Take out the invisible sign {hidden}.")


def _needed(words: str) -> dict[str, Any]:
    return {"required": True, "error_messages": {"required": words}}


class PatientSearch(Strict):
    """A search is sent, never asked for in an address: it names a child."""

    text = _text(120, **_needed("Type a medical record number or a family name."))


class PatientIn(Strict):
    mrn = _text(60, **_needed("Type the medical record number."), metadata=_MRN_HINT)
    mrn_authority = _text(80, load_default="", metadata=_AUTHORITY_HINT)
    family_name = _text(200, **_needed("Type the family name, or “Baby” where there is none yet."))
    given_name = _text(200, load_default="")
    birth_date = fields.Date(load_default=None, error_messages={"invalid": "Write the day as 2019-07-14."})
    sex = fields.Enum(Sex, by_value=True, load_default=Sex.UNKNOWN)


class OrderIn(Strict):
    mrn = _text(60, **_needed("Choose the child."), metadata=_MRN_HINT)
    mrn_authority = _text(80, load_default="", metadata=_AUTHORITY_HINT)
    indication = _text(20, **_needed("Choose the indication."), metadata={"example": "PANCYT"})
    tests = fields.List(
        _text(40),
        load_default=list,
        validate=validate.Length(max=60, error="Order at most 60 tests."),
        metadata={"description": "Codes of the catalog, aliases or LOINC codes"},
    )
    urgency = fields.Enum(Urgency, by_value=True, load_default=Urgency.ROUTINE)
    clinical_text = _prose(2000)
    ordered_by = _text(120, load_default="", metadata={"description": "The clinician who orders"})
    weight_kg = fields.Decimal(
        load_default=None, places=3, error_messages={"invalid": "Write the weight in kilograms, as 22.4."}
    )
    weighed_on = fields.Date(load_default=None, error_messages={"invalid": "Write the day as 2026-11-20."})


class OrderJson(OrderIn):
    """An order of a program: the same `event_id` again is the same order."""

    event_id = fields.UUID(load_default=None)


class ProposalIn(Strict):
    """Which tests an indication proposes for a child; without a child for every age."""

    indication = _text(20, **_needed("Choose the indication."))
    mrn = _text(60, load_default=None, metadata=_MRN_HINT)
    mrn_authority = _text(80, load_default="", metadata=_AUTHORITY_HINT)


class OrderQuery(Strict):
    """Filters of the list; without a state it shows what is open."""

    state = fields.Enum(OrderState, by_value=True, load_default=None)
    urgency = fields.Enum(Urgency, by_value=True, load_default=None)
    indication = _text(20, load_default=None)
    after = fields.String(load_default=None, metadata={"description": "`next` of the page before"})


class ToReconcileQuery(Strict):
    after = fields.String(load_default=None, metadata={"description": "`next` of the page before"})


class OrderReason(Strict):
    reason = _text(200, **_needed("Write why."))


class ReconcileOrderIn(Strict):
    """One decision: map or refuse an unknown test, or decide who the child is (keep, correct, refuse)."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf([MAP, *Decision], error="Choose what to do."),
        metadata={
            "description": "map and refuse for an unknown test; keep, correct and refuse for the child"
        },
    )
    unknown_test = fields.Integer(load_default=None, metadata={"description": "Its number in the order"})
    test = _text(40, load_default="", metadata={"description": "The catalog's test that the code means"})
    reason = _text(200, load_default="")

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        if data["decision"] == MAP and not data["test"]:
            raise ValidationError("Choose the test that the code means.", "test")
        about_test = data["unknown_test"] is not None
        if (data["decision"] == MAP and not about_test) or (
            data["decision"] in (Decision.KEEP, Decision.CORRECT) and about_test
        ):
            raise ValidationError("This decision is about something else.", "unknown_test")


class PatientOut(Strict):
    family_name = fields.String()
    given_name = fields.String()
    mrn = fields.String()
    mrn_authority = fields.String()
    birth_date = fields.Date(allow_none=True)
    sex = fields.Enum(Sex, by_value=True)
    similar_name = fields.Boolean(metadata={"description": "Another child may be taken for this one"})


class PatientsOut(Strict):
    patients = fields.List(fields.Nested(PatientOut))


class PatientCardOut(Strict):
    patient = fields.Nested(PatientOut)
    weight_kg = fields.Decimal(as_string=True, allow_none=True)
    weighed_on = fields.Date(allow_none=True)
    look_alikes = fields.List(fields.Nested(PatientOut))


class ProposedTestOut(Strict):
    code = fields.String()
    name = fields.String()


class ProposalOut(Strict):
    indication = fields.String(attribute="panel.indication")
    name = fields.String(attribute="panel.name")
    required = fields.List(fields.Nested(ProposedTestOut))
    offered = fields.List(fields.Nested(ProposedTestOut))


class OrderTestOut(Strict):
    number = fields.Integer()
    test = fields.String(attribute="code")
    name = fields.String()
    side = fields.Enum(Side, by_value=True, allow_none=True)
    state = fields.Enum(TestState, by_value=True)
    state_reason = fields.String()
    placer_number = fields.String()


class UnknownTestOut(Strict):
    number = fields.Integer()
    code = fields.String()
    text = fields.String()
    coding_system = fields.String()
    placer_number = fields.String()
    state = fields.Enum(UnknownTestState, by_value=True)
    mapped_to = fields.String(allow_none=True)
    reason = fields.String()


class DoubtOut(Strict):
    """What the message says of the child, where the record says something else."""

    family_name = fields.String()
    given_name = fields.String()
    birth_date = fields.Date(allow_none=True)
    sex = fields.Enum(Sex, by_value=True)
    state = fields.Enum(DoubtState, by_value=True)
    reason = fields.String()


class OrderLineOut(Strict):
    number = fields.String()
    state = fields.Enum(OrderState, by_value=True)
    state_reason = fields.String()
    source = fields.Enum(OrderSource, by_value=True)
    indication = fields.String(allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True)
    ordered_at = fields.AwareDateTime()
    patient = fields.Nested(PatientOut)
    tests = fields.List(fields.String())


class OrdersOut(Strict):
    orders = fields.List(fields.Nested(OrderLineOut))
    next = fields.String(allow_none=True, metadata={"description": "Send it as `after` for the next page"})


class OrderOut(Strict):
    number = fields.String()
    state = fields.Enum(OrderState, by_value=True)
    state_reason = fields.String()
    source = fields.Enum(OrderSource, by_value=True)
    indication = fields.String(allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True)
    clinical_text = fields.String()
    ordered_by = fields.String()
    ordered_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    entered_by = fields.String(allow_none=True, metadata={"description": "None for a message"})
    placer_group = fields.String()
    patient = fields.Nested(PatientOut)
    weight_kg = fields.Decimal(as_string=True, allow_none=True)
    weighed_on = fields.Date(allow_none=True)
    tests = fields.List(fields.Nested(OrderTestOut))
    unknown_tests = fields.List(fields.Nested(UnknownTestOut))
    doubt = fields.Nested(DoubtOut, allow_none=True)
    recollects = fields.String(allow_none=True)
    needs_sedation = fields.Boolean(allow_none=True)
    recollected_by = fields.List(fields.String())
    cases = fields.List(fields.String(), metadata={"description": "Numbers of the cases that came of it"})
    to_reconcile = fields.Boolean()


class OrdersToReconcileOut(Strict):
    orders = fields.List(fields.Nested(OrderOut))
    next = fields.String(allow_none=True, metadata={"description": "Send it as `after` for the next page"})
