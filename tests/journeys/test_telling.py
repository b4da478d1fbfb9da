"""Other systems are told what happened: each act once, in each sample's order, until it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from labflow import custody, ledger
from labflow.catalog import Catalog, read_catalog
from labflow.custody import CustodyKind
from labflow.foundation.alarms import raise_alarm, standing_alarms
from labflow.foundation.columns import table_of
from labflow.foundation.database import Database
from labflow.journeys import telling
from labflow.ledger.tables import Leaf, Log
from labflow.ops.sending import Outbox

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import MadeCase, make_case, make_operator
from ..fake_receiver import FakeReceiver, hl7_listener, webhook
from ..support import ROOT

EXAMPLE = (ROOT / "config.example.toml").read_text()


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = NINE_O_CLOCK

    def __call__(self) -> datetime:
        return self.now


def catalog_with(fake: FakeReceiver, wire: str, tells: str) -> Catalog:
    return read_catalog(
        f"{EXAMPLE}\n[receivers.EPR]\nname = 'EPR'\nwire = '{wire}'\nhost = '127.0.0.1'\n"
        f"port = {fake.port}\ntls = false\npath = '/labflow'\ntells = ['{tells}']\n"
    )


@pytest.fixture
def listener() -> Iterator[FakeReceiver]:
    with hl7_listener() as fake:
        yield fake


@pytest.fixture
def hook() -> Iterator[FakeReceiver]:
    with webhook() as fake:
        yield fake


class World:
    """A case whose acts are logged at once, as the sequencer does a little later."""

    def __init__(self, database: Database, catalog: Catalog, make_act: MakeAct) -> None:
        self.database, self.make_act, self.clock = database, make_act, Clock()
        make_operator(database, make_act())
        self.case: MadeCase = make_case(database, catalog, make_act(), containers=["EDTA", "HEPARIN"])
        with database.writing() as session:
            session.add(Log(id=1, origin="test.invalid", verifier_key="", opened_at=NINE_O_CLOCK))
        self.log()
        self.outbox = Outbox(database, catalog, clock=self.clock)

    def log(self) -> None:
        entries, leaves = table_of(ledger.Entry), table_of(Leaf)
        with self.database.writing() as session:
            _, last = ledger.end_of_log(session)
            logged = sa.select(leaves.c.entry_id)
            new = sa.select(entries.c.id).where(entries.c.id.not_in(logged)).order_by(entries.c.id)
            for index, entry_id in enumerate(session.connection().execute(new).scalars().all(), last + 1):
                session.add(Leaf(log_id=1, leaf_index=index, entry_id=entry_id))

    def happens(self, kind: CustodyKind, sample: int = 0) -> None:
        with self.database.writing() as session:
            custody.record(session, [self.case.samples[sample].chain_id], kind, act=self.make_act())
        self.log()

    def round(self, *, later: timedelta = timedelta(0)) -> None:
        self.clock.now += later
        self.outbox.run(now=self.clock.now)

    def alarms(self) -> list[str]:
        with self.database.reading() as session:
            return [alarm.code for alarm in standing_alarms(session)]


@pytest.fixture
def world(database: Database, listener: FakeReceiver, make_act: MakeAct) -> World:
    world = World(database, catalog_with(listener, "mllp", "sample_status"), make_act)
    world.round()  # a new receiver begins here
    return world


def acts_of(fake: FakeReceiver) -> list[str]:
    return [message.split("\r")[3].split("|")[5].split("^")[1] for message in fake.got]


def test_a_new_receiver_is_told_what_happens_next_and_no_history(
    world: World, listener: FakeReceiver
) -> None:
    assert listener.got == []
    world.happens(CustodyKind.DISPATCHED)
    world.happens(CustodyKind.ARRIVED)
    world.round()
    world.round()
    assert acts_of(listener) == ["dispatched", "arrived"]


@pytest.mark.parametrize("answer", ["AE", "garbage", "nothing"])
def test_what_was_not_taken_is_sent_again_with_the_same_id_before_what_follows(
    world: World, listener: FakeReceiver, answer: str
) -> None:
    listener.answers = [answer]
    world.happens(CustodyKind.DISPATCHED)
    world.happens(CustodyKind.ARRIVED)
    world.round()
    assert acts_of(listener) == ["dispatched"]
    world.round(later=timedelta(minutes=5))
    assert acts_of(listener) == ["dispatched", "dispatched", "arrived"]
    assert listener.control_ids[0] == listener.control_ids[1] != listener.control_ids[2]


def test_a_sample_whose_message_waits_keeps_no_other_sample_waiting(
    world: World, listener: FakeReceiver
) -> None:
    listener.answers = ["AE"]
    world.happens(CustodyKind.DISPATCHED)
    world.happens(CustodyKind.ARRIVED, sample=1)
    world.round()
    assert acts_of(listener) == ["dispatched", "arrived"]


def test_a_message_refused_for_good_raises_an_alarm_and_the_next_goes(
    world: World, listener: FakeReceiver
) -> None:
    listener.answers = ["AR"]
    world.happens(CustodyKind.DISPATCHED)
    world.happens(CustodyKind.ARRIVED)
    world.round()
    assert acts_of(listener) == ["dispatched", "arrived"]
    assert world.alarms() == ["refused-by-epr"]


def test_a_receiver_that_is_off_loses_nothing_and_is_told_of_after_a_quarter_of_an_hour(
    database: Database, make_act: MakeAct
) -> None:
    with hl7_listener() as fake:
        catalog = catalog_with(fake, "mllp", "sample_status")
    world = World(database, catalog, make_act)
    world.round()
    world.happens(CustodyKind.DISPATCHED)
    world.round()
    assert world.outbox.behind(now=world.clock.now + timedelta(minutes=10)) == timedelta(minutes=10)
    world.round(later=timedelta(minutes=16))
    assert world.alarms() == ["silent-epr"]


def test_an_alarm_reaches_a_webhook_once(database: Database, hook: FakeReceiver) -> None:
    catalog = catalog_with(hook, "webhook", "alarm")
    for _ in range(2):
        with database.writing() as session:
            raise_alarm(session, "disk-nearly-full", "The disk is nearly full.", now=NINE_O_CLOCK)
            (alarm,) = standing_alarms(session)
            telling.tell_alarm(session, catalog, alarm, now=NINE_O_CLOCK)
    Outbox(database, catalog, clock=Clock()).run(now=NINE_O_CLOCK)
    (told,) = hook.told
    assert (told["kind"], told["code"]) == ("alarm", "disk-nearly-full")
    assert hook.headers[0]["Idempotency-Key"] == f'"{told["message_id"]}"'
    assert hook.headers[0]["path"] == "/labflow"


@pytest.mark.parametrize(("status", "sent"), [("500", 2), ("302", 2), ("429", 2), ("400", 1)])
def test_a_webhook_is_asked_again_unless_it_refuses_for_good(
    database: Database, hook: FakeReceiver, status: str, sent: int
) -> None:
    catalog, clock = catalog_with(hook, "webhook", "overdue"), Clock()
    with database.writing() as session:
        telling.tell_overdue(
            session,
            catalog,
            sample="S0123BCDX",
            what="receipt",
            words="Collected at 9:00 and not received.",
            due_at=NINE_O_CLOCK,
            now=NINE_O_CLOCK,
        )
    hook.answers = [status]
    outbox = Outbox(database, catalog, clock=clock)
    outbox.run(now=clock.now)
    clock.now += timedelta(minutes=5)
    outbox.run(now=clock.now)
    assert len(hook.got) == sent
    assert {headers["path"] for headers in hook.headers} == {"/labflow"}
