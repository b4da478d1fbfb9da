"""Scans that only move a sample: hand over, take, receive. Decided on loaded facts, written in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...custody import CustodyKind, Held, Position, link
from ...foundation.act import Act
from ...foundation.errors import Conflict
from ...samples import MOVABLE, SampleState
from ...staff import Permission
from ..transport import NotLabelledYet
from .verdict import ChoiceNeeded, PlaceNeeded


class HeldBySomebodyElse(Conflict):
    """{code} is held by {holder}, not by you.

    Scan the do-card "take" first, then hand it over.
    """


class NotThere(Conflict):
    """{code} is recorded as {state}.

    Open its card and settle this before it moves on.
    """


class NeverScannedBack(ChoiceNeeded):
    """The label of {code} was never scanned back at the bedside: it may be on the wrong tube.

    Call the bedside and have the label confirmed in person, or receive the sample unconfirmed.
    """


@dataclass(frozen=True, kw_only=True)
class Move:
    """One action that moves samples.

    `to` gives holder and place after it; `done` tells that it was done already.
    """

    kind: CustodyKind
    permission: Permission
    past: str
    to: Callable[[Act], tuple[str | None, str | None]]
    done: Callable[[Position, Act], bool]
    needs_place: bool = False


# Choices of the receiving scan.
UNCONFIRMED = "unconfirmed"
_CHOICES = ((UNCONFIRMED, "Receive it unconfirmed: reception decides on it"),)
_ON_THE_WAY = (CustodyKind.DISPATCHED, CustodyKind.TAKEN)

MOVES: Mapping[str, Move] = {
    "hand_over": Move(
        kind=CustodyKind.DISPATCHED,
        permission=Permission.MOVE_SAMPLES,
        past="Handed over",
        to=lambda act: (None, None),
        done=lambda last, act: last.kind == CustodyKind.DISPATCHED,
    ),
    "take": Move(
        kind=CustodyKind.TAKEN,
        permission=Permission.MOVE_SAMPLES,
        past="Taken",
        to=lambda act: (act.badge, None),
        done=lambda last, act: last.kind == CustodyKind.TAKEN and last.holder == act.badge,
    ),
    "receive": Move(
        kind=CustodyKind.ARRIVED,
        permission=Permission.RECEIVE_SAMPLES,
        past="Received",
        to=lambda act: (act.badge, act.place),
        done=lambda last, act: last.place == act.place and last.kind not in _ON_THE_WAY,
        needs_place=True,
    ),
}


def decide(move: Move, sample: Held, *, choice: str, act: Act) -> tuple[dict[str, Any], Held] | None:
    """The entry row and the sample after it; None when the move was made already. Raises what forbids it."""
    if move.needs_place and act.place is None:
        raise PlaceNeeded
    if sample.last is not None and move.done(sample.last, act):
        return None
    if sample.state not in MOVABLE:
        raise NotThere(code=sample.code, state=sample.state.replace("_", " "))
    if move.kind == CustodyKind.DISPATCHED:
        _may_hand_over(sample, act)
    unconfirmed = move.kind == CustodyKind.ARRIVED and _is_unlabelled(sample)
    if unconfirmed and choice != UNCONFIRMED:
        raise NeverScannedBack(code=sample.code, choices=_CHOICES)
    details = {"label": "not confirmed"} if unconfirmed else None
    holder, place = move.to(act)
    row, end = link(sample.end, move.kind, act=act, holder=holder, place=place, details=details)
    last = Position(holder=holder, place=place, since=act.occurred_at, kind=move.kind, actor=act.badge)
    return row, replace(sample, end=end, last=last)


def _may_hand_over(sample: Held, act: Act) -> None:
    if _is_unlabelled(sample):
        raise NotLabelledYet(code=sample.code)
    holder = sample.last.holder if sample.last else None
    if holder not in (None, act.badge):
        raise HeldBySomebodyElse(code=sample.code, holder=holder)


def _is_unlabelled(sample: Held) -> bool:
    return sample.state == SampleState.COLLECTED and not sample.labelled
