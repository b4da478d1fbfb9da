"""The door for imported messages: every text is checked; faults name HL7 fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from ...foundation.texts import hidden_sign
from ...journeys.ordering_messages import Control, MeasuredWeight, OrderMessage, OrderPart
from ...orders import AskedTest
from ...patients import NewPatient
from .limits import HL7Refused


def _text(where: str, longest: int, *, needed: bool = False, prose: bool = False) -> fields.String:
    """A text for a column of this length, without signs that nobody sees; prose may have lines."""
    checks: list[Callable[[str], Any]] = [
        validate.Length(max=longest, error=f"{where} is longer than {longest} signs"),
        partial(_no_hidden_sign, where=where, prose=prose),
    ]
    if needed:
        checks.insert(0, validate.Length(min=1, error=f"{where} is empty"))
    return fields.String(required=True, validate=checks)


def _no_hidden_sign(text: str, *, where: str, prose: bool) -> None:
    if hidden := hidden_sign(text, prose=prose):
        raise ValidationError(f"{where} contains the invisible sign {hidden}")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Patient(_Strict):
    mrn = _text("PID-3", 40, needed=True)
    mrn_authority = _text("PID-3.4", 80, needed=True)
    family_name = _text("PID-5.1", 80, needed=True)
    given_name = _text("PID-5.2", 80)
    birth_date = fields.Raw(allow_none=True)
    born_at = fields.Raw(allow_none=True)
    sex = fields.Raw()

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> NewPatient:
        return NewPatient(**data)


class _Weight(_Strict):
    kg = fields.Raw()
    measured_on = fields.Raw()

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> MeasuredWeight:
        return MeasuredWeight(**data)


class _Test(_Strict):
    code = _text("OBR-4", 80)
    other_codes = fields.List(_text("OBR-4", 80))
    text = _text("OBR-4.2", 250)
    coding_system = _text("OBR-4.3", 40)
    placer_number = _text("ORC-2", 199, needed=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> AskedTest:
        return AskedTest(**data | {"other_codes": tuple(data["other_codes"])})


class _Part(_Strict):
    control = fields.Enum(Control, by_value=True)
    placer_authority = _text("ORC-2.3", 250)
    placer_group = _text("ORC-4", 250)
    tests = fields.List(fields.Nested(_Test))
    urgency = fields.Raw()
    ordered_at = fields.Raw()
    ordered_by = _text("ORC-12", 120)
    clinical_text = _text("OBR-13, OBR-31, DG1-3 and NTE-3 together", 2000, prose=True)
    indications = fields.List(_text("OBR-31 or DG1-3", 80))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> OrderPart:
        lists = {"tests": tuple(data["tests"]), "indications": tuple(data["indications"])}
        return OrderPart(**data | lists)


class _Message(_Strict):
    sender = _text("MSH-3 and MSH-4", 250)
    control_id = _text("MSH-10", 199, needed=True)
    content_hash = fields.Raw()
    patient = fields.Nested(_Patient)
    weight = fields.Nested(_Weight, allow_none=True)
    parts = fields.List(fields.Nested(_Part))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> OrderMessage:
        return OrderMessage(**data | {"parts": tuple(data["parts"])})


def load_message(values: Mapping[str, Any]) -> OrderMessage:
    """The checked message; raises HL7Refused with the first fault."""
    try:
        message: OrderMessage = _Message().load(values)
    except ValidationError as error:
        raise HL7Refused(fault=_first(error.messages)) from None
    return message


def _first(messages: Any) -> str:
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return messages
