from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from labflow import custody, ledger, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.journeys import scanning
from labflow.journeys.scanning import Context, EventReused, Scan, Verdict, Word
from labflow.staff import Role, SignedIn, permissions_of

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import HATCH, make_case, make_operator


class World:
    """One case, two people, and a scanner in the hand of either."""

    def __init__(self, database: Database, catalog: Catalog, make_act: MakeAct) -> None:
        self.database, self.catalog, self.make_act = database, catalog, make_act
        self.numbers = itertools.count()
        self.operator = self._person("olga", Role.OPERATOR)
        self.receiver = self._person("rita", Role.RECEPTION)
        self.made = make_case(database, catalog, self.act(self.operator), containers=("EDTA", "HEPARIN"))

    def _person(self, login: str, *roles: Role) -> SignedIn:
        person = make_operator(self.database, self.make_act(), login)
        return SignedIn(person.id, person.badge, person.name, login, roles, permissions_of(roles))

    def act(self, person: SignedIn, at: datetime = NINE_O_CLOCK, place: str | None = None) -> Act:
        return self.make_act(by=person.id, badge=person.badge, at=at, place=place)

    def scan(self, person: SignedIn, context: Context, *codes: str, ids: Sequence[str] = ()) -> list[Verdict]:
        scans = [
            Scan(event_id=event(name), code=code, occurred_at=NINE_O_CLOCK, read_by=ReadBy.SCANNED)
            for name, code in zip(ids or [f"scan {next(self.numbers)}" for _ in codes], codes, strict=True)
        ]
        act = self.act(person, place=context.place)
        return scanning.scan(self.database, self.catalog, person, context, scans, act=act)

    def kinds(self, number: int = 1) -> list[CustodyKind]:
        """What the chain of one sample records."""
        with self.database.reading() as session:
            sample = samples.by_code(session, self.made.code(number))
            return [entry.kind for entry in custody.timeline(session, sample.chain_id)]


def event(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


@pytest.fixture
def world(database: Database, catalog: Catalog, make_act: MakeAct) -> World:
    return World(database, catalog, make_act)


HAND_OVER, TAKE = Context(action="hand_over"), Context(action="take")
RECEIVE, ACCEPT = Context(action="receive", place=HATCH), Context(action="accept", place=HATCH)


def words(verdicts: Sequence[Verdict]) -> list[Word]:
    return [verdict.verdict for verdict in verdicts]


def test_a_sample_goes_from_hand_to_hand(world: World) -> None:
    code = world.made.code()
    assert words(world.scan(world.operator, HAND_OVER, code)) == [Word.OK]
    assert words(world.scan(world.receiver, RECEIVE, code)) == [Word.OK]
    assert words(world.scan(world.receiver, ACCEPT, code)) == [Word.OK]
    assert world.kinds() == [
        CustodyKind.COLLECTED,
        CustodyKind.DISPATCHED,
        CustodyKind.ARRIVED,
        CustodyKind.ACCEPTED,
    ]


def test_accepting_puts_the_tests_on_their_queues(world: World) -> None:
    [verdict] = world.scan(world.receiver, ACCEPT, world.made.code())
    assert verdict.detail == "Waiting in: Smears and morphology."


def test_the_same_scan_twice_says_who_and_when(world: World) -> None:
    code = world.made.code()
    world.scan(world.receiver, RECEIVE, code)
    [again] = world.scan(world.receiver, RECEIVE, code)
    assert again.verdict == Word.ALREADY
    assert again.title == "Received 09:00 by Rita Invented"
    assert world.kinds().count(CustodyKind.ARRIVED) == 1


def test_the_same_event_gets_the_same_answer(world: World) -> None:
    code = world.made.code()
    first = world.scan(world.receiver, RECEIVE, code, ids=["one"])
    world.scan(world.receiver, ACCEPT, code)
    assert world.scan(world.receiver, RECEIVE, code, ids=["one"]) == first
    assert world.kinds().count(CustodyKind.ARRIVED) == 1


def test_an_event_with_other_content_is_refused(world: World) -> None:
    world.scan(world.receiver, RECEIVE, world.made.code(), ids=["one"])
    with pytest.raises(EventReused):
        world.scan(world.receiver, RECEIVE, world.made.code(2), ids=["one"])
    assert world.kinds(2) == [CustodyKind.COLLECTED]


def test_one_batch_may_hold_the_same_event_twice(world: World) -> None:
    code = world.made.code()
    verdicts = world.scan(world.receiver, RECEIVE, code, code, world.made.code(2), ids=["one", "one", "two"])
    assert words(verdicts) == [Word.OK] * 3
    assert world.kinds().count(CustodyKind.ARRIVED) == 1


def test_a_bad_scan_does_not_stop_the_others(world: World) -> None:
    code = world.made.code()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    verdicts = world.scan(world.receiver, RECEIVE, wrong, code, "rubbish")
    assert words(verdicts) == [Word.CHOOSE, Word.OK, Word.CHOOSE]
    assert [verdict.rule for verdict in verdicts] == ["wrong-check-character", "", "unreadable-code"]


def test_a_wristband_is_named_as_what_it_is(world: World) -> None:
    [verdict] = world.scan(world.receiver, RECEIVE, "WB1000000001-20190714")
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "not-a-sample")
    assert "wristband" in verdict.title


def test_a_sample_of_another_child_stops(world: World, database: Database, catalog: Catalog) -> None:
    other = make_case(database, catalog, world.act(world.operator), mrn="1000000002")
    context = Context(action="take", case=world.made.case.number)
    [verdict] = world.scan(world.operator, context, other.code())
    assert (verdict.verdict, verdict.rule) == (Word.STOP, "wrong-patient")
    with database.reading() as session:
        chain = samples.by_code(session, other.code()).chain_id
        assert len(custody.timeline(session, chain)) == 1


def test_a_role_that_may_not_is_told_so(world: World) -> None:
    [verdict] = world.scan(world.operator, RECEIVE, world.made.code())
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "may-not-scan")
    assert world.kinds() == [CustodyKind.COLLECTED]


def test_receiving_needs_a_place(world: World) -> None:
    [verdict] = world.scan(world.receiver, Context(action="receive"), world.made.code())
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "place-needed")


def test_an_unlabelled_sample_is_not_handed_over(world: World, database: Database, catalog: Catalog) -> None:
    bare = make_case(database, catalog, world.act(world.operator), mrn="1000000003", labelled=False)
    [verdict] = world.scan(world.operator, HAND_OVER, bare.code())
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "not-labelled-yet")
    context = Context(action="scan_back", case=bare.case.number)
    assert words(world.scan(world.operator, context, bare.code())) == [Word.OK]
    assert words(world.scan(world.operator, HAND_OVER, bare.code())) == [Word.OK]


def test_what_somebody_else_holds_is_not_handed_over(world: World) -> None:
    [verdict] = world.scan(world.receiver, HAND_OVER, world.made.code())
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "held-by-somebody-else")


def test_do_cards_and_places_set_the_context(world: World, catalog: Catalog) -> None:
    cards = {card.action: card.code for card in catalog.do_cards.values()}
    take, place, end = world.scan(world.operator, Context(), cards["take"], HATCH, cards["end"])
    assert take.sets["action"] == {"code": "take", "name": "Take", "reason": None, "count": None}
    assert place.sets == {"place": {"code": HATCH, "name": "Reception hatch"}}
    assert end.sets == {"action": None, "place": None, "bag": None}


def test_without_an_action_a_sample_only_opens_its_card(world: World) -> None:
    [verdict] = world.scan(world.operator, Context(), world.made.code())
    assert (verdict.verdict, verdict.sample) == (Word.OK, world.made.code())
    assert world.kinds() == [CustodyKind.COLLECTED]


def test_a_claim_from_the_future_is_refused(world: World) -> None:
    one = Scan(
        event_id=event("late"),
        code=world.made.code(),
        occurred_at=NINE_O_CLOCK + timedelta(hours=1),
        read_by=ReadBy.SCANNED,
    )
    [verdict] = scanning.scan(
        world.database, world.catalog, world.operator, TAKE, [one], act=world.act(world.operator)
    )
    assert (verdict.verdict, verdict.rule) == (Word.CHOOSE, "impossible-time")


def test_a_bag_moves_with_everything_in_it(world: World) -> None:
    bag = new_code(CodeKind.BAG, rng=random.Random(3))
    pack = Context(action="pack")
    [opened] = world.scan(world.operator, pack, bag)
    assert opened.sets == {"bag": bag}
    packed = world.scan(world.operator, replace(pack, bag=bag), world.made.code(1), world.made.code(2))
    assert words(packed) == [Word.OK, Word.OK]
    assert words(world.scan(world.operator, HAND_OVER, bag)) == [Word.OK]
    assert words(world.scan(world.receiver, RECEIVE, bag, world.made.code(1))) == [Word.OK, Word.OK]
    with world.database.reading() as session:
        missing = custody.contents(session, custody.bag_by_code(session, bag))
    assert [sample.code for sample in missing] == [world.made.code(2)]
    assert world.kinds(1)[-3:] == [CustodyKind.PACKED, CustodyKind.DISPATCHED, CustodyKind.ARRIVED]


def test_stored_samples_come_back(world: World, catalog: Catalog) -> None:
    code = world.made.code()
    fridge = next(place.code for place in catalog.places.values() if place.kind.value == "store")
    lab = replace(world.receiver, permissions=permissions_of([Role.TECHNOLOGIST]))
    world.scan(world.receiver, ACCEPT, code)
    assert words(world.scan(lab, Context(action="store", place=HATCH), code)) == [Word.CHOOSE]
    assert words(world.scan(lab, Context(action="store", place=fridge), code)) == [Word.OK]
    assert words(world.scan(lab, Context(action="retrieve", place=HATCH), code)) == [Word.OK]
    assert world.kinds()[-2:] == [CustodyKind.STORED, CustodyKind.RETRIEVED]


def test_every_act_leaves_the_ledger_sound(world: World) -> None:
    world.scan(world.operator, HAND_OVER, world.made.code(1), world.made.code(2))
    world.scan(world.receiver, ACCEPT, world.made.code(1), world.made.code(2))
    with world.database.reading() as session:
        assert ledger.check(session).faults == ()
