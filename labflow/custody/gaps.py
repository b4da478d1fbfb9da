"""Gaps: times when nobody held a sample and no place kept it. Pure, computed from its entries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .lifecycle import CustodyKind
from .queries import CustodyEntry

_TAKES = (CustodyKind.TAKEN, CustodyKind.ARRIVED)
_ENDS = (CustodyKind.DISPOSED, CustodyKind.USED_UP, CustodyKind.COLLECTION_FAILED)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A sample unaccounted for between two places; still open when `until` is None."""

    since: datetime
    until: datetime | None
    lasted: timedelta
    from_place: str | None
    to_place: str | None

    @property
    def minutes(self) -> int:
        return int(self.lasted.total_seconds() // 60)


@dataclass(frozen=True, kw_only=True)
class OneSided:
    """A hand-over with one scan only: somebody took a sample that its holder had not handed over."""

    at: datetime
    holder: str
    taker: str
    place: str | None


def gaps(
    entries: Sequence[CustodyEntry], *, keeps: Collection[str], limit: timedelta, now: datetime
) -> list[Gap]:
    """The gaps longer than `limit`. `keeps` are the places that hold samples without a person."""
    found = []
    for entry, following in [*pairwise(entries), *((last, None) for last in entries[-1:])]:
        if entry.kind in _ENDS or entry.holder is not None or entry.place in keeps:
            continue
        until = following.occurred_at if following else None
        lasted = (until or now) - entry.occurred_at
        if lasted > limit:
            to_place = following.place if following else None
            found.append(
                Gap(
                    since=entry.occurred_at,
                    until=until,
                    lasted=lasted,
                    from_place=entry.place or entry.from_place,
                    to_place=to_place,
                )
            )
    return found


def one_sided(entries: Sequence[CustodyEntry]) -> list[OneSided]:
    """Hand-overs in which the giver's scan is missing."""
    return [
        OneSided(at=entry.occurred_at, holder=before.holder, taker=entry.actor, place=before.place)
        for before, entry in pairwise(entries)
        if entry.kind in _TAKES and before.holder is not None and before.holder != entry.actor
    ]
