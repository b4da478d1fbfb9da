"""What lies in a bag or rack, what was scanned of it and what is missing, each sample by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from sqlmodel import Session, col, select

from ..catalog import Catalog
from ..samples import MOVABLE, Case, Sample
from .lifecycle import BagState
from .queries import Position, position
from .tables import Bag, BagSample


class InBag(StrEnum):
    """What is known of one sample of a bag or rack."""

    INSIDE = "inside"
    AWAITED = "awaited"
    ARRIVED = "arrived"
    MISSING = "missing"
    STRAGGLER = "straggler"
    OUT = "out"


@dataclass(frozen=True, kw_only=True)
class Content:
    """One sample that was packed. `name` is "tube 3 (EDTA)"; `position` is known for what is in a rack."""

    sample: Sample
    stay: BagSample
    case_number: str
    name: str
    state: InBag
    position: Position | None

    @property
    def scanned(self) -> bool:
        return self.state in (InBag.ARRIVED, InBag.STRAGGLER)

    @property
    def missing(self) -> bool:
        """Expected, and not scanned."""
        return self.state in (InBag.AWAITED, InBag.MISSING)


def contents_of(session: Session, catalog: Catalog, bag: Bag) -> list[Content]:
    """Everything that belongs to the bag or rack, in the order of packing."""
    return contents_of_all(session, catalog, [bag])[bag.id]


def contents_of_all(session: Session, catalog: Catalog, bags: Sequence[Bag]) -> dict[int, list[Content]]:
    """`contents_of` for many bags at once, by bag."""
    found: dict[int, list[Content]] = {bag.id: [] for bag in bags}
    for sample, stay, number, state, where in _known(session, bags):
        found[stay.bag_id].append(
            Content(
                sample=sample,
                stay=stay,
                case_number=number,
                name=named(catalog, [sample]),
                state=state,
                position=where,
            )
        )
    return found


def contents(session: Session, bag: Bag) -> list[Sample]:
    """What lies in the bag or rack now, in the order of packing."""
    gone = (InBag.OUT, InBag.MISSING) if bag.is_rack else (InBag.ARRIVED, InBag.STRAGGLER)
    return [sample for sample, _, _, state, _ in _known(session, [bag]) if state not in gone]


def _known(
    session: Session, bags: Sequence[Bag]
) -> list[tuple[Sample, BagSample, str, InBag, Position | None]]:
    """Each sample of the bags with its stay, case number, state there and (in racks) position."""
    by_id = {bag.id: bag for bag in bags}
    left = col(BagSample.repacked) & col(BagSample.out_at).is_not(None)
    rows = session.exec(
        select(Sample, BagSample, Case.number)
        .join(BagSample, col(BagSample.sample_id) == Sample.id)
        .join(Case, col(Case.id) == Sample.case_id)
        .where(col(BagSample.bag_id).in_(by_id), ~left)
        .order_by(col(BagSample.id))
    ).all()
    racked = [sample.chain_id for sample, stay, _ in rows if by_id[stay.bag_id].is_rack]
    positions = position(session, racked) if racked else {}
    known = []
    for sample, stay, number in rows:
        bag, where = by_id[stay.bag_id], positions.get(sample.chain_id)
        if bag.is_rack and sample.state not in MOVABLE:
            continue  # used up or disposed of: no longer looked for
        state = _in_rack(bag, stay, where) if bag.is_rack else _in_bag(bag, stay)
        known.append((sample, stay, number, state, where))
    return known


def _in_bag(bag: Bag, stay: BagSample) -> InBag:
    if stay.out_at is not None:
        return InBag.STRAGGLER if stay.straggler else InBag.ARRIVED
    if stay.is_missing:
        return InBag.MISSING
    return InBag.AWAITED if bag.state == BagState.RECEIVED else InBag.INSIDE


def _in_rack(rack: Bag, stay: BagSample, where: Position | None) -> InBag:
    if stay.is_missing:
        return InBag.MISSING
    if rack.state == BagState.OPEN and (where is None or where.place != rack.stands_at):
        return InBag.OUT
    if rack.check_began_at is None:
        return InBag.INSIDE
    seen = stay.seen_at is not None and stay.seen_at >= rack.check_began_at
    return InBag.ARRIVED if seen else InBag.AWAITED


def named(catalog: Catalog, samples: Iterable[Sample]) -> str:
    """The samples of one case as people call them: "tube 3 (EDTA), slides 7 and 8"."""
    groups = groupby(samples, key=lambda sample: (sample.kind, sample.container))
    return ", ".join(
        _group(kind, container, [sample.number for sample in group]) for (kind, container), group in groups
    )


def _group(kind: str, container: str, numbers: Sequence[int]) -> str:
    said = " and ".join(filter(None, [", ".join(str(number) for number in numbers[:-1]), str(numbers[-1])]))
    many = "s" if len(numbers) > 1 else ""
    return f"{kind}{many} {said}" + ("" if container.casefold() == kind.casefold() else f" ({container})")


def named_by_case(catalog: Catalog, contents: Iterable[Content]) -> str:
    """Samples of several cases: "26-000001 tube 3 (EDTA); 26-000002 slides 7 and 8"."""
    by_case: dict[str, list[Sample]] = {}
    for content in contents:
        by_case.setdefault(content.case_number, []).append(content.sample)
    return "; ".join(f"{number} {named(catalog, found)}" for number, found in by_case.items())
