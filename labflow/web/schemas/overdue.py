"""What is overdue."""

from __future__ import annotations

from marshmallow import fields

from ...custody import OverdueKind
from . import Strict


class PlaceOut(Strict):
    code = fields.String()
    name = fields.String()
    telephone = fields.String()


class OverdueSampleOut(Strict):
    """A sample that is overdue. `last_person` had it last, at `place`, since `since`."""

    kind = fields.Enum(OverdueKind, by_value=True)
    code = fields.String()
    case_number = fields.String()
    container = fields.String()
    due_at = fields.AwareDateTime(
        metadata={"description": "A viability limit is listed before it is reached"}
    )
    escalated_at = fields.AwareDateTime(allow_none=True)
    tests = fields.List(fields.String(), metadata={"description": "The tests that wait for it"})
    bag = fields.String(allow_none=True)
    last_person = fields.String(allow_none=True)
    place = fields.Nested(PlaceOut, allow_none=True)
    since = fields.AwareDateTime()


class OverdueOut(Strict):
    samples = fields.List(fields.Nested(OverdueSampleOut))
