"""Parts: what has to be filled at the bedside for the ordered tests, one container each.

Pure. Millilitres are exact decimals here, so that sums never drift past what was pulled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..catalog import Container, SampleKind, Side, Test


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One ordered test under the terms it was ordered with. `number` is its place in the order."""

    number: int
    priority: int
    side: Side | None
    test: Test

    @property
    def minimum_ml(self) -> Decimal:
        return exact(self.test.minimum_ml)

    @property
    def ideal_ml(self) -> Decimal:
        return exact(self.test.ideal_ml)

    @property
    def rank(self) -> tuple[int, int]:
        """First served first."""
        return self.priority, self.number


@dataclass(frozen=True, kw_only=True)
class Part:
    """A container to fill on one side for `tests` (first served first). `readers` need its samples only."""

    container: Container
    side: Side | None
    tests: tuple[Wanted, ...]
    readers: tuple[Wanted, ...] = ()

    @property
    def lead(self) -> Test:
        return self.tests[0].test

    @property
    def minimum_ml(self) -> Decimal:
        """What covers every test of the part: tests that share a tube need the largest, not the sum."""
        return max(wanted.minimum_ml for wanted in self.tests)

    @property
    def ideal_ml(self) -> Decimal:
        return max(wanted.ideal_ml for wanted in self.tests)

    @property
    def pull(self) -> int:
        return min(wanted.test.pull for wanted in self.tests)

    @property
    def is_aspirate(self) -> bool:
        """Filled from a pull, unlike a core."""
        return self.container.kind != SampleKind.CORE

    @property
    def takes_rest(self) -> bool:
        """It has no volume of its own and takes what the others leave (a clot section)."""
        return self.is_aspirate and self.ideal_ml == 0

    @property
    def is_films(self) -> bool:
        return self.container.kind == SampleKind.SLIDE

    @property
    def first_pull_only(self) -> bool:
        return any(wanted.test.first_pull_only for wanted in self.tests)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts, first served first, and the tests that nothing in this order can serve."""

    parts: tuple[Part, ...]
    unserved: tuple[Wanted, ...]


def exact(ml: float | Decimal) -> Decimal:
    """A configured number as the decimal it was written as."""
    return ml if isinstance(ml, Decimal) else Decimal(str(ml))


def parts_of(wanted: Iterable[Wanted], containers: Mapping[str, Container]) -> Parts:
    """The parts of these tests: a test joins the tube of a test it may share with, or opens its own."""
    ordered = sorted(wanted, key=lambda one: one.rank)
    groups: list[list[Wanted]] = []
    for one in ordered:
        if one.test.containers and not one.test.uses_samples_of:
            _join_or_open(groups, one)
    readers = [one for one in ordered if not (one.test.containers and not one.test.uses_samples_of)]
    parts = tuple(_part(group, readers, containers) for group in groups)
    read = {reader.number for part in parts for reader in part.readers}
    return Parts(parts=parts, unserved=tuple(one for one in readers if one.number not in read))


def _join_or_open(groups: list[list[Wanted]], one: Wanted) -> None:
    for group in groups:
        if group[0].side == one.side and all(_may_share(one.test, other.test) for other in group):
            group.append(one)
            return
    groups.append([one])


def _may_share(test: Test, other: Test) -> bool:
    agreed = other.code in test.may_share_with or test.code in other.may_share_with
    return agreed and other.containers[0] in test.containers


def _part(group: Sequence[Wanted], readers: Sequence[Wanted], containers: Mapping[str, Container]) -> Part:
    lead = group[0]
    return Part(
        container=containers[lead.test.containers[0]],
        side=lead.side,
        tests=tuple(group),
        readers=tuple(
            reader
            for reader in readers
            if reader.test.uses_samples_of in {one.test.code for one in group}
            and reader.side in (None, lead.side)
        ),
    )
