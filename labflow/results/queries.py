"""Reads of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .lifecycle import VERIFIED, ResultState
from .tables import Result

# the literal words of the partial index
_WAITING = sa.text("results.state = 'preliminary'")


@dataclass(frozen=True)
class Standing:
    """All versions of one test's result, newest first; there is at least one."""

    versions: tuple[Result, ...]

    @property
    def newest(self) -> Result:
        return self.versions[0]

    @property
    def waiting(self) -> Result | None:
        """The version that waits to be verified."""
        return self.newest if self.newest.state == ResultState.PRELIMINARY else None

    @property
    def answer(self) -> Result | None:
        """The version that a clinician reads; none once it was withdrawn, for it replaced the older ones."""
        settled = (one for one in self.versions if one.state in (*VERIFIED, ResultState.WITHDRAWN))
        newest = next(settled, None)
        return newest if newest and newest.state in VERIFIED else None

    @property
    def being_amended(self) -> bool:
        return self.answer is not None and self.waiting is not None


def current(session: Session, ordered_test_ids: Sequence[int]) -> dict[int, Standing]:
    """How the results of these tests stand, by test; tests without any version are left out."""
    found = (
        select(Result)
        .where(col(Result.ordered_test_id).in_(ordered_test_ids))
        .order_by(col(Result.ordered_test_id), col(Result.version).desc())
    )
    return {
        test_id: Standing(tuple(versions))
        for test_id, versions in groupby(session.exec(found), lambda version: version.ordered_test_id)
    }


def to_verify(session: Session, *, limit: int) -> list[Result]:
    """The versions that wait to be verified, the oldest first."""
    waiting = select(Result).where(_WAITING)
    return list(session.exec(waiting.order_by(col(Result.entered_at), col(Result.id)).limit(limit)))
