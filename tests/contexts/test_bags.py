from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlmodel import Session

from labflow import custody, samples
from labflow.catalog import Catalog, ReasonUse, Temperature, UnknownReason, reasons_for
from labflow.custody import Bag, BagAction, BagState, CustodyKind, InBag, MissingNeedsReason, NotInThisRack
from labflow.foundation.act import Act
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.samples import Sample

from ..conftest import MakeAct
from ..factories.cases import HATCH, SMEAR_BENCH, MadeCase, make_case, make_operator

SIX = ("EDTA", "HEPARIN", "EDTA", "SLIDE", "SLIDE", "SLIDE")


@dataclass
class Hatch:
    """One operator, one case, one bag and one rack in an open transaction."""

    session: Session
    catalog: Catalog
    made: MadeCase
    make_act: MakeAct
    by: int
    badge: str

    def act(self, place: str | None = HATCH) -> Act:
        return self.make_act(by=self.by, badge=self.badge, place=place)

    def sample(self, number: int) -> Sample:
        return samples.by_id(self.session, self.made.samples[number - 1].id)

    def filled(self, kind: CodeKind) -> Bag:
        """A bag or rack with every sample in it."""
        bag = custody.open_bag(
            self.session, new_code(kind, rng=random.Random(5)), Temperature.ROOM, act=self.act()
        )
        for one in self.made.samples:
            custody.pack(self.session, self.catalog, bag, self.sample(one.number), [], act=self.act())
            place = HATCH if bag.is_rack else custody.KEEP
            custody.record(self.session, [one.chain_id], CustodyKind.PACKED, act=self.act(), place=place)
        return bag

    def received(self) -> Bag:
        """A bag at the hatch, nothing scanned of it yet."""
        bag = self.filled(CodeKind.BAG)
        for action in (BagAction.SEAL, BagAction.RECEIVE):
            custody.advance_bag(bag, action, at=self.act().at)
        return bag

    def arrive(self, *numbers: int) -> None:
        custody.leave_bags(self.session, [self.sample(number).id for number in numbers], at=self.act().at)

    def states(self, bag: Bag) -> list[InBag]:
        return [one.state for one in custody.contents_of(self.session, self.catalog, bag)]

    def close(self, bag: Bag, reason: str | None = None) -> None:
        custody.close_bag(self.session, self.catalog, bag, reason=reason, act=self.act())

    def kinds(self, number: int) -> list[CustodyKind]:
        entries = custody.timeline(self.session, self.sample(number).chain_id)
        return [entry.kind for entry in entries]


@pytest.fixture
def hatch(database: Database, catalog: Catalog, make_act: MakeAct) -> Iterator[Hatch]:
    person = make_operator(database, make_act())
    act = make_act(by=person.id, badge=person.badge)
    made = make_case(database, catalog, act, containers=SIX)
    with database.writing() as session:
        yield Hatch(session, catalog, made, make_act, person.id, person.badge)


def test_a_received_bag_awaits_what_was_not_scanned_yet(hatch: Hatch) -> None:
    bag = hatch.received()
    hatch.arrive(1, 2)
    assert hatch.states(bag) == [InBag.ARRIVED] * 2 + [InBag.AWAITED] * 4


def test_a_bag_with_nothing_missing_closes_without_a_reason(hatch: Hatch) -> None:
    bag = hatch.received()
    hatch.arrive(1, 2, 3, 4, 5, 6)
    hatch.close(bag)
    assert (bag.state, bag.missing_reason) == (BagState.RECONCILED, None)


def test_what_is_missing_is_named_and_needs_a_reason(hatch: Hatch) -> None:
    bag = hatch.received()
    hatch.arrive(1, 2)
    with pytest.raises(MissingNeedsReason) as refused:
        hatch.close(bag)
    named = f"{hatch.made.case.number} tube 3 (EDTA), slides 4, 5 and 6"
    assert refused.value.message == f"4 of 6 not found in {bag.code}: {named}."
    assert refused.value.details["reasons"] == reasons_for(hatch.catalog, ReasonUse.MISSING)


def test_a_reason_that_is_not_one_for_missing_samples_is_refused(hatch: Hatch) -> None:
    with pytest.raises(UnknownReason):
        hatch.close(hatch.received(), "NO_LABEL")


def test_a_missing_sample_says_so_on_its_chain_and_keeps_its_holder(hatch: Hatch) -> None:
    bag = hatch.received()
    hatch.arrive(1, 2, 3, 4, 5)
    hatch.close(bag, "LOST_ON_WAY")
    last = custody.timeline(hatch.session, hatch.sample(6).chain_id)[-1]
    assert (last.kind, last.details) == (
        CustodyKind.NOT_FOUND,
        {"bag": bag.code, "reason": "LOST_ON_WAY"},
    )
    assert (last.holder, last.place) == (hatch.badge, None)
    assert CustodyKind.NOT_FOUND not in hatch.kinds(5)


def test_a_straggler_joins_after_its_bag_was_closed(hatch: Hatch) -> None:
    bag = hatch.received()
    hatch.arrive(1, 2, 3, 4, 5)
    hatch.close(bag, "NOT_IN_BAG")
    [(found_in, missing)] = custody.missing_anywhere(hatch.session, hatch.catalog, limit=9)
    assert (found_in.code, missing.name) == (bag.code, "slide 6")
    hatch.arrive(6)
    assert hatch.states(bag)[-1] == InBag.STRAGGLER
    assert custody.missing_anywhere(hatch.session, hatch.catalog, limit=9) == []


def test_a_bag_that_did_not_arrive_is_not_closed(hatch: Hatch) -> None:
    with pytest.raises(StepOutOfOrder):
        hatch.close(hatch.filled(CodeKind.BAG), "NOT_IN_BAG")


def test_what_went_into_another_bag_is_not_awaited_in_the_first(hatch: Hatch) -> None:
    first = hatch.filled(CodeKind.BAG)
    second = custody.open_bag(
        hatch.session, new_code(CodeKind.BAG, rng=random.Random(6)), Temperature.ROOM, act=hatch.act()
    )
    custody.pack(hatch.session, hatch.catalog, second, hatch.sample(3), [], act=hatch.act())
    assert len(hatch.states(first)) == 5
    custody.pack(hatch.session, hatch.catalog, first, hatch.sample(3), [], act=hatch.act())
    assert (len(hatch.states(first)), hatch.states(second)) == (6, [])


def test_a_rack_needs_a_place(hatch: Hatch) -> None:
    code = new_code(CodeKind.RACK, rng=random.Random(7))
    with pytest.raises(custody.RackNeedsPlace):
        custody.open_bag(hatch.session, code, Temperature.ROOM, act=hatch.act(place=None))


def test_a_check_of_a_rack_remembers_what_was_seen(hatch: Hatch) -> None:
    rack = hatch.filled(CodeKind.RACK)
    assert set(hatch.states(rack)) == {InBag.INSIDE}
    custody.begin_check(rack, act=hatch.act())
    assert custody.check_off(hatch.session, rack, hatch.sample(2), act=hatch.act())
    assert not custody.check_off(hatch.session, rack, hatch.sample(2), act=hatch.act())
    assert hatch.states(rack) == [InBag.AWAITED, InBag.ARRIVED] + [InBag.AWAITED] * 4
    assert hatch.kinds(2)[-1] == CustodyKind.PACKED  # seen where it was on record: nothing changed hands


def test_a_sample_of_no_rack_is_not_checked_off(hatch: Hatch) -> None:
    rack = custody.open_bag(
        hatch.session, new_code(CodeKind.RACK, rng=random.Random(8)), Temperature.ROOM, act=hatch.act()
    )
    with pytest.raises(NotInThisRack):
        custody.check_off(hatch.session, rack, hatch.sample(1), act=hatch.act())


def test_what_somebody_took_from_a_rack_is_out_and_not_missing(hatch: Hatch) -> None:
    rack = hatch.filled(CodeKind.RACK)
    taken = hatch.sample(4).chain_id
    custody.record(
        hatch.session, [taken], CustodyKind.TAKEN, act=hatch.act(), holder=hatch.badge, place=SMEAR_BENCH
    )
    custody.begin_check(rack, act=hatch.act())
    assert hatch.states(rack)[3] == InBag.OUT
    for number in (1, 2, 3, 5, 6):
        custody.check_off(hatch.session, rack, hatch.sample(number), act=hatch.act())
    hatch.close(rack)
    assert (rack.state, rack.check_began_at) == (BagState.OPEN, None)


def test_a_sample_that_a_check_missed_is_found_by_the_next_scan(hatch: Hatch) -> None:
    rack = hatch.filled(CodeKind.RACK)
    custody.begin_check(rack, act=hatch.act())
    for number in range(1, 6):
        custody.check_off(hatch.session, rack, hatch.sample(number), act=hatch.act())
    hatch.close(rack, "NOT_IN_BAG")
    assert hatch.states(rack)[-1] == InBag.MISSING
    custody.begin_check(rack, act=hatch.act())
    assert custody.check_off(hatch.session, rack, hatch.sample(6), act=hatch.act())
    assert hatch.kinds(6)[-2:] == [CustodyKind.NOT_FOUND, CustodyKind.FOUND]
    assert custody.missing_anywhere(hatch.session, hatch.catalog, limit=9) == []
