"""When a sample is overdue: handed over and not taken, never received, or soon too old for a test. Pure.

The limits are the catalog's, in minutes. The rules tell what is due whether its time has come or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ..catalog import Custody
from .lifecycle import CustodyKind


class OverdueKind(StrEnum):
    HAND_OVER = "hand_over"
    RECEIPT = "receipt"
    VIABILITY = "viability"


@dataclass(frozen=True, order=True)
class Due:
    """What must happen to a sample by `due_at`: it is taken, received, or its test is started.

    People are told from `tell_at` on, and those responsible from `escalate_at` on.
    """

    due_at: datetime
    kind: OverdueKind
    sample_id: int
    tell_at: datetime
    escalate_at: datetime

    @property
    def key(self) -> tuple[int, OverdueKind, datetime]:
        """What is told once, and escalated once."""
        return self.sample_id, self.kind, self.due_at


class LastAct(Protocol):
    """What the rules read of a sample's last act."""

    @property
    def kind(self) -> CustodyKind: ...
    @property
    def holder(self) -> str | None: ...
    @property
    def place(self) -> str | None: ...
    @property
    def since(self) -> datetime: ...


@dataclass(frozen=True, kw_only=True)
class OpenSample:
    """A sample that something may be due for.

    `collected_at` where reception has not decided on it yet; `viable_until` for each test that waits for it.
    """

    id: int
    collected_at: datetime | None = None
    last: LastAct | None = None
    viable_until: tuple[datetime, ...] = ()


def what_is_due(sample: OpenSample, limits: Custody, *, keeps: Collection[str]) -> Iterator[Due]:
    """Everything that is due for this sample. `keeps` are the places that hold samples without a person."""
    escalate = timedelta(minutes=limits.escalate_minutes)

    def due(kind: OverdueKind, due_at: datetime, tell_at: datetime) -> Due:
        return Due(due_at, kind, sample.id, tell_at, tell_at + escalate)

    if (since := _handed_over_at(sample.last, keeps)) is not None:
        at = since + timedelta(minutes=limits.gap_minutes)
        yield due(OverdueKind.HAND_OVER, at, at)
    if sample.collected_at is not None and not _has_arrived(sample.last):
        at = sample.collected_at + timedelta(minutes=limits.receipt_minutes)
        yield due(OverdueKind.RECEIPT, at, at)
    for limit in sorted(set(sample.viable_until)):
        yield due(OverdueKind.VIABILITY, limit, limit - timedelta(minutes=limits.viability_warning_minutes))


def _handed_over_at(last: LastAct | None, keeps: Collection[str]) -> datetime | None:
    """Since when nobody has the sample; None for one that somebody took or a place keeps."""
    if last is None or last.kind != CustodyKind.DISPATCHED or last.holder is not None or last.place in keeps:
        return None
    return last.since


def _has_arrived(last: LastAct | None) -> bool:
    return last is not None and last.kind == CustodyKind.ARRIVED
