"""A batch of scans in, one verdict each out."""

from __future__ import annotations

from marshmallow import fields, validate

from ...foundation.act import ReadBy
from ...journeys.scanning import Word
from . import Strict

MOST_SCANS = 100


class ScanContext(Strict):
    """What the scans mean: the do-card's action, the place, and on some pages one case or bag."""

    action = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    place = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=9))
    case = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    bag = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=9))


class ScanIn(Strict):
    event_id = fields.UUID(
        required=True, metadata={"description": "The client's id; the same id counts once"}
    )
    code = fields.String(required=True, validate=validate.Length(min=1, max=100))
    occurred_at = fields.AwareDateTime(required=True, format="iso")
    read_by = fields.Enum(ReadBy, by_value=True, required=True)


class ScanBatch(Strict):
    context = fields.Nested(ScanContext, required=True)
    scans = fields.List(fields.Nested(ScanIn), required=True, validate=validate.Length(min=1, max=MOST_SCANS))


class VerdictOut(Strict):
    """One verdict. `context` is the part of the context that the scan sets."""

    event_id = fields.UUID()
    code = fields.String()
    verdict = fields.Enum(Word, by_value=True)
    title = fields.String()
    detail = fields.String()
    rule = fields.String(metadata={"description": "The rule's name when the scan was refused"})
    status = fields.Integer(metadata={"description": "The HTTP status this scan would have alone"})
    sample = fields.String(allow_none=True)
    url = fields.String(allow_none=True, metadata={"description": "The page to open when no action is set"})
    context = fields.Dict()


class Verdicts(Strict):
    verdicts = fields.List(fields.Nested(VerdictOut))
