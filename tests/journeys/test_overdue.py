from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from labflow import custody, samples
from labflow.catalog import Catalog, read_catalog
from labflow.custody import BagAction, CustodyKind, Overdue, OverdueKind
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.foundation.outbox import OutgoingMessage
from labflow.journeys import bench, bench_queue, overdue, reception, transport
from labflow.queues import PageFilter
from labflow.samples import SampleAction

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.bench import make_waiting_case
from ..factories.cases import HATCH, THEATRE, MadeCase, make_case, make_operator
from ..support import ROOT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RECEIVER = """
[receivers.EPR]
name = "EPR"
wire = "webhook"
host = "127.0.0.1"
port = 9
tls = false
path = "/labflow"
tells = ["overdue"]
"""


class World:
    """A laboratory whose overdue samples are told to one receiver."""

    def __init__(self, database: Database, make_act: MakeAct) -> None:
        self.database, self._make_act = database, make_act
        self.catalog: Catalog = read_catalog((ROOT / "config.example.toml").read_text() + RECEIVER)
        self.person = make_operator(database, make_act())

    def act(self, at: datetime = NINE_O_CLOCK, place: str | None = THEATRE) -> Act:
        return self._make_act(by=self.person.id, badge=self.person.badge, at=at, place=place)

    def case(self, *containers: str) -> MadeCase:
        return make_case(self.database, self.catalog, self.act(), containers=containers or ("EDTA",))

    def watch(self, after: timedelta) -> None:
        overdue.watch(self.database, self.catalog, now=NINE_O_CLOCK + after)

    def rows(self) -> list[Overdue]:
        with self.database.reading() as session:
            return list(session.exec(select(Overdue).order_by(sa.text("id"))))

    def standing(self) -> list[OverdueKind]:
        return [row.kind for row in self.rows() if row.settled_at is None]

    def told(self) -> list[str]:
        with self.database.reading() as session:
            return [message.body for message in session.exec(select(OutgoingMessage))]


@pytest.fixture
def world(database: Database, make_act: MakeAct) -> World:
    return World(database, make_act)


def test_a_sample_that_nobody_received_is_told_when_its_time_is_over(world: World) -> None:
    world.case()
    world.watch(2 * HOUR - MINUTE)
    assert world.standing() == []
    world.watch(2 * HOUR)
    world.watch(2 * HOUR)
    assert world.standing() == [OverdueKind.RECEIPT]


def test_it_ends_when_reception_has_the_sample(world: World) -> None:
    case = world.case()
    world.watch(2 * HOUR)
    reception.accept(
        world.database, world.catalog, case.code(), act=world.act(NINE_O_CLOCK + 2 * HOUR, HATCH)
    )
    world.watch(2 * HOUR + MINUTE)
    (row,) = world.rows()
    assert row.settled_at == NINE_O_CLOCK + 2 * HOUR + MINUTE


def test_what_stays_overdue_is_escalated_once(world: World) -> None:
    case = world.case()
    world.watch(2 * HOUR)
    assert world.told() == []
    for minutes in range(30, 40):
        world.watch(2 * HOUR + minutes * MINUTE)
    (row,) = world.rows()
    assert row.escalated_at == NINE_O_CLOCK + 2 * HOUR + 30 * MINUTE
    (body,) = world.told()
    assert case.code() in body
    assert "Test" not in body  # the child's name


def test_what_was_due_while_nothing_ran_is_told_and_escalated_at_once(world: World) -> None:
    world.case()
    world.watch(10 * HOUR)
    assert len(world.told()) == 1


def test_a_clock_that_jumps_escalates_each_thing_once(world: World) -> None:
    world.case("EDTA", "HEPARIN")
    world.watch(timedelta(days=400))
    many = len(world.told())
    for days in (0, 400, 0, 400, 401, 0):
        world.watch(timedelta(days=days))
    assert len(world.told()) == many == len(world.rows())


def test_what_was_told_stays_told_when_the_clock_runs_back(world: World) -> None:
    world.case()
    world.watch(2 * HOUR)
    world.watch(HOUR)
    assert world.standing() == [OverdueKind.RECEIPT]


def test_a_bag_that_was_handed_over_and_taken_by_nobody_is_told_for_each_sample(world: World) -> None:
    case = world.case("EDTA", "HEPARIN")
    bag = transport.open_bag(world.database, world.catalog, act=world.act())
    for sample in case.samples:
        transport.pack(world.database, world.catalog, bag.code, sample.code, act=world.act())
    transport.move_bag(world.database, world.catalog, bag.code, BagAction.HAND_OVER, act=world.act())
    world.watch(14 * MINUTE)
    assert world.standing() == []
    world.watch(15 * MINUTE)
    assert world.standing() == [OverdueKind.HAND_OVER] * 2
    first, _ = overdue.overdue_list(world.database, world.catalog)
    assert (first.bag, first.last_person, first.tests) == (bag.code, world.person.name, ("Morphology",))
    assert first.place is not None
    assert first.place.name == "Theatre 1"
    act = world.act(NINE_O_CLOCK + 16 * MINUTE)
    transport.move_bag(world.database, world.catalog, bag.code, BagAction.TAKE, act=act)
    world.watch(17 * MINUTE)
    assert world.standing() == []


def test_a_test_that_waits_is_told_before_its_sample_is_too_old(world: World) -> None:
    case = make_waiting_case(world.database, world.catalog, world.act())
    world.watch(22 * HOUR - MINUTE)
    assert world.standing() == []
    world.watch(22 * HOUR)
    assert world.standing() == [OverdueKind.VIABILITY]
    page = bench_queue.queue_page(world.database, world.catalog, "SMEAR", filters=PageFilter())
    assert [row.overdue for row in page.rows] == [True]
    bench.take(
        world.database, world.catalog, case.code(), "BM-MORPH", act=world.act(NINE_O_CLOCK + 22 * HOUR)
    )
    world.watch(22 * HOUR + MINUTE)
    assert world.standing() == []


def test_a_sample_that_is_still_on_its_way_grows_too_old_as_well(world: World) -> None:
    world.case()
    world.watch(22 * HOUR)
    assert world.standing() == [OverdueKind.RECEIPT, OverdueKind.VIABILITY]


def test_a_received_sample_that_was_handed_over_at_a_bench_is_told(world: World) -> None:
    case = make_waiting_case(world.database, world.catalog, world.act())
    with world.database.writing() as session:
        custody.record(
            session,
            [case.samples[0].chain_id],
            CustodyKind.DISPATCHED,
            act=world.act(),
            holder=None,
            place=None,
        )
    world.watch(15 * MINUTE)
    assert world.standing() == [OverdueKind.HAND_OVER]


def test_what_is_undone_is_overdue_again_and_not_escalated_twice(world: World) -> None:
    case = world.case()
    world.watch(3 * HOUR)
    for action, after in ((SampleAction.LOSE, 181), (SampleAction.FIND, 182)):
        with world.database.writing() as session:
            samples.advance(session, samples.by_code(session, case.code()), action)
        world.watch(after * MINUTE)
    with world.database.writing() as session:  # as an undo leaves it
        samples.by_code(session, case.code()).state = samples.SampleState.COLLECTED
    world.watch(4 * HOUR)
    assert world.standing() == [OverdueKind.RECEIPT]
    assert len(world.told()) == 1


def test_several_workers_escalate_each_thing_once(world: World) -> None:
    world.case("EDTA", "HEPARIN", "EDTA", "EDTA", "HEPARIN", "EDTA")
    together = threading.Barrier(4)

    def watch() -> None:
        together.wait()
        for _ in range(5):
            try:
                world.watch(3 * HOUR)
                return
            except LabError:  # another one was first; the next round looks again
                continue

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.rows()) == len(world.told()) == 6
