"""Print jobs and the printers that they go to: every fault ends in words, and nothing is lost in silence."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from labflow import labels
from labflow.catalog import Catalog, Printer
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.labels import JobState, OtherLabels, PrintJob, UnknownPrinter, Wanted
from labflow.ops import host_status
from labflow.ops.printer import Patience, PrinterFault, send_labels

from ..conftest import MakeAct
from ..factories.cases import HATCH, THEATRE, make_operator
from ..fake_printer import IMPATIENT, FakePrinter, listening, status

TWO_LABELS = b"^XA^FO10,10^FDone^FS^XZ\n^XA^FO10,10^FDtwo^FS^XZ\n"


@pytest.fixture
def fake() -> Iterator[FakePrinter]:
    with listening(FakePrinter()) as printer:
        yield printer


@pytest.fixture
def printer(fake: FakePrinter, catalog: Catalog) -> Printer:
    return fake.in_catalog(catalog).printers["FAKE"]


def fault_of(printer: Printer, patience: Patience = IMPATIENT) -> PrinterFault:
    with pytest.raises(PrinterFault) as caught:
        send_labels(printer, TWO_LABELS, patience)
    return caught.value


def test_a_printer_that_is_well_gets_every_label_once(fake: FakePrinter, printer: Printer) -> None:
    send_labels(printer, TWO_LABELS, IMPATIENT)
    assert fake.received == TWO_LABELS


def test_a_printer_that_is_off_says_so_and_nothing_was_printed(catalog: Catalog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    fault = fault_of(FakePrinter(port=port).in_catalog(catalog).printers["FAKE"])
    assert (fault.code, fault.perhaps_printed) == ("printer-off", False)
    assert "The theatre's printer does not take the connection" in fault.message


@pytest.mark.parametrize(("mood", "code"), [("hanging", "printer-silent"), ("garbage", "printer-babbles")])
def test_a_printer_that_does_not_answer_as_one_gets_no_label(
    fake: FakePrinter, printer: Printer, mood: str, code: str
) -> None:
    fake.mood = mood
    fault = fault_of(printer)
    assert (fault.code, fault.perhaps_printed, fake.labels) == (code, False, 0)


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("paper_out", "out-of-labels"),
        ("ribbon_out", "out-of-ribbon"),
        ("head_open", "head-open"),
        ("paused", "printer-paused"),
    ],
)
def test_what_a_printer_needs_is_asked_before_it_gets_labels_and_again_after(
    fake: FakePrinter, printer: Printer, flag: str, code: str
) -> None:
    fake.before = {flag: 1}
    fault = fault_of(printer)
    assert (fault.code, fault.perhaps_printed, fake.labels) == (code, False, 0)
    fake.before, fake.after = {}, {flag: 1}
    fault = fault_of(printer)
    assert (fault.code, fault.perhaps_printed, fake.labels) == (code, True, 2)


@pytest.mark.parametrize(("mood", "code"), [("gone", "printer-gone"), ("stuck", "printer-stuck")])
def test_a_printer_that_fails_with_the_labels_in_it_may_have_printed_some(
    fake: FakePrinter, printer: Printer, mood: str, code: str
) -> None:
    fake.mood = mood
    fault = fault_of(printer)
    assert (fault.code, fault.perhaps_printed) == (code, True)


def test_the_waits_of_one_job_stay_within_ten_seconds_with_the_round_before_it() -> None:
    usual = Patience()
    worst = usual.connect + usual.answer + usual.take + usual.next_label + usual.answer
    assert worst + 0.5 <= 10


def test_a_name_that_leads_to_this_machine_is_never_asked(fake: FakePrinter, printer: Printer) -> None:
    fault = fault_of(replace(printer, host="localhost"))
    assert fault.code == "not-a-printers-address"
    assert fake.received == b""


def test_a_status_says_what_is_left_to_print_also_in_the_middle_of_a_format() -> None:
    found = host_status.read(status(waiting=3).replace(b",003,0,0,0,", b",003,0,0,1,"))
    assert found is not None
    assert found.waiting == 4


@pytest.mark.parametrize("answer", [b"", b"\x02a\x03", b"\x02,\x03" * 3, status().replace(b",000,", b",x,")])
def test_half_a_status_is_none(answer: bytes) -> None:
    assert host_status.read(answer) is None


class Jobs:
    """A queue of print jobs at one printer."""

    def __init__(self, database: Database, catalog: Catalog, make_act: MakeAct) -> None:
        self.database, self.make_act = database, make_act
        self.catalog = FakePrinter(port=1).in_catalog(catalog)
        person = make_operator(database, make_act())
        self.by = {"by": person.id, "badge": person.badge}

    def act(self, place: str = THEATRE) -> Act:
        return self.make_act(**self.by, place=place)  # type: ignore[arg-type]  # id and badge of a person

    def ask(self, *codes: str, place: str = THEATRE) -> PrintJob:
        with self.database.writing() as session:
            wanted = [Wanted(code=code, design="TUBE") for code in codes or ("S0000000X",)]
            (job,) = labels.queue_jobs(session, self.catalog, wanted, act=self.act(place))
            return job

    def claim(self, minutes: int = 0) -> labels.Claim | None:
        with self.database.writing() as session:
            return labels.claim(session, "FAKE", now=self.act().at + timedelta(minutes=minutes))

    def see(self, job: PrintJob) -> PrintJob:
        with self.database.reading() as session:
            return labels.job_by_name(session, job.name)


@pytest.fixture
def jobs(database: Database, catalog: Catalog, make_act: MakeAct) -> Jobs:
    return Jobs(database, catalog, make_act)


def test_labels_go_to_the_printer_of_the_place_and_else_wait_for_a_pdf(jobs: Jobs) -> None:
    assert jobs.ask(place=THEATRE).printer == "FAKE"
    assert jobs.ask(place="PF154XST7").printer is None
    assert jobs.ask(place=HATCH).state == JobState.QUEUED


def test_a_job_keeps_the_order_of_its_labels(jobs: Jobs) -> None:
    job = jobs.ask("S00000003", "S00000001", "S00000002")
    with jobs.database.reading() as session:
        found = labels.labels_of(session, [job.id])[job.id]
    assert [label.code for label in found] == ["S00000003", "S00000001", "S00000002"]


def test_the_oldest_job_is_claimed_first_and_by_one_deliverer(jobs: Jobs) -> None:
    first, second = jobs.ask(), jobs.ask()
    claims = [jobs.claim(), jobs.claim(), jobs.claim()]
    assert [claim and claim.job_id for claim in claims] == [first.id, second.id, None]


def test_a_deliverer_that_went_away_leaves_its_job_to_the_next_one_which_says_so(jobs: Jobs) -> None:
    job = jobs.ask()
    lost = jobs.claim()
    assert jobs.claim(minutes=1) is None
    again = jobs.claim(minutes=3)
    assert lost is not None
    assert again is not None
    assert (again.job_id, again.tries, jobs.see(job).perhaps_twice) == (job.id, 2, True)
    with jobs.database.writing() as session:
        labels.finish(session, lost, at=jobs.act().at)
    assert jobs.see(job).state == JobState.PRINTING, "the lost deliverer ended a job that is not its own"
    with jobs.database.writing() as session:
        labels.finish(session, again, at=jobs.act().at)
    assert jobs.see(job).state == JobState.PRINTED


def test_what_waits_behind_a_fault_fails_with_it_and_any_of_it_can_be_printed_again(jobs: Jobs) -> None:
    first, second = jobs.ask(), jobs.ask()
    mine = jobs.claim()
    assert mine is not None
    with jobs.database.writing() as session:
        labels.fail(session, mine, "It is off.", perhaps_printed=False)
        labels.fail_waiting(session, "FAKE", "It is off.")
    assert [(jobs.see(one).state, jobs.see(one).why) for one in (first, second)] == [
        (JobState.FAILED, "It is off.")
    ] * 2
    with jobs.database.writing() as session:
        labels.retry(session, jobs.catalog, labels.job_by_name(session, second.name))
    assert (jobs.see(second).state, jobs.see(second).why) == (JobState.QUEUED, "")


def test_a_job_that_waits_is_not_asked_for_again(jobs: Jobs) -> None:
    job = jobs.ask()
    with pytest.raises(StepOutOfOrder), jobs.database.writing() as session:
        labels.retry(session, jobs.catalog, labels.job_by_name(session, job.name))


@pytest.mark.parametrize(
    ("printer", "design", "error"), [("OTHER", "TUBE", UnknownPrinter), ("FAKE", "NONE", OtherLabels)]
)
def test_only_printers_of_the_configuration_print_and_only_the_stock_in_them(
    jobs: Jobs, printer: str, design: str, error: type[Exception]
) -> None:
    with pytest.raises(error), jobs.database.writing() as session:
        labels.queue_job(session, jobs.catalog, printer, [Wanted(design=design)], act=jobs.act())


def test_a_pdf_ends_a_job_that_nothing_printed_and_no_other(jobs: Jobs) -> None:
    to_fetch, to_print = jobs.ask(place="PF154XST7"), jobs.ask()
    with jobs.database.writing() as session:
        for job in (to_fetch, to_print):
            labels.fetched(labels.job_by_name(session, job.name), at=jobs.act().at)
    assert jobs.see(to_fetch).state == JobState.PRINTED
    assert jobs.see(to_print).state == JobState.QUEUED
