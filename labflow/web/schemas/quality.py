"""How codes are read, and what stopped."""

from __future__ import annotations

from marshmallow import fields

from . import Strict


class ReadingOut(Strict):
    """Counts of samples' codes at one place, by way of reading."""

    place = fields.String(allow_none=True)
    scanned = fields.Integer()
    camera = fields.Integer()
    typed = fields.Integer()
    stopped = fields.Integer()
    typed_percent = fields.Float()


class StopOut(Strict):
    """A scan that had to stop; `resolved_with` is the code that settled it, or empty for naming the child."""

    event_id = fields.UUID()
    rule = fields.String()
    code = fields.String()
    place = fields.String(allow_none=True)
    raised_at = fields.DateTime()
    resolved_at = fields.DateTime(allow_none=True)
    resolved_with = fields.String()
    reason = fields.String()


class ScanQualityOut(Strict):
    since = fields.DateTime()
    readings = fields.List(fields.Nested(ReadingOut))
    stops = fields.List(fields.Nested(StopOut))
