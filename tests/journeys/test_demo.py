"""The demo laboratory: in every state, sound, always the same, and never in a real laboratory's database."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from labflow import ledger, orders, patients, staff
from labflow.catalog import Catalog, Urgency
from labflow.custody import Bag, BagState
from labflow.foundation.database import Database
from labflow.foundation.database import sqlite_url as address_of
from labflow.journeys import demo as demo_codes
from labflow.journeys import reception, sample_card, transport
from labflow.ledger import Chain
from labflow.ops import demo
from labflow.ops.demo import cast, children
from labflow.ops.sequencer import Sequencer
from labflow.orders import Order, OrderedTest, OrderState, TestState
from labflow.patients import Patient
from labflow.procedures import Outcome, Procedure
from labflow.queues import QueueEntry
from labflow.results import Result, ResultState
from labflow.samples import Case, Sample, SampleState
from labflow.staff import Role

from ..conftest import BOTH_DATABASES, NINE_O_CLOCK, created_database
from ..people import make_person

RNG = random.Random(5)

SECRET = "only for tests"


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def prepared(
    request: pytest.FixtureRequest, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The demo laboratory as it stands at nine o'clock, once on each database; tests only read it."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield from _prepared(
            address_of(Path(shutil.copy(template, tmp_path_factory.mktemp("demo")))), catalog
        )
        return
    template = request.getfixturevalue("postgres_template")
    with created_database(request.getfixturevalue("postgres"), template=template) as url:
        yield from _prepared(url, catalog)


@pytest.fixture(scope="module")
def again(
    catalog: Catalog, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The same once more."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("again")))
    yield from _prepared(address_of(path), catalog)


def _prepared(url: str, catalog: Catalog) -> Iterator[Database]:
    database = Database(url)
    assert demo.prepare(database, catalog, now=NINE_O_CLOCK, secret=SECRET)
    yield database
    database.close()


def evidence(database: Database) -> list[Any]:
    """The head of every chain: it follows from everything that was ever recorded about its sample."""
    with database.reading() as session:
        return list(session.exec(select(Chain.head).order_by(col(Chain.id))))


def test_a_second_start_keeps_the_data(prepared: Database, catalog: Catalog) -> None:
    before = evidence(prepared)
    assert not demo.prepare(prepared, catalog, now=NINE_O_CLOCK + timedelta(days=2), secret=SECRET)
    assert evidence(prepared) == before


def test_the_same_moment_makes_the_same_data(prepared: Database, again: Database) -> None:
    assert evidence(again) == evidence(prepared)


def test_the_evidence_of_the_demo_is_sound_and_comes_in_the_order_of_its_times(prepared: Database) -> None:
    with prepared.reading() as session:
        found = ledger.check(session)
        times = session.exec(select(ledger.Entry.recorded_at).order_by(col(ledger.Entry.id))).all()
    assert found.faults == ()
    assert found.entries > 1500
    assert list(times) == sorted(times)
    assert times[-1] <= NINE_O_CLOCK


def test_forty_children_are_invented_with_names_of_the_world(prepared: Database) -> None:
    with prepared.reading() as session:
        found = session.exec(select(Patient)).all()
        alike = [child for child in found if patients.look_alikes(session, child)]
        weights = [patients.latest_weight(session, child.id) for child in found]
    kilograms = [weight.kg for weight in weights if weight]
    assert len(found) == 40
    assert sum(child.given_name == "Baby Girl" and child.family_name == "Khan" for child in found) == 2
    assert len(alike) >= 6
    assert sum(not child.family_name.isascii() for child in found) > 10
    assert max(len(child.family_name) for child in found) == 35
    assert (min(kilograms), max(kilograms)) == (Decimal("6.0"), Decimal("103.4"))


def counted(*conditions: Any) -> Callable[[Session], int]:
    return lambda session: session.exec(select(func.count()).where(*conditions)).one()


NO_CASE = col(Order.id).not_in(select(Case.order_id))
ON_QUEUE = col(QueueEntry.left_at).is_(None)
AWAITS_START = (col(QueueEntry.next_step) == 0, ON_QUEUE)
PROMISED: dict[str, Callable[[Session], int]] = {
    "an urgent order waits for the bedside": counted(
        Order.urgency == Urgency.URGENT, Order.state == OrderState.ACTIVE, NO_CASE
    ),
    "a message waits to be reconciled": lambda session: len(orders.to_reconcile(session, None, 9)),
    "samples were registered and not labelled": counted(
        Sample.state == SampleState.COLLECTED, col(Sample.labelled_at).is_(None)
    ),
    "a bag is with the porter": counted(Bag.state == BagState.SEALED),
    "a bag was handed over and nobody took it": counted(
        Bag.state == BagState.HANDED_OVER, col(Bag.handed_over_at) < NINE_O_CLOCK - timedelta(minutes=15)
    ),
    "a test is near its viability limit": counted(
        *AWAITS_START,
        col(QueueEntry.viable_until).between(NINE_O_CLOCK, NINE_O_CLOCK + timedelta(hours=3)),
    ),
    "a test is late": counted(ON_QUEUE, col(QueueEntry.due_at) < NINE_O_CLOCK),
    "a clotted tube was rejected": counted(
        Sample.state == SampleState.REJECTED, Sample.state_reason == "CLOTTED"
    ),
    "a new sample was asked for, with sedation": counted(
        col(Order.recollects_order_id).is_not(None), col(Order.needs_sedation)
    ),
    "a sample was accepted with a deviation": counted(Sample.state == SampleState.ACCEPTED_WITH_DEVIATION),
    "a sample is in quarantine": counted(Sample.state == SampleState.QUARANTINED),
    "a critical result is final": counted(Result.state == ResultState.FINAL, col(Result.critical)),
    "slides are stored": counted(Sample.state == SampleState.STORED),
    "cases are complete": counted(Order.state == OrderState.COMPLETED),
}


@pytest.mark.parametrize("sentence", PROMISED)
def test_the_demo_shows_that(prepared: Database, sentence: str) -> None:
    with prepared.reading() as session:
        assert PROMISED[sentence](session) >= 1


@pytest.mark.parametrize(
    ("column", "states"),
    [
        (OrderedTest.state, TestState),
        (Order.state, OrderState),
        (Procedure.outcome, Outcome),
        (Result.state, set(ResultState) - {ResultState.CORRECTED}),
    ],
    ids=["tests", "orders", "procedures", "results"],
)
def test_the_demo_has_every_state_of(prepared: Database, column: Any, states: Any) -> None:
    with prepared.reading() as session:
        assert set(session.exec(select(column).distinct())) == set(states)


def test_a_sample_that_lies_unaccounted_shows_its_gap(prepared: Database, catalog: Catalog) -> None:
    lost = [bag for bag in transport.bags_on_the_way(prepared, catalog) if bag.state == BagState.HANDED_OVER]
    card = sample_card.sample_card(prepared, catalog, lost[0].samples[0].code, now=NINE_O_CLOCK)
    assert card.gaps


def test_reception_has_samples_to_decide_on(prepared: Database, catalog: Catalog) -> None:
    assert any(sample.arrived for sample in reception.awaited(prepared, catalog))


def test_every_role_has_somebody(prepared: Database) -> None:
    with prepared.reading() as session:
        assert all(staff.people_with_role(session, role) for role in Role)


def test_the_sheet_has_the_wristband_of_every_waiting_child(prepared: Database, catalog: Catalog) -> None:
    groups = {group.title: group for group in demo_codes.sheet(prepared, catalog, rng=RNG)}
    bands = groups["Wristbands of children who wait for their procedure"].codes
    assert len(bands) >= 7
    assert all(one.code.startswith("WB") for one in bands)
    assert any("KHAN, Baby Girl" in one.words for one in bands)


def test_a_page_that_names_an_order_and_a_case_gets_their_wristbands_and_samples(
    prepared: Database, catalog: Catalog
) -> None:
    with prepared.reading() as session:
        case = session.exec(select(Case).order_by(col(Case.id)).limit(1)).one()
        patient = patients.by_id(session, case.patient_id)
        codes = session.exec(select(Sample.code).where(Sample.case_id == case.id)).all()
    groups = {g.title: g.codes for g in demo_codes.shown(prepared, catalog, [case.number], rng=RNG)}
    assert patient.birth_date is not None
    assert [one.code for one in groups["Wristbands"]] == [
        demo_codes.wristband(patient.mrn, patient.birth_date)
    ]
    assert {one.code for one in groups["Samples"]} <= set(codes)


def test_ages_and_weights_are_spread_as_in_the_published_table() -> None:
    ages = sorted(child.age for child in children.CHILDREN)
    assert (ages[0], ages[-1]) == (0.6, 20.2)
    assert 8 < ages[len(ages) // 2] < 11


def test_a_real_laboratory_never_becomes_a_demo(database: Database, catalog: Catalog, tmp_path: Path) -> None:
    make_person(database, "ada", Role.ADMINISTRATOR)
    with pytest.raises(demo.NotTheDemo):
        demo.prepare(database, catalog, now=NINE_O_CLOCK, secret=SECRET)
    with pytest.raises(demo.NotTheDemo):
        demo.reset(database.url, database, tmp_path)
    with database.reading() as session:
        assert [person.login for person in staff.people(session)] == ["ada"]


def test_a_demo_that_somebody_joined_is_not_thrown_away(database: Database, tmp_path: Path) -> None:
    _register(database, cast.CAST)
    make_person(database, "ada")
    with pytest.raises(demo.NotTheDemo):
        demo.reset(database.url, database, tmp_path)


def test_a_demo_that_somebody_joined_starts_again(database: Database, catalog: Catalog) -> None:
    _register(database, cast.CAST)
    make_person(database, "ada")
    assert not demo.prepare(database, catalog, now=NINE_O_CLOCK, secret=SECRET)


def test_a_demo_that_was_interrupted_says_so_and_is_made_anew_by_a_reset(
    database: Database, catalog: Catalog, tmp_path: Path
) -> None:
    _register(database, cast.PLAYERS)
    with pytest.raises(demo.DemoUnfinished):
        demo.prepare(database, catalog, now=NINE_O_CLOCK, secret=SECRET)
    Sequencer(database, tmp_path).run(now=NINE_O_CLOCK)
    with database.reading() as session:
        before = ledger.all_logs(session)[0].origin
    demo.reset(database.url, database, tmp_path)
    Sequencer(database, tmp_path).run(now=NINE_O_CLOCK)
    with database.reading() as session:
        assert staff.people(session) == []
        [log] = ledger.all_logs(session)
    assert log.origin != before


def test_another_laboratorys_configuration_makes_no_demo(database: Database, catalog: Catalog) -> None:
    other = replace(catalog, laboratory=replace(catalog.laboratory, mrn_authority="HOSP"))
    with pytest.raises(demo.NotTheDemoLaboratory):
        demo.prepare(database, other, now=NINE_O_CLOCK, secret=SECRET)


def _register(database: Database, players: tuple[cast.Player, ...]) -> None:
    with database.writing() as session:
        cast.register(session, players, now=NINE_O_CLOCK, rng=random.Random(1), secret=SECRET)
