"""Bags and racks in the hands of people who only scan."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

import pytest

from labflow import custody, ledger, samples
from labflow.catalog import CardAction, Catalog
from labflow.custody import CustodyKind, InBag
from labflow.foundation.act import ReadBy
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.journeys import scanning, transport
from labflow.journeys.scanning import Context, Scan, Verdict, Word
from labflow.journeys.transport_bags import BagCard
from labflow.staff import Role, SignedIn, permissions_of

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import HATCH, SMEAR_BENCH, THEATRE, MadeCase, make_case, make_operator

SIX = ("EDTA", "HEPARIN", "EDTA", "SLIDE", "SLIDE", "SLIDE")
RECEIVE = Context(action="receive", place=HATCH)


class Scanner:
    """A porter and a receptionist with one scanner between them, and a case of six."""

    def __init__(self, database: Database, catalog: Catalog, make_act: MakeAct) -> None:
        self.database, self.catalog, self.make_act = database, catalog, make_act
        self.numbers = itertools.count()
        self.porter, self.rita = self._person("paul", Role.OPERATOR), self._person("rita", Role.RECEPTION)
        act = make_act(by=self.porter.id, badge=self.porter.badge)
        self.made: MadeCase = make_case(database, catalog, act, containers=SIX)
        cards = {card.action: card.code for card in reversed([*catalog.do_cards.values()])}
        self.end = cards[CardAction.END]

    def _person(self, login: str, *roles: Role) -> SignedIn:
        person = make_operator(self.database, self.make_act(), login)
        return SignedIn(person.id, person.badge, person.name, login, roles, permissions_of(roles))

    def scan(
        self,
        person: SignedIn,
        context: Context,
        *codes: str,
        choice: str = "",
        at: datetime = NINE_O_CLOCK,
    ) -> list[Verdict]:
        scans = [
            Scan(
                event_id=uuid5(NAMESPACE_OID, f"scan {next(self.numbers)}"),
                code=code,
                occurred_at=at,
                read_by=ReadBy.SCANNED,
                choice=choice,
            )
            for code in codes
        ]
        act = self.make_act(by=person.id, badge=person.badge, at=at, place=context.place)
        return scanning.scan(self.database, self.catalog, person, context, scans, act=act)

    def codes(self, *numbers: int) -> list[str]:
        return [self.made.code(number) for number in numbers or range(1, 7)]

    def packed(self, kind: CodeKind, place: str = THEATRE) -> str:
        """A bag or rack with the six in it."""
        code = new_code(kind, rng=random.Random(3))
        pack = Context(action="pack", place=place)
        assert words(self.scan(self.porter, pack, code)) == [Word.OK]
        assert words(self.scan(self.porter, replace(pack, bag=code), *self.codes())) == [Word.OK] * 6
        return code

    def on_the_way(self) -> str:
        """A bag with the six in it, handed over."""
        bag = self.packed(CodeKind.BAG)
        assert words(self.scan(self.porter, Context(action="hand_over"), bag)) == [Word.OK]
        return bag

    def card(self, code: str) -> BagCard:
        return transport.bag_card(self.database, self.catalog, code)

    def kinds(self, number: int) -> list[CustodyKind]:
        with self.database.reading() as session:
            chain = samples.by_code(session, self.made.code(number)).chain_id
            return [entry.kind for entry in custody.timeline(session, chain)]


@pytest.fixture
def scanner(database: Database, catalog: Catalog, make_act: MakeAct) -> Scanner:
    return Scanner(database, catalog, make_act)


def words(verdicts: Sequence[Verdict]) -> list[Word]:
    return [verdict.verdict for verdict in verdicts]


def test_a_bag_of_six_is_received_by_the_bag_and_its_samples(scanner: Scanner) -> None:
    bag = scanner.on_the_way()
    assert words(scanner.scan(scanner.rita, RECEIVE, bag)) == [Word.OK]
    inside = replace(RECEIVE, bag=bag)
    assert words(scanner.scan(scanner.rita, inside, *scanner.codes())) == [Word.OK] * 6
    assert scanner.card(bag).sentence == f"Bag {bag} · 6 expected · 6 scanned · nothing is missing"
    [closed] = scanner.scan(scanner.rita, inside, scanner.end)
    assert (closed.verdict, closed.title) == (Word.OK, f"Bag {bag}: 6 of 6 scanned")
    assert closed.sets == {"action": None, "place": None, "bag": None}


def test_end_names_what_is_missing_and_asks_why(scanner: Scanner) -> None:
    bag = scanner.on_the_way()
    scanner.scan(scanner.rita, RECEIVE, bag, *scanner.codes(1, 2, 4, 5, 6))
    assert scanner.card(bag).sentence == f"Bag {bag} · 6 expected · 5 scanned · missing: tube 3 (EDTA)"
    inside = replace(RECEIVE, bag=bag)
    [asked] = scanner.scan(scanner.rita, inside, scanner.end)
    assert (asked.verdict, asked.sets) == (Word.CHOOSE, {})
    assert asked.title == f"1 of 6 not found in {bag}: {scanner.made.case.number} tube 3 (EDTA)."
    assert ("LOST_ON_WAY", "Lost on the way") in asked.choices
    [closed] = scanner.scan(scanner.rita, inside, scanner.end, choice="NOT_IN_BAG")
    assert (closed.verdict, closed.detail) == (Word.OK, "Missing until somebody scans it: tube 3 (EDTA).")
    assert scanner.kinds(3)[-1] == CustodyKind.NOT_FOUND


def test_a_straggler_is_received_as_usual_and_joins_its_bag(scanner: Scanner) -> None:
    bag = scanner.on_the_way()
    scanner.scan(scanner.rita, RECEIVE, bag, *scanner.codes(1, 2, 4, 5, 6))
    scanner.scan(scanner.rita, replace(RECEIVE, bag=bag), scanner.end, choice="NOT_IN_BAG")
    [missing] = transport.missing(scanner.database, scanner.catalog)
    assert (missing.bag, missing.sample.name) == (bag, "tube 3 (EDTA)")
    assert words(scanner.scan(scanner.rita, RECEIVE, *scanner.codes(3))) == [Word.OK]
    assert transport.missing(scanner.database, scanner.catalog) == []
    assert scanner.card(bag).samples[2].state == InBag.STRAGGLER
    assert scanner.card(bag).missing == ()
    with scanner.database.reading() as session:
        assert ledger.check(session).faults == ()


def test_the_names_say_the_case_where_a_bag_holds_several(
    scanner: Scanner, database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    act = make_act(by=scanner.porter.id, badge=scanner.porter.badge)
    other = make_case(database, catalog, act, mrn="1000000002")
    bag = scanner.packed(CodeKind.BAG)
    scanner.scan(scanner.porter, Context(action="pack", place=THEATRE, bag=bag), other.code())
    scanner.scan(scanner.porter, Context(action="hand_over"), bag)
    scanner.scan(scanner.rita, RECEIVE, bag, *scanner.codes(1, 2, 3, 4))
    number = scanner.made.case.number
    assert scanner.card(bag).missing_words == f"{number} slides 5 and 6; {other.case.number} tube 1 (EDTA)"


def test_end_leaves_a_bag_that_is_being_packed_as_it_is(scanner: Scanner) -> None:
    bag = scanner.packed(CodeKind.BAG)
    [ended] = scanner.scan(scanner.porter, Context(action="pack", place=THEATRE, bag=bag), scanner.end)
    assert (ended.verdict, scanner.card(bag).state) == (Word.OK, custody.BagState.OPEN)


def test_a_rack_is_checked_by_scanning_it_and_what_is_in_it(scanner: Scanner) -> None:
    rack = scanner.packed(CodeKind.RACK, place=HATCH)
    assert scanner.card(rack).sentence == f"Rack {rack} · 6 in it"
    [begun] = scanner.scan(scanner.rita, Context(), rack)
    assert (begun.verdict, begun.sets) == (Word.OK, {"bag": rack})
    inside = Context(bag=rack)
    seen = scanner.scan(scanner.rita, inside, *scanner.codes(1, 2, 3, 4, 5), scanner.made.code(1))
    assert words(seen) == [Word.OK] * 5 + [Word.ALREADY]
    assert scanner.card(rack).sentence == f"Rack {rack} · 6 expected · 5 scanned · missing: slide 6"
    assert words(scanner.scan(scanner.rita, inside, scanner.end)) == [Word.CHOOSE]
    assert words(scanner.scan(scanner.rita, inside, scanner.end, choice="NOT_IN_BAG")) == [Word.OK]
    assert [one.sample.name for one in transport.missing(scanner.database, scanner.catalog)] == ["slide 6"]


def test_a_sample_of_another_place_is_not_in_the_rack(
    scanner: Scanner, database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    act = make_act(by=scanner.porter.id, badge=scanner.porter.badge)
    other = make_case(database, catalog, act, mrn="1000000002")
    rack = scanner.packed(CodeKind.RACK, place=HATCH)
    scanner.scan(scanner.rita, Context(), rack)
    [verdict] = scanner.scan(scanner.rita, Context(bag=rack), other.code())
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "not-in-this-rack")


def test_a_rack_that_moved_keeps_its_samples_and_takes_more_after_end(scanner: Scanner) -> None:
    rack = scanner.packed(CodeKind.RACK, place=HATCH)
    assert words(scanner.scan(scanner.porter, Context(action="take"), rack)) == [Word.OK]
    there = Context(action="receive", place=SMEAR_BENCH)
    assert words(scanner.scan(scanner.rita, there, rack, *scanner.codes())) == [Word.OK] * 7
    assert scanner.card(rack).place == SMEAR_BENCH
    [ended] = scanner.scan(scanner.rita, replace(there, bag=rack), scanner.end)
    assert ended.title == f"Rack {rack}: 6 of 6 scanned"
    assert (scanner.card(rack).state, len(scanner.card(rack).expected)) == (custody.BagState.OPEN, 6)


def test_a_sample_taken_from_a_rack_is_out_until_it_is_packed_again(scanner: Scanner) -> None:
    rack = scanner.packed(CodeKind.RACK, place=HATCH)
    scanner.scan(scanner.porter, Context(action="take"), scanner.made.code(2))
    assert scanner.card(rack).samples[1].state == InBag.OUT
    pack = Context(action="pack", place=HATCH, bag=rack)
    assert words(scanner.scan(scanner.porter, pack, *scanner.codes(2, 2))) == [Word.OK, Word.ALREADY]
    assert scanner.card(rack).samples[1].state == InBag.INSIDE


def test_of_fifty_scans_with_five_bad_codes_forty_five_are_done(
    scanner: Scanner, database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    act = make_act(by=scanner.porter.id, badge=scanner.porter.badge)
    many = make_case(database, catalog, act, mrn="1000000002", containers=("EDTA",) * 45)
    codes = [many.code(number) for number in range(1, 46)]
    for place, bad in zip((0, 11, 22, 33, 49), _bad(codes), strict=True):
        codes.insert(place, bad)
    verdicts = scanner.scan(scanner.rita, RECEIVE, *codes)
    listed = [code for code, one in zip(codes, verdicts, strict=True) if one.verdict != Word.OK]
    assert (words(verdicts).count(Word.OK), listed) == (45, _bad([many.code(n) for n in range(1, 46)]))


def _bad(codes: Sequence[str]) -> list[str]:
    """Cut short, doubled, two glued, one sign wrong, and a code that nobody has."""
    wrong = "0" if codes[3][-1] != "0" else "1"
    nobodys = new_code(CodeKind.SAMPLE, rng=random.Random(99))
    return [codes[0][:-1], codes[1] + codes[1][-1], codes[2] * 2, codes[3][:-1] + wrong, nobodys]
