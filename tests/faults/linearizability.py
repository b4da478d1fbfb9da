"""Could one sample that does one thing at a time have given these answers?

A history holds who asked what, and which answer came when. It is linearizable when every operation can be
given one moment between its start and its answer such that a simple register of custody, asked in that order,
gives the same answers. An operation without an answer may have happened at any moment after its start, or
never.

The search goes through the history once and keeps every situation that explains it so far: the register's
state, and which of the operations under way have happened already (Wing and Gong's search in Lowe's order).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Answer = tuple[str, ...]


class Register(NamedTuple):
    """What the last act on a sample left behind; people are badges."""

    kind: str
    actor: str
    holder: str | None
    place: str | None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request; `answer` is None where nobody knows whether it happened."""

    number: int
    action: str
    person: str
    place: str | None = None
    answer: Answer | None = None


class Moment(NamedTuple):
    """An operation starts or is answered; `starts` says which."""

    starts: bool
    operation: Operation


class _Situation(NamedTuple):
    """The register's state, and what has happened of the operations under way; `spent` have no answer."""

    state: Register
    happened: frozenset[int] = frozenset()
    spent: frozenset[int] = frozenset()


def perform(state: Register, asked: Operation) -> tuple[Answer, Register]:
    """The answer of the register, and its state after it: labflow's rules of moving at their simplest."""
    person, place = asked.person, asked.place
    if asked.action == "read":
        return ("at", state.holder or "", state.place or ""), state
    if asked.action == "take":
        already = state.kind == "taken" and state.holder == person
        after = Register("taken", person, person, None)
    elif asked.action == "receive":
        already = state.place == place and state.kind not in ("dispatched", "taken")
        after = Register("arrived", person, person, place)
    else:
        already = state.kind == "dispatched"
        after = Register("dispatched", person, None, None)
        if not already and state.holder not in (None, person):
            return ("held", state.holder or ""), state
    return (("already", state.actor), state) if already else (("ok",), after)


def contradiction(history: Sequence[Moment], first: Register) -> Operation | None:
    """The first operation whose answer nothing explains, or None when the history is linearizable."""
    situations = [_Situation(first)]
    under_way: dict[int, Operation] = {}
    for starts, operation in history:
        if starts:
            under_way[operation.number] = operation
            continue
        situations = _with(situations, under_way, operation.number)
        if not situations:
            return operation
        del under_way[operation.number]
    return None


def _with(
    situations: Sequence[_Situation], under_way: Mapping[int, Operation], wanted: int
) -> list[_Situation]:
    """Every situation that can follow and in which the wanted operation has happened, without its number.

    Of two that differ only in what was spent, the one that spent less can do all that the other can.
    """
    least: dict[tuple[Register, frozenset[int]], list[frozenset[int]]] = {}
    waiting, found = deque(situations), []
    while waiting:
        state, happened, spent = waiting.popleft()
        known = least.setdefault((state, happened), [])
        if any(less <= spent for less in known):
            continue
        known.append(spent)
        if wanted in happened:
            found.append(_Situation(state, happened - {wanted}, spent))
            continue
        for number, operation in under_way.items():
            answer, after = perform(state, operation)
            if number in happened or number in spent:
                continue
            if operation.answer is None:
                waiting.append(_Situation(after, happened, spent | {number}))
            elif operation.answer == answer:
                waiting.append(_Situation(after, happened | {number}, spent))
    return found
