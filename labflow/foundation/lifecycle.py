"""A lifecycle is data: one table from (state, action) to the next state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from .errors import Conflict

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class StepOutOfOrder(Conflict):
    """A {thing} that is {state} cannot take the step "{action}".

    Allowed now: {allowed}.
    """


@dataclass(frozen=True)
class Lifecycle(Generic[State, Action]):
    """The states of one thing and the steps between them."""

    thing: str
    table: Mapping[tuple[State, Action], State]

    def next_state(self, state: State, action: Action) -> State:
        """The state that follows; raises StepOutOfOrder, which names the steps allowed now."""
        try:
            return self.table[state, action]
        except KeyError:
            raise self._out_of_order(state, words(action)) from None

    def step_back(self, state: State, before: State) -> State:
        """`before`, when one step leads from it to this state (an undo); raises StepOutOfOrder."""
        if (before, state) not in {(source, reached) for (source, _), reached in self.table.items()}:
            raise self._out_of_order(state, f"back to {words(before)}")
        return before

    def allowed(self, state: State) -> tuple[Action, ...]:
        """The steps that may be taken from this state, in the order of the table."""
        return tuple(action for from_state, action in self.table if from_state == state)

    def _out_of_order(self, state: State, step: str) -> StepOutOfOrder:
        allowed = ", ".join(words(action) for action in self.allowed(state)) or "nothing more"
        return StepOutOfOrder(thing=self.thing, state=words(state), action=step, allowed=allowed)

    def allows(self, state: State, action: Action) -> bool:
        return (state, action) in self.table


def words(value: StrEnum) -> str:
    """A state or action as people say it: `not_obtained` is "not obtained"."""
    return value.value.replace("_", " ")
