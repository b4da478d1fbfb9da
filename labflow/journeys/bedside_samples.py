"""The samples that come of an allocation: tubes by volume, films one by one, cores, and what was missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..catalog import SampleKind
from ..orders import OrderedTest
from ..procedures import Account, Allocation, Filled, Part, Pull, Wanted
from ..samples import NewSample

_TOUCH_PREPARATION = "touch preparation"


def samples_of(
    allocation: Allocation,
    account: Account,
    pulls: Sequence[Pull],
    tests: dict[int, OrderedTest],
    *,
    films: int | None,
    missed: str,
) -> list[NewSample]:
    """New samples in the order of the pulls, then cores, then planned parts that were not obtained.

    `tests` are the order's by number; `films` is how many were made, None for the plan's number; `missed` is
    the coded reason of what is missing.
    """
    made = [new for filled in allocation.filled for new in _filled(filled, account, pulls, tests, films)]
    return made + [_missed(part, tests, missed) for part in allocation.missed]


def _filled(
    filled: Filled, account: Account, pulls: Sequence[Pull], tests: dict[int, OrderedTest], films: int | None
) -> Iterator[NewSample]:
    part, pull = filled.part, next((pull for pull in pulls if pull.number == filled.pull), None)
    core = next((core for core in account.cores if core.side == filled.side), None)
    spot = pull or core
    if spot is None:
        raise AssertionError("an allocation fills from the pulls and cores of its own account")
    single = part.container.kind in (SampleKind.SLIDE, SampleKind.CORE)
    for _ in range(_pieces(filled, films)):
        yield NewSample(
            kind=part.container.kind,
            container=part.container.code,
            pull_id=pull.id if pull else None,
            site=spot.site,
            side=spot.side,
            volume_ml=None if single else filled.volume_ml,
            collected_at=pull.pulled_at if pull else account.ended_at,
            comment=_TOUCH_PREPARATION if part.is_films and not pull else "",
            serves=_serves(part, tests, None if single else filled.volume_ml),
        )


def _pieces(filled: Filled, films: int | None) -> int:
    """Films one by one: as many as were made, else all at the ideal volume and the fewest below it."""
    part = filled.part
    if not part.is_films:
        return 1
    if films and part.lead.minimum_ml:
        return films
    return part.lead.pieces if filled.volume_ml >= part.ideal_ml else max(part.lead.minimum_pieces, 1)


def _serves(part: Part, tests: dict[int, OrderedTest], volume: Decimal | None) -> dict[int, Decimal | None]:
    shares = {tests[one.number].id: _share(one, volume) for one in part.tests}
    return shares | {tests[reader.number].id: None for reader in part.readers}


def _share(wanted: Wanted, volume: Decimal | None) -> Decimal | None:
    """Tests that share a tube may each use all of it, up to their ideal; the rest of a pull has no ideal."""
    if volume is None:
        return None
    return min(volume, wanted.ideal_ml) if wanted.ideal_ml else volume


def _missed(part: Part, tests: dict[int, OrderedTest], reason: str) -> NewSample:
    return NewSample(
        kind=part.container.kind,
        container=part.container.code,
        side=part.side,
        missed=reason,
        serves=_serves(part, tests, None),
    )
