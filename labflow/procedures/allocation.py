"""Sharing out what was really pulled: each test to its minimum by priority, then each to its ideal. Pure.

A part draws on the pulls of its side; one that only a first pull answers, on the first pull of each puncture.
It spares the pulls that narrower parts depend on. A test that stays below its minimum keeps what it got: by
then its pulls are empty, and nothing of lower priority has had any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..catalog import Container, Side, VolumeLimits
from .parts import Part, Wanted, exact, parts_of


@dataclass(frozen=True, kw_only=True)
class Obtained:
    """A pull as it was made."""

    number: int
    site: str
    side: Side
    volume_ml: Decimal


@dataclass(frozen=True, kw_only=True)
class Filled:
    """One container, or one set of films, filled from one pull. Without `pull`: a core, or films of it."""

    part: Part
    volume_ml: Decimal
    pull: int | None = None
    side: Side | None = None


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """A test below its minimum; `missing_ml` is 0 where no volume but a core or a film is missing."""

    wanted: Wanted
    container: Container | None
    missing_ml: Decimal


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What fills what, which tests stay uncovered (first served first), which parts got nothing.

    `diluted` are the tests whose first pull was larger than it may be; `left_over_ml` is what no test needs.
    """

    filled: tuple[Filled, ...]
    uncovered: tuple[Shortfall, ...]
    missed: tuple[Part, ...]
    diluted: tuple[Wanted, ...]
    left_over_ml: Decimal


def allocate(
    wanted: Iterable[Wanted],
    obtained: Sequence[Obtained],
    cores: Sequence[Side],
    *,
    containers: Mapping[str, Container],
    limits: VolumeLimits,
) -> Allocation:
    """Shares the pulls out; `cores` are the sides a core was taken on."""
    found = parts_of(wanted, containers)
    shares = _Shares(found.parts, obtained)
    shares.raise_to(lambda one: one.minimum_ml)
    shares.raise_to(lambda one: one.ideal_ml)
    shares.give_rest()
    filled = (*shares.filled(), *_from_cores(found.parts, shares, cores))
    served = [one.part for one in filled]
    uncovered = [*_shortfalls(found.parts, served, shares), *(_unserved(one) for one in found.unserved)]
    return Allocation(
        filled=filled,
        uncovered=tuple(sorted(uncovered, key=lambda one: one.wanted.rank)),
        missed=tuple(part for part in found.parts if part not in served),
        diluted=_diluted(filled, obtained, exact(limits.first_pull_ml)),
        left_over_ml=sum(shares.left.values(), Decimal(0)),
    )


class _Shares:
    """Who has had how much of which pull."""

    def __init__(self, parts: Sequence[Part], obtained: Sequence[Obtained]) -> None:
        self.parts = [part for part in parts if part.is_aspirate]
        self.left = {pull.number: pull.volume_ml for pull in obtained}
        self.had: dict[tuple[int, int], Decimal] = {}
        self._sources = _sources(self.parts, obtained)

    def raise_to(self, goal: Callable[[Wanted], Decimal]) -> None:
        """Brings each test to its goal, first served first, as far as its pulls last."""
        tests = [(one, index) for index, part in enumerate(self.parts) for one in part.tests]
        for one, index in sorted(tests, key=lambda pair: pair[0].rank):
            need = goal(one) - self.volume(index)
            for number in self._sources[index]:
                taken = min(self.left[number], need)
                if taken > 0:
                    self.left[number] -= taken
                    self.had[index, number] = self.had.get((index, number), Decimal(0)) + taken
                    need -= taken

    def give_rest(self) -> None:
        """What nobody needs goes to the first part that takes the rest."""
        for index, part in enumerate(self.parts):
            if part.takes_rest:
                for number in self._sources[index]:
                    if self.left[number]:
                        self.had[index, number] = self.left[number]
                        self.left[number] = Decimal(0)

    def volume(self, index: int) -> Decimal:
        return sum((ml for (part, _), ml in self.had.items() if part == index), Decimal(0))

    def volume_of(self, part: Part) -> Decimal:
        return self.volume(self.parts.index(part)) if part in self.parts else Decimal(0)

    def filled(self) -> list[Filled]:
        """The containers, in the order of pulls and then of the parts; a full container opens the next."""
        rows = sorted(self.had.items(), key=lambda row: (row[0][1], row[0][0]))
        return [
            Filled(part=self.parts[index], pull=number, volume_ml=ml)
            for (index, number), volume in rows
            for ml in _vessels(volume, self.parts[index].container)
        ]


def _vessels(volume: Decimal, container: Container) -> list[Decimal]:
    """The volume split into containers that are not overfilled."""
    if container.capacity_ml is None:
        return [volume]
    capacity = exact(container.capacity_ml)
    full, rest = divmod(volume, capacity)
    return [capacity] * int(full) + ([rest] if rest else [])


def _sources(parts: Sequence[Part], obtained: Sequence[Obtained]) -> list[list[int]]:
    """For each part the numbers of its pulls, best first."""
    usable = [_usable(part, obtained) for part in parts]
    place = _place_on_side(obtained)

    def preference(part: Part, mine: set[int], number: int) -> tuple[int, int, int]:
        # films are cheap and want the first pull: they need not spare it
        narrower = 0 if part.is_films else sum(number in other and other < mine for other in usable)
        return narrower, abs(part.pull - place[number]), number

    return [
        sorted(mine, key=lambda number, part=part, mine=mine: preference(part, mine, number))  # type: ignore[misc]
        for part, mine in zip(parts, usable, strict=True)
    ]


def _usable(part: Part, obtained: Sequence[Obtained]) -> set[int]:
    pulls = [pull for pull in obtained if part.side in (None, pull.side)]
    if part.first_pull_only:
        punctures = {(pull.site, pull.side): pull for pull in reversed(pulls)}
        pulls = list(punctures.values())
    return {pull.number for pull in pulls}


def _place_on_side(obtained: Sequence[Obtained]) -> dict[int, int]:
    """Which pull of its side each one was, from 1."""
    return {
        pull.number: sum(other.side == pull.side and other.number <= pull.number for other in obtained)
        for pull in obtained
    }


def _from_cores(parts: Sequence[Part], shares: _Shares, cores: Sequence[Side]) -> list[Filled]:
    """Cores for the parts of their side; where nothing was aspirated, films are touched from a core."""
    filled = []
    for part in parts:
        side = next((side for side in cores if part.side in (None, side)), None)
        touched = part.is_films and not shares.volume_of(part)
        if side is not None and (touched or not part.is_aspirate):
            filled.append(Filled(part=part, volume_ml=Decimal(0), side=side))
    return filled


def _shortfalls(parts: Sequence[Part], served: Sequence[Part], shares: _Shares) -> list[Shortfall]:
    short = []
    for part in parts:
        touched = part in served and not shares.volume_of(part)
        for one in part.tests:
            missing = Decimal(0) if touched else max(one.minimum_ml - shares.volume_of(part), Decimal(0))
            if missing or part not in served:
                short.append(Shortfall(wanted=one, container=part.container, missing_ml=missing))
        if part not in served:
            short += [
                Shortfall(wanted=one, container=part.container, missing_ml=Decimal(0)) for one in part.readers
            ]
    return short


def _unserved(wanted: Wanted) -> Shortfall:
    return Shortfall(wanted=wanted, container=None, missing_ml=Decimal(0))


def _diluted(
    filled: Sequence[Filled], obtained: Sequence[Obtained], first_pull_ml: Decimal
) -> tuple[Wanted, ...]:
    large = {pull.number for pull in obtained if pull.volume_ml > first_pull_ml}
    return tuple(
        wanted
        for one in filled
        if one.pull in large
        for wanted in one.part.tests
        if wanted.test.first_pull_only
    )
