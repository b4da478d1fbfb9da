"""A batch of scans in, one verdict each out."""

from __future__ import annotations

from marshmallow import fields, validate

from ...foundation.act import READ_OFF_A_LABEL, ReadBy
from ...foundation.codes import LENGTH
from ...journeys.scanning import Word
from . import Strict

MOST_SCANS = 100


class ScanContext(Strict):
    """What the scans mean: a do-card's action, reason and count, the place, on some pages one case or bag.

    `badge` is who scanned: when somebody else is signed in by now, nothing is done and the answer is 409.
    """

    action = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    count = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=20)
    )
    place = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=9))
    case = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    bag = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=9))
    badge = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=9))


class ScanIn(Strict):
    event_id = fields.UUID(
        required=True, metadata={"description": "The client's id; the same id counts once"}
    )
    code = fields.String(required=True, validate=validate.Length(min=1, max=100))
    occurred_at = fields.AwareDateTime(required=True, format="iso")
    read_by = fields.Enum(ReadBy, by_value=True, required=True, validate=validate.OneOf(READ_OFF_A_LABEL))
    second = fields.String(
        load_default="",
        allow_none=True,
        validate=validate.Length(max=60),
        metadata={"description": "MRN or birth date beside a typed code"},
    )
    choice = fields.String(load_default="", allow_none=True, validate=validate.Length(max=120))
    late = fields.Boolean(
        load_default=False, metadata={"description": "It could not be sent when it was made"}
    )


class ScanBatch(Strict):
    context = fields.Nested(ScanContext, required=True)
    scans = fields.List(fields.Nested(ScanIn), required=True, validate=validate.Length(min=1, max=MOST_SCANS))


class ChoiceOut(Strict):
    """One answer to a CHOOSE verdict: send the code again under a new event id with this choice."""

    code = fields.String()
    words = fields.String()


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
    choices = fields.List(fields.Nested(ChoiceOut))
    undo_until = fields.String(allow_none=True, metadata={"description": "UNDO works until then"})
    person = fields.String(metadata={"description": "To whom the scan was credited"})


class Verdicts(Strict):
    verdicts = fields.List(fields.Nested(VerdictOut))


class BadgeIn(Strict):
    """A badge read at a station: its owner acts there from now on."""

    event_id = fields.UUID(required=True)
    badge = fields.String(required=True, validate=validate.Length(equal=LENGTH))
    occurred_at = fields.AwareDateTime(required=True, format="iso")


class ResolutionIn(Strict):
    """What settles a stop: the right code, or the child's initials and birth year with a reason."""

    code = fields.String(load_default="", validate=validate.Length(max=100))
    initials = fields.String(load_default="", validate=validate.Length(max=10))
    birth_year = fields.String(load_default="", validate=validate.Length(max=4))
    reason = fields.String(load_default="", validate=validate.Length(max=200))


class ResolutionOut(Strict):
    resolved = fields.Boolean()
    detail = fields.String()
