"""Orders of other systems: published messages and ours, replays, cancels, contradictions, truncation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labflow import orders, patients
from labflow.catalog import Catalog, Urgency
from labflow.foundation.act import Act, act_of_system
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.interop.hl7 import HL7Refused, import_files, import_message
from labflow.interop.hl7.reading import split_messages
from labflow.journeys import ordering, ordering_cards
from labflow.journeys.ordering import Decision
from labflow.journeys.ordering_cards import OrderCard
from labflow.journeys.ordering_messages import CancelOfAnotherChild, UnknownPlacerNumber
from labflow.orders import ControlIdReused, OrderState, PlacedAlready, TestAction, TestState
from labflow.patients import ImpossibleMrn, ImpossibleName, ImpossibleWeight
from labflow.staff import Role

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.orders import (
    ACUTE_LEUKAEMIA,
    CANCEL_KARYOTYPE,
    EXAMPLES,
    PUBLISHED,
    TWO_MESSAGES,
    UNKNOWN_CODE,
    in_other_words,
)
from ..people import make_person
from ..support import absent

TABLES = (
    "patients",
    "weights",
    "orders",
    "ordered_tests",
    "unknown_tests",
    "placer_numbers",
    "handled_messages",
)


@pytest.fixture
def act() -> Act:
    """Another system sends."""
    return act_of_system(at=NINE_O_CLOCK, rng=random.Random(3))


@pytest.fixture
def clerk_act(database: Database, make_act: MakeAct) -> Act:
    """Somebody who reconciles."""
    person = make_person(database, "ada", Role.RECEPTION, password=None)
    return make_act(by=person.id, badge=person.badge)


@pytest.fixture
def published() -> Path:
    if not PUBLISHED.is_dir():
        absent("the published order messages are not beside the checkout", unless="LABFLOW_REQUIRE_SAMPLES")
    return PUBLISHED


def rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        count = {table: sa.text(f"SELECT count(*) FROM {table}") for table in TABLES}
        return {table: session.connection().execute(query).scalar_one() for table, query in count.items()}


def cards(database: Database) -> Iterator[OrderCard]:
    """Every open order, the oldest first."""
    found = ordering_cards.list_orders(database, orders.OrderFilter(), after=None, limit=50)
    for line in reversed(found):
        yield ordering_cards.order_card(database, line.number)


def test_every_published_message_is_handled(
    database: Database, catalog: Catalog, published: Path, act: Act
) -> None:
    files = sorted(published.glob("*.hl7"))
    lines = list(import_files(database, catalog, files, act=act))
    said = {path.stem: line for path, line in zip(files, lines, strict=True)}
    refused = [name for name, line in said.items() if line.refused]
    assert refused == ["nist_loi_cancel_by_placer_CA"], "it cancels an order that nobody sent"
    assert "ORD10" in said["nist_loi_cancel_by_placer_CA"].words
    assert "not an order (ACK^O21)" in said["nist_loi_pt_ack_commit"].words
    assert "not an order (ORL^O22)" in said["nist_loi_pt_orl_o22"].words
    codes = [[unknown.code for unknown in card.unknown_tests] for card in cards(database)]
    assert codes == [["54089-8"], ["200"], ["1100"], ["10"]]
    assert {card.state for card in cards(database)} == {OrderState.ON_HOLD}
    assert rows(database)["patients"] == 3, "two messages are about the same person"


def test_what_a_published_order_says_is_kept(
    database: Database, catalog: Catalog, published: Path, act: Act
) -> None:
    list(import_files(database, catalog, [published / "cdc_newborn_oml_o21.hl7"], act=act))
    (card,) = cards(database)
    assert (card.patient.family_name, card.patient.given_name) == ("SMITH", "BB SARAH")
    assert (card.patient.mrn, card.patient.mrn_authority) == ("11102779", "CRPMRN")
    assert card.patient.birth_date == date(2023, 5, 4)
    assert card.patient.born_at is not None
    assert card.patient.born_at.isoformat() == "2023-05-04T18:10:23+00:00"
    assert (card.weight_kg, card.weighed_on) == (Decimal("1.770"), date(2023, 5, 4))
    assert (card.ordered_by, card.ordered_at.isoformat()) == ("JONES, JANE", "2023-05-06T10:29:13+00:00")


def test_a_work_up_of_several_lines_is_one_order(database: Database, catalog: Catalog, act: Act) -> None:
    done = import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    (card,) = cards(database)
    assert done.outcome == f"order {card.number} with 5 tests"
    assert [test.code for test in card.tests] == ["BM-FILM", "BM-MORPH", "BM-FLOW", "BM-KARYO", "BM-MOL"]
    assert [test.placer_number for test in card.tests] == [f"EX70010{number}" for number in range(1, 6)]
    assert (card.indication, card.urgency, card.state) == ("LEUK-NEW", Urgency.URGENT, OrderState.ACTIVE)
    assert (card.weight_kg, card.weighed_on) == (Decimal("22.4"), date(2026, 11, 19))
    assert card.patient.given_name == "Adaeze Zoë"
    assert "BCR&ABL1" in card.clinical_text


def test_the_same_messages_again_change_nothing(database: Database, catalog: Catalog, act: Act) -> None:
    files = sorted(EXAMPLES.glob("*.hl7"))
    first = list(import_files(database, catalog, files, act=act))
    before = rows(database)
    again = list(import_files(database, catalog, files, act=act.part("again")))
    assert not [line.words for line in first + again if line.refused]
    assert all("handled before, nothing changed" in line.words for line in again)
    assert (len(again), rows(database)) == (5, before)


def test_line_ends_do_not_make_another_message(database: Database, catalog: Catalog, act: Act) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    again = import_message(database, catalog, ACUTE_LEUKAEMIA.replace(b"\n", b"\r\n"), act=act)
    assert "nothing changed" in again.outcome


def test_a_control_id_with_other_content_is_refused(database: Database, catalog: Catalog, act: Act) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    before = rows(database)
    with pytest.raises(ControlIdReused):
        import_message(database, catalog, in_other_words(ACUTE_LEUKAEMIA, ("22.4", "12.4")), act=act)
    assert rows(database) == before


@pytest.mark.parametrize("sender", [b"EXAMPLE EHR", b"INVENTED CHILDRENS"])  # MSH-3 and MSH-4
def test_ids_of_two_senders_differ(database: Database, catalog: Catalog, act: Act, sender: bytes) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    elsewhere = ACUTE_LEUKAEMIA.replace(sender, b"OTHER", 1).replace(b"^EXAMPLE EHR", b"^OTHER EHR")
    assert "with 5 tests" in import_message(database, catalog, elsewhere, act=act).outcome


def test_a_placer_number_under_a_new_control_id_is_refused(
    database: Database, catalog: Catalog, act: Act
) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    with pytest.raises(PlacedAlready):
        import_message(database, catalog, in_other_words(ACUTE_LEUKAEMIA, ("EX-LEUK-0001", "X")), act=act)


def test_a_cancel_takes_its_own_line_and_then_the_order(
    database: Database, catalog: Catalog, act: Act
) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    import_message(database, catalog, CANCEL_KARYOTYPE, act=act)
    (card,) = cards(database)
    cancelled = [test.code for test in card.tests if test.state == TestState.CANCELLED]
    assert (cancelled, card.state) == (["BM-KARYO"], OrderState.ACTIVE)
    for number in (1, 2, 3, 5):
        other = in_other_words(
            CANCEL_KARYOTYPE, ("EX700104", f"EX70010{number}"), ("EX-LEUK-0002", f"C{number}")
        )
        import_message(database, catalog, other, act=act)
    assert ordering_cards.order_card(database, card.number).state == OrderState.CANCELLED


def test_a_cancel_names_what_has_begun_and_leaves_it(
    database: Database, catalog: Catalog, act: Act, clerk_act: Act
) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    (card,) = cards(database)
    with database.writing() as session:
        begun = orders.tests_of(session, orders.by_number(session, card.number).id)[3]
        for action in (TestAction.QUEUE, TestAction.START):
            orders.advance_test(session, begun, action)
    with pytest.raises(orders.NothingToCancel, match="BM-KARYO is in progress"):
        import_message(database, catalog, CANCEL_KARYOTYPE, act=act)
    done = ordering.cancel_order(database, card.number, "moved away", act=clerk_act)
    kept = [test.code for test in done.tests if test.state != TestState.CANCELLED]
    assert (kept, done.state) == (["BM-KARYO"], OrderState.ACTIVE)


def test_a_cancel_of_nothing_or_of_another_child_is_refused(
    database: Database, catalog: Catalog, act: Act
) -> None:
    with pytest.raises(UnknownPlacerNumber):
        import_message(database, catalog, CANCEL_KARYOTYPE, act=act)
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    other = in_other_words(CANCEL_KARYOTYPE, ("4857302915", "4857302931"))
    with pytest.raises(CancelOfAnotherChild):
        import_message(database, catalog, other, act=act)
    assert "1 test cancelled" in import_message(database, catalog, CANCEL_KARYOTYPE, act=act).outcome


def test_a_later_message_never_renames_a_known_child(database: Database, catalog: Catalog, act: Act) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    other = in_other_words(
        ACUTE_LEUKAEMIA,
        ("Okonkwo^Adaeze", "Smith^Jane"),
        ("EX-LEUK-0001", "X"),
        ("EX70", "EX90"),
        ("22.4", "3.1"),
    )
    assert "the record differ" in import_message(database, catalog, other, act=act).outcome
    first, second = cards(database)
    assert first.patient == second.patient
    assert (first.patient.family_name, first.weight_kg) == ("Okonkwo", Decimal("22.4"))
    assert (second.state, second.to_reconcile) == (OrderState.ON_HOLD, True)
    assert second.doubt is not None
    assert (second.doubt.family_name, second.doubt.given_name) == ("Smith", "Jane Zoë")


@pytest.mark.parametrize(
    ("decision", "state", "family_name"),
    [
        (Decision.KEEP, OrderState.ACTIVE, "Okonkwo"),
        (Decision.CORRECT, OrderState.ACTIVE, "Smith"),
        (Decision.REFUSE, OrderState.CANCELLED, "Okonkwo"),
    ],
)
def test_a_person_decides_who_the_child_is(
    database: Database,
    catalog: Catalog,
    act: Act,
    clerk_act: Act,
    decision: Decision,
    state: OrderState,
    family_name: str,
) -> None:
    import_message(database, catalog, ACUTE_LEUKAEMIA, act=act)
    changes = ("Okonkwo^Adaeze", "Smith^Jane"), ("EX-LEUK-0001", "X"), ("EX70", "EX90")
    import_message(database, catalog, in_other_words(ACUTE_LEUKAEMIA, *changes), act=act)
    number = list(cards(database))[1].number
    decided = ordering.decide_identity(database, number, decision, "asked the ward", act=clerk_act)
    assert (decided.state, decided.patient.family_name, decided.to_reconcile) == (state, family_name, False)
    with pytest.raises(orders.NothingToDecide):
        ordering.decide_identity(database, number, decision, "again", act=clerk_act)


def test_the_last_decision_releases_an_order_with_an_unknown_code(
    database: Database, catalog: Catalog, act: Act, clerk_act: Act
) -> None:
    outcome = import_message(database, catalog, UNKNOWN_CODE, act=act).outcome
    assert "waits to be reconciled" in outcome
    (card,) = ordering_cards.list_to_reconcile(database, after=None, limit=5)
    done = ordering.map_unknown_test(database, catalog, card.number, 1, "BM-FLOW", act=clerk_act)
    assert [test.code for test in done.tests] == ["BM-FILM", "BM-FLOW"]
    assert (done.state, ordering_cards.list_to_reconcile(database, after=None, limit=5)) == (
        OrderState.ACTIVE,
        [],
    )


def test_newborn_twins_of_one_file_look_alike(database: Database, catalog: Catalog, act: Act) -> None:
    for raw in split_messages(TWO_MESSAGES):
        import_message(database, catalog, raw, act=act)
    girl, boy = cards(database)
    assert girl.patient.similar_name
    assert boy.patient.similar_name
    assert (girl.weight_kg, boy.weight_kg) == (Decimal("2.310"), None)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("Okonkwo", "Okon\u202ekwo", HL7Refused),
        ("Okonkwo", "Okon\u200bkwo", HL7Refused),
        ("Okonkwo", "\u200f", HL7Refused),
        ("Adaeze", "A" * 60 + "^" + "B" * 30, HL7Refused),
        ("4857302915", "48573", ImpossibleMrn),
        ("|22.4|", "|2240|", ImpossibleWeight),
        ("OML^O21^OML_O21", "OML^O33^OML_O33", HL7Refused),
        ("|2.5.1|", "|3|", HL7Refused),
        ("EX-LEUK-0001", "", HL7Refused),
        ("ORC|NW|EX700103", "ORC|XX|EX700103", HL7Refused),
    ],
)
def test_a_message_that_is_refused_leaves_nothing(
    database: Database, catalog: Catalog, act: Act, old: str, new: str, refusal: type[LabError]
) -> None:
    with pytest.raises((refusal, ImpossibleName)) as refused:
        import_message(database, catalog, in_other_words(ACUTE_LEUKAEMIA, (old, new)), act=act)
    assert not set(rows(database).values()) - {0}
    assert "Okon" not in refused.value.message


def test_a_file_that_cannot_be_read_is_a_line_and_the_next_goes_on(
    database: Database, catalog: Catalog, act: Act, tmp_path: Path
) -> None:
    empty, garbage, good = (tmp_path / name for name in ("empty.hl7", "garbage.hl7", "good.hl7"))
    empty.write_bytes(b"\n")
    garbage.write_bytes(random.Random(1).randbytes(5000))
    good.write_bytes(TWO_MESSAGES)
    files = [tmp_path / "missing.hl7", tmp_path, empty, garbage, good]
    lines = list(import_files(database, catalog, files, act=act))
    assert [line.refused for line in lines] == [True] * (len(lines) - 2) + [False, False]
    assert lines[-1].words.startswith("good.hl7 message 2 (EX-TWIN-0002): order O26-")
    assert not [line for line in lines if "\n" in line.words or "\x1b" in line.words]


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(ACUTE_LEUKAEMIA)), extra=st.binary(max_size=8))
def test_a_message_cut_anywhere_is_saved_whole_or_refused(
    sqlite: Database, catalog: Catalog, act: Act, cut: int, extra: bytes
) -> None:
    with sqlite.writing() as session:
        for table in ("placer_numbers", "unknown_tests", "ordered_tests", "orders", "weights", "patients"):
            session.connection().execute(sa.text(f"DELETE FROM {table}"))
        session.connection().execute(sa.text("DELETE FROM handled_messages"))
    with suppress(LabError):
        import_message(sqlite, catalog, ACUTE_LEUKAEMIA[:cut] + extra, act=act)
    saved = rows(sqlite)
    assert saved["handled_messages"] in (0, 1)
    assert saved["orders"] == saved["handled_messages"] == saved["patients"]
    assert (saved["ordered_tests"] + saved["unknown_tests"] > 0) == bool(saved["orders"])


def test_an_order_for_a_child_who_is_not_registered_is_refused(
    database: Database, catalog: Catalog, act: Act
) -> None:
    typed = ordering.TypedOrder(mrn="4857302915", indication="ANAEM", tests=["BM-FILM"])
    with pytest.raises(patients.UnknownPatient):
        ordering.place_order(database, catalog, typed, act=act)
