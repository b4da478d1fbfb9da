"""Bags."""

from __future__ import annotations

from marshmallow import fields, validate

from ...catalog import Temperature
from ...custody import BagAction, BagState, InBag
from . import Strict

_CODE = validate.Length(equal=9)
MOVES = (BagAction.HAND_OVER, BagAction.TAKE, BagAction.RECEIVE)


class NewBag(Strict):
    """A bag, or a rack, which stays at the place."""

    code = fields.String(load_default=None, allow_none=True, validate=_CODE)
    temperature = fields.Enum(Temperature, by_value=True, load_default=Temperature.ROOM)
    place = fields.String(load_default=None, allow_none=True, validate=_CODE)


class BagMove(Strict):
    """One step of a bag's way. Receiving needs the place."""

    action = fields.String(required=True, validate=validate.OneOf([move.value for move in MOVES]))
    place = fields.String(load_default=None, allow_none=True, validate=_CODE)


class PackIn(Strict):
    sample = fields.String(required=True, validate=_CODE)
    place = fields.String(load_default=None, allow_none=True, validate=_CODE)


class PackOut(Strict):
    packed = fields.Boolean(metadata={"description": "False when it lay in the bag already"})


class BagSampleOut(Strict):
    """A sample of a bag or rack. `missing_since` and `reason`: it was closed without this sample."""

    code = fields.String()
    case_number = fields.String()
    number = fields.Integer(metadata={"description": "The sample's number within its case"})
    container = fields.String()
    name = fields.String(metadata={"description": "tube 3 (EDTA)"})
    state = fields.Enum(InBag, by_value=True)
    arrived = fields.Boolean()
    missing_since = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class BagOut(Strict):
    code = fields.String()
    is_rack = fields.Boolean()
    state = fields.Enum(BagState, by_value=True)
    temperature = fields.Enum(Temperature, by_value=True)
    opened_at = fields.AwareDateTime()
    handed_over_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    checked_since = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Since when somebody compares what lies in the rack"}
    )
    from_place = fields.String(allow_none=True)
    place = fields.String(allow_none=True, metadata={"description": "Where the rack stands"})
    samples = fields.List(fields.Nested(BagSampleOut))
    expected = fields.Function(lambda bag: len(bag.expected), metadata={"type": "integer"})
    scanned = fields.Integer()
    missing = fields.List(fields.Pluck(BagSampleOut, "code"))
    sentence = fields.String(metadata={"description": "The same in words, what is missing by name"})


class MissingSampleOut(Strict):
    """A sample that a bag or rack was closed without, and that nobody scanned since."""

    bag = fields.String()
    sample = fields.Nested(BagSampleOut)


class MissingOut(Strict):
    samples = fields.List(fields.Nested(MissingSampleOut))


class BagsOut(Strict):
    bags = fields.List(fields.Nested(BagOut))


class CarriedSampleOut(Strict):
    """A sample in your hands; `hand_over_by` is its tightest viability limit."""

    code = fields.String()
    case_number = fields.String()
    container = fields.String()
    since = fields.AwareDateTime()
    labelled = fields.Boolean()
    hand_over_by = fields.AwareDateTime(allow_none=True)


class CarriedOut(Strict):
    samples = fields.List(fields.Nested(CarriedSampleOut))


class AwaitedSampleOut(Strict):
    """A collected sample that reception has not decided on."""

    code = fields.String()
    case_number = fields.String()
    container = fields.String()
    collected_at = fields.AwareDateTime()
    arrived = fields.Boolean()
    labelled = fields.Boolean()
    holder = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    overdue = fields.Boolean()


class AwaitedOut(Strict):
    samples = fields.List(fields.Nested(AwaitedSampleOut))
