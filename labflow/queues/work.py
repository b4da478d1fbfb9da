"""What the bench is doing with a test: where it stands and which step comes next. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ..foundation.errors import Conflict, NotFound
from ..foundation.lifecycle import StepOutOfOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..catalog.offer import Step
    from .tables import QueueEntry, StepRecord


class WorkState(StrEnum):
    """How an open queue entry stands; also the words of the queue's filter."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    HELD = "held"


class LeftBecause(StrEnum):
    """Why a test left its queue."""

    VERIFIED = "verified"
    NOT_POSSIBLE = "not_possible"
    CANCELLED = "cancelled"


class NothingWaiting(NotFound):
    """Sample {code} has no open test {where}.

    Look at the sample's card: it names the queues that its tests are on.
    """


class ChooseTest(Conflict):
    """Sample {code} serves several open tests here: {tests}.

    Choose one of them.
    """

    def __init__(self, *, code: str, tests: Sequence[str]) -> None:
        super().__init__(code=code, tests=", ".join(tests))
        self.tests = tuple(tests)


def state_of(entry: QueueEntry) -> WorkState:
    """Waiting, in progress or held."""
    if entry.held_at is not None:
        return WorkState.HELD
    return WorkState.WAITING if entry.taken_at is None else WorkState.IN_PROGRESS


def step_words(steps: Sequence[Step], next_step: int) -> str:
    """The progress as people say it: "2 of 5 Stain", or "all 5 steps done"."""
    if next_step < len(steps):
        return f"{next_step + 1} of {len(steps)} {steps[next_step].name}"
    return f"all {len(steps)} steps done" if steps else "no steps"


def require_start(
    steps: Sequence[Step], next_step: int, started: StepRecord | None, wanted: str | None
) -> Step:
    """The step that may be started now; raises StepOutOfOrder with what is allowed instead."""
    if started is not None:
        action = f"start {_name(steps, wanted or started.step)}"
        raise _out_of_order(steps, next_step, action, f"finish {_name(steps, started.step)}")
    if next_step == len(steps):
        action = f"start {_name(steps, wanted)}" if wanted else "start"
        raise _out_of_order(steps, next_step, action, "enter the result")
    step = steps[next_step]
    if wanted not in (None, step.code):
        raise _out_of_order(steps, next_step, f"start {_name(steps, wanted)}", f"start {step.name}")
    return step


def require_finish(
    steps: Sequence[Step], next_step: int, started: StepRecord | None, wanted: str | None
) -> StepRecord:
    """The started step; raises StepOutOfOrder when none or another one was started."""
    if started is not None and wanted in (None, started.step):
        return started
    if started is not None:
        allowed = f"finish {_name(steps, started.step)}"
    elif next_step < len(steps):
        allowed = f"start {steps[next_step].name}"
    else:
        allowed = "enter the result"
    raise _out_of_order(steps, next_step, f"finish {_name(steps, wanted)}" if wanted else "finish", allowed)


def _out_of_order(steps: Sequence[Step], next_step: int, action: str, allowed: str) -> StepOutOfOrder:
    return StepOutOfOrder(
        thing="test", state=f"at step {step_words(steps, next_step)}", action=action, allowed=allowed
    )


def _name(steps: Sequence[Step], code: str) -> str:
    return next((step.name for step in steps if step.code == code), code)
