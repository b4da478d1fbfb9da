"""Samples, cases and custody as JSON. Times are UTC; places and people are codes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from ...catalog import SampleKind, Side, Temperature
from ...custody import CustodyKind
from ...orders import TestState
from ...samples import Node, SampleState
from . import Strict


class PositionOut(Strict):
    """Where a sample is: `holder` is a badge, `place` a place code."""

    holder = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    since = fields.AwareDateTime()


class GapOut(Strict):
    """A time when nobody held the sample and no place kept it; `until` is null while it lasts."""

    since = fields.AwareDateTime()
    until = fields.AwareDateTime(allow_none=True)
    minutes = fields.Integer()
    from_place = fields.String(allow_none=True)
    to_place = fields.String(allow_none=True)


class TestOut(Strict):
    number = fields.Integer()
    test = fields.String(attribute="test_code")
    side = fields.Enum(Side, by_value=True, allow_none=True)
    state = fields.Enum(TestState, by_value=True)
    state_reason = fields.String()


class SampleFacts(Strict):
    """A sample as it is."""

    code = fields.String()
    number = fields.Integer(metadata={"description": "Its number within the case"})
    kind = fields.Enum(SampleKind, by_value=True)
    container = fields.String()
    state = fields.Enum(SampleState, by_value=True)
    state_reason = fields.String()
    site = fields.String()
    side = fields.Enum(Side, by_value=True, allow_none=True)
    volume_ml = fields.Float(allow_none=True)
    temperature = fields.Enum(Temperature, by_value=True)
    stain = fields.String()
    collected_at = fields.AwareDateTime(allow_none=True)
    labelled_at = fields.AwareDateTime(allow_none=True)


class SampleOut(Strict):
    """A sample with what belongs to it."""

    sample = fields.Nested(SampleFacts)
    case_number = fields.String(attribute="case.number")
    order_number = fields.String()
    parent = fields.String(attribute="parent_code", allow_none=True)
    children = fields.List(fields.Pluck(SampleFacts, "code"))
    tests = fields.List(fields.Nested(TestOut))
    viable_until = fields.AwareDateTime(allow_none=True)
    position = fields.Nested(PositionOut, allow_none=True)
    gaps = fields.List(fields.Nested(GapOut))


class EntryOut(Strict):
    """One act; `leaf_hash` is its place in the sample's chain of evidence."""

    number = fields.Integer()
    kind = fields.Enum(CustodyKind, by_value=True)
    hl7 = fields.String(metadata={"description": "HL7 table 0003 trigger"})
    actor = fields.String()
    station = fields.String(allow_none=True)
    from_holder = fields.String(allow_none=True)
    from_place = fields.String(allow_none=True)
    holder = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    read_by = fields.String()
    late = fields.Boolean(metadata={"description": "It reached the server later than it was done"})
    details = fields.Dict()
    event_id = fields.String()
    leaf_hash = fields.String()


class OneSidedOut(Strict):
    """A hand-over in which the giver's scan is missing."""

    at = fields.AwareDateTime()
    holder = fields.String()
    taker = fields.String()
    place = fields.String(allow_none=True)


class CustodyOut(Strict):
    code = fields.String()
    case_number = fields.String()
    position = fields.Nested(PositionOut, allow_none=True)
    entries = fields.List(fields.Nested(EntryOut))
    gaps = fields.List(fields.Nested(GapOut))
    one_sided = fields.List(fields.Nested(OneSidedOut))


class NodeOut(SampleFacts):
    """A sample in the tree, with the samples made from it."""

    children = fields.List(fields.Nested(lambda: NodeOut()))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """A node's facts are its sample's."""
        source = obj if attr == "children" or not isinstance(obj, Node) else obj.sample
        return Schema.get_attribute(self, source, attr, default)


class CaseOut(Strict):
    number = fields.String(attribute="case.number")
    order_number = fields.String()
    opened_at = fields.AwareDateTime(attribute="case.opened_at")
    samples = fields.List(fields.Nested(NodeOut), attribute="tree")
    tests = fields.List(fields.Nested(TestOut))
    unlabelled = fields.List(fields.Pluck(SampleFacts, "code"))
