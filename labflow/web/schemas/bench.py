"""Queues and work at the bench. Times are UTC; places and people who carry are codes."""

from __future__ import annotations

from marshmallow import fields, validate

from ...catalog import Side, StepKind, Urgency
from ...orders import TestState
from ...queues import WorkState
from . import Strict
from .samples import PositionOut

_REASON = validate.Length(min=1, max=40)
_NOTE = validate.Length(max=200)
_PLACE = validate.Length(equal=9)
MOST_CHILDREN = 40
MAKING = (StepKind.MAKE_SLIDES, StepKind.MAKE_ALIQUOTS)


class QueueQuery(Strict):
    """Which rows of a queue, and from where on."""

    state = fields.Enum(WorkState, by_value=True, load_default=None)
    urgency = fields.Enum(Urgency, by_value=True, load_default=None)
    mine = fields.Boolean(load_default=False)
    after = fields.String(load_default=None)


class QueueOut(Strict):
    code = fields.String()
    name = fields.String()
    open = fields.Integer(metadata={"description": "Tests that wait or are worked on"})


class QueueRowOut(Strict):
    sample = fields.String(attribute="sample_code")
    container = fields.String()
    case_number = fields.String()
    test_number = fields.Integer()
    test = fields.String(attribute="test_code")
    side = fields.Enum(Side, by_value=True, allow_none=True)
    urgent = fields.Boolean()
    state = fields.Enum(WorkState, by_value=True)
    test_state = fields.Enum(TestState, by_value=True)
    step = fields.String(attribute="progress", metadata={"description": "2 of 5 Stain"})
    due_at = fields.AwareDateTime(allow_none=True)
    viable_until = fields.AwareDateTime(allow_none=True)
    held_by = fields.String(allow_none=True)
    hold_reason = fields.String(allow_none=True)
    held_until = fields.AwareDateTime(allow_none=True)
    position = fields.Nested(PositionOut, allow_none=True)
    overdue = fields.Boolean()


class QueuePageOut(Strict):
    """Rows in the order of work; `after` is the key of the next page, null on the last."""

    queue = fields.String(attribute="queue.code")
    open = fields.Integer()
    rows = fields.List(fields.Nested(QueueRowOut))
    after = fields.String(allow_none=True)


class ActIn(Strict):
    """Every act at a bench may say where it happens and which event of the client it is."""

    place = fields.String(load_default=None, validate=_PLACE)
    event_id = fields.UUID(load_default=None)


class StepIn(ActIn):
    step = fields.String(load_default=None, validate=validate.Length(max=40))


class FinishIn(StepIn):
    note = fields.String(load_default="", validate=validate.Length(max=500))


class ReasonIn(ActIn):
    reason = fields.String(required=True, validate=_REASON)
    note = fields.String(load_default="", validate=_NOTE)


class HoldIn(ReasonIn):
    until = fields.AwareDateTime(load_default=None)


class NotPossibleIn(ReasonIn):
    needs_sedation = fields.Boolean(load_default=None, allow_none=True)


class ChildrenIn(ActIn):
    kind = fields.Enum(StepKind, by_value=True, required=True, validate=validate.OneOf(MAKING))
    count = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=MOST_CHILDREN))
    stain = fields.String(load_default="", validate=validate.Length(max=40))


class BenchForm(Strict):
    """The forms of the bench page: one action each, and what it needs."""

    action = fields.String(
        required=True,
        validate=validate.OneOf(
            ["take", "start", "finish", "release", "hold", "repeat", "not_possible", "children"]
        ),
    )
    place = fields.String(load_default=None, validate=_PLACE)
    reason = fields.String(load_default="", validate=validate.Length(max=40))
    note = fields.String(load_default="", validate=_NOTE)
    needs_sedation = fields.Boolean(load_default=None, allow_none=True)
    kind = fields.Enum(
        StepKind, by_value=True, load_default=StepKind.MAKE_SLIDES, validate=validate.OneOf(MAKING)
    )
    count = fields.Integer(
        load_default=1,
        validate=validate.Range(min=1, max=MOST_CHILDREN, error=f"Make 1 to {MOST_CHILDREN} at once."),
    )
    stain = fields.String(load_default="", validate=validate.Length(max=40))


class BenchDoneOut(Strict):
    sample = fields.String(attribute="sample_code")
    test = fields.String(attribute="test_code")
    queue = fields.String()
    did = fields.String()
    next = fields.String(metadata={"description": "What may be done next"})
    children = fields.List(fields.String())
    recollection = fields.String(allow_none=True)
