"""What the bench is doing with a test: where it stands and which step comes next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..catalog import Step, StepKind, Test, Urgency
from ..foundation.errors import Conflict, NotFound
from ..foundation.lifecycle import StepOutOfOrder
from ..samples import NO_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..orders import OrderedTest
    from .tables import QueueEntry, StepRecord


# The first key of the order of work.
URGENCY_RANK = {Urgency.URGENT: 0, Urgency.ROUTINE: 1}


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


class UnusableSample(Conflict):
    """Sample {code} is {state}: no test may be worked on with it.

    Take another sample of the case, or find the test not possible.
    """


class ChooseTest(Conflict):
    """Sample {code} serves several open tests here: {tests}.

    Choose one of them.
    """

    def __init__(self, *, code: str, tests: Sequence[str]) -> None:
        super().__init__(code=code, tests=", ".join(tests))
        self.tests = tuple(tests)


@dataclass(frozen=True)
class Work:
    """An open queue entry with its test and the terms that the test was ordered under."""

    entry: QueueEntry
    test: OrderedTest
    terms: Test

    @property
    def state(self) -> WorkState:
        """Waiting, in progress or held."""
        return state_of(self.entry)

    @property
    def is_urgent(self) -> bool:
        return self.entry.urgency_rank == URGENCY_RANK[Urgency.URGENT]

    @property
    def due_at(self) -> datetime | None:
        """When the answer is due; none where the test has no target."""
        return self.entry.due_at if self.entry.due_at < NO_LIMIT else None

    @property
    def viable_until(self) -> datetime | None:
        """Until when the test may be started; none where no limit is known."""
        return self.entry.viable_until if self.entry.viable_until < NO_LIMIT else None

    @property
    def next_step(self) -> Step | None:
        """The step that is started or may be started; none when all are done."""
        steps = self.terms.steps
        return steps[self.entry.next_step] if self.entry.next_step < len(steps) else None

    @property
    def progress(self) -> str:
        """`2 of 5 Stain`, or `all 5 steps done`."""
        total = len(self.terms.steps)
        if self.next_step is None:
            return f"all {total} steps done"
        return f"{self.entry.next_step + 1} of {total} {self.next_step.name}"

    def allowed(self, *, started: bool) -> str:
        """What may be done next, in words."""
        if self.state == WorkState.HELD:
            return "release"
        if self.next_step is None:
            return "enter the result"
        return f"{'finish' if started else 'start'} {self.next_step.name}"

    def proposed_children(self, kind: StepKind) -> int:
        """How many children the next step makes; raises StepOutOfOrder when it makes none of this kind."""
        if self.next_step is None or self.next_step.kind != kind:
            raise self.out_of_order(kind.replace("_", " "), started=False)
        return self.next_step.makes

    def require_start(self, wanted: str | None, started: StepRecord | None) -> Step:
        """The step that may be started; raises StepOutOfOrder with what is allowed instead."""
        step = self.next_step
        if step is None or started is not None or wanted not in (None, step.code):
            raise self.out_of_order(f"start {self._name(wanted)}", started=started is not None)
        return step

    def require_finish(self, wanted: str | None, started: StepRecord | None) -> Step:
        """The step that was started; raises StepOutOfOrder when none or another one was."""
        step = self.next_step
        if step is None or started is None or wanted not in (None, step.code):
            raise self.out_of_order(f"finish {self._name(wanted)}", started=started is not None)
        return step

    def require_done(self) -> None:
        """Every step was done, so that a result may be entered; raises StepOutOfOrder."""
        if self.next_step is not None:
            raise self.out_of_order("enter the result", started=False)

    def out_of_order(self, action: str, *, started: bool) -> StepOutOfOrder:
        """The refusal of this action, which says what may be done instead."""
        allowed = self.allowed(started=started)
        return StepOutOfOrder(thing="test", state=f"at step {self.progress}", action=action, allowed=allowed)

    def _name(self, wanted: str | None) -> str:
        if wanted is None:
            return self.next_step.name if self.next_step else "a step"
        return next((step.name for step in self.terms.steps if step.code == wanted), wanted[:40])


def state_of(entry: QueueEntry) -> WorkState:
    """Waiting, in progress or held."""
    if entry.held_at is not None:
        return WorkState.HELD
    return WorkState.WAITING if entry.taken_at is None else WorkState.IN_PROGRESS
