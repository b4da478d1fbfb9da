"""From a registration to labels that a printer says came out, and every way in which they may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
import zplkit
import zxingcpp
from PIL import Image

from labflow import labels, samples
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.journeys import bedside_after, printing
from labflow.journeys.bedside_identity import Wristband
from labflow.journeys.label_contents import NothingLeftToPrint
from labflow.journeys.printing import Chosen, JobCard, NoLabelChosen
from labflow.labels import JobState, OtherLabels, UnknownLabelDesign
from labflow.ops.delivery import Deliverer
from labflow.samples import SampleAction

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.bedside import Bedside, account, make_child, pulls
from ..fake_printer import IMPATIENT, FakePrinter, listening

ODD_NAME = "X^FS^FO0,0^BCN,99,N,N,N^FDEVIL99999^FS^XZ~JR^XA"


@pytest.fixture
def fake() -> Iterator[FakePrinter]:
    with listening(FakePrinter()) as printer:
        yield printer


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct, fake: FakePrinter) -> Bedside:
    return Bedside(database, fake.in_catalog(catalog), make_act)


def deliverer(here: Bedside, minutes: int = 0) -> Deliverer:
    later = NINE_O_CLOCK + timedelta(minutes=minutes)
    return Deliverer(here.database, here.catalog, patience=IMPATIENT, clock=lambda: later)


def job_of(here: Bedside, case_number: str) -> JobCard:
    (job,) = printing.jobs_of_case(here.database, here.catalog, case_number)
    return job


def codes_in(zpl: bytes, dpi: int = 203) -> list[set[str]]:
    """What a reader finds on each label of this ZPL, drawn by an independent renderer."""
    found = []
    for one in re.findall(rb"\^XA.*?\^XZ", zpl, re.DOTALL):
        width, height = (int(re.search(mark + rb"(\d+)", one)[1]) for mark in (rb"\^PW", rb"\^LL"))  # type: ignore[index]  # every label says its size
        options = zplkit.Options(dpi=dpi, width=width, height=height)
        drawn = Image.open(BytesIO(zplkit.render(one, options).labels[0].png())).convert("L")
        canvas = Image.new("L", (drawn.width + 80, drawn.height + 80), 255)
        canvas.paste(drawn, (40, 40))
        found.append({code.text for code in zxingcpp.read_barcodes(canvas)})
    return found


def test_a_registration_asks_for_its_labels_in_the_order_of_drawing_and_waits_for_no_printer(
    here: Bedside, fake: FakePrinter
) -> None:
    done = here.register()
    job = job_of(here, done.case_number)
    obtained = [one.code for one in done.samples if one.collected_at]
    assert [label.code for label in job.labels] == obtained
    assert (job.state, job.printer_name, job.asked_by) == (
        JobState.QUEUED,
        "The theatre's printer",
        "Olga Invented",
    )
    assert fake.received == b""


def test_the_same_registration_again_asks_for_no_second_job(here: Bedside) -> None:
    act = here.at_theatre()
    done = here.register(act=act)
    assert here.register(act=act).repeated
    assert job_of(here, done.case_number).tries == 0


def test_a_delivered_job_is_printed_and_every_label_holds_its_own_code(
    here: Bedside, fake: FakePrinter
) -> None:
    done = here.register()
    assert deliverer(here).deliver("FAKE")
    job = job_of(here, done.case_number)
    assert (job.state, job.tries, job.why) == (JobState.PRINTED, 1, "")
    assert codes_in(fake.received) == [{label.code} for label in job.labels]
    assert not deliverer(here).deliver("FAKE")


def test_a_name_that_is_zpl_is_a_name(here: Bedside, fake: FakePrinter) -> None:
    child = make_child(
        here.database, here.catalog, here.at_theatre(), names=(ODD_NAME, "~DG^CC"), mrn="1000000002"
    )
    told = account(here.catalog, here.act, made=pulls("2.5", "8", "4"))
    here.child = child
    done = here.register(told=told, wristband=Wristband(code="WB1000000002-20190714"))
    deliverer(here).deliver("FAKE")
    codes = [label.code for label in job_of(here, done.case_number).labels]
    assert codes_in(fake.received) == [{code} for code in codes]
    assert fake.labels == len(codes)
    assert b"EVIL99999^FS" not in fake.received


def test_a_fault_is_said_on_the_job_and_again_prints_it(here: Bedside, fake: FakePrinter) -> None:
    fake.before = {"paper_out": 1}
    done = here.register()
    deliverer(here).deliver("FAKE")
    job = job_of(here, done.case_number)
    assert (job.state, job.perhaps_twice) == (JobState.FAILED, False)
    assert job.why == "The theatre's printer is out of labels. Load labels and print again."
    fake.before = {}
    assert printing.retry(here.database, here.catalog, job.name).state == JobState.QUEUED
    deliverer(here).deliver("FAKE")
    assert job_of(here, done.case_number).state == JobState.PRINTED


def test_labels_that_may_have_come_out_before_are_to_be_compared(here: Bedside, fake: FakePrinter) -> None:
    fake.mood = "gone"
    done = here.register()
    deliverer(here).deliver("FAKE")
    job = job_of(here, done.case_number)
    assert (job.state, job.perhaps_twice) == (JobState.FAILED, True)
    assert "broke the connection" in job.why


def test_a_deliverer_that_dies_after_sending_prints_again_and_the_job_says_so(
    here: Bedside, fake: FakePrinter
) -> None:
    done = here.register()
    with here.database.writing() as session:
        assert labels.claim(session, "FAKE", now=NINE_O_CLOCK)
    assert not deliverer(here).deliver("FAKE")
    assert deliverer(here, minutes=3).deliver("FAKE")
    job = job_of(here, done.case_number)
    assert (job.state, job.tries, job.perhaps_twice) == (JobState.PRINTED, 2, True)


def test_all_jobs_at_a_broken_printer_fail_at_once(here: Bedside, fake: FakePrinter) -> None:
    fake.mood = "hanging"
    done = here.register()
    for _ in range(2):
        printing.print_test(here.database, here.catalog, "FAKE", "TUBE", act=here.at_theatre())
    deliverer(here).deliver("FAKE")
    assert not deliverer(here).deliver("FAKE")
    states = {job.state for job in printing.jobs(here.database, here.catalog)}
    assert states == {JobState.FAILED}
    assert "does not answer" in job_of(here, done.case_number).why


def test_a_failed_job_can_be_taken_as_a_pdf(here: Bedside, fake: FakePrinter) -> None:
    fake.before = {"paused": 1}
    done = here.register()
    deliverer(here).deliver("FAKE")
    name = job_of(here, done.case_number).name
    pdf = printing.job_pdf(here.database, here.catalog, name, act=here.at_theatre())
    assert pdf.startswith(b"%PDF")
    job = job_of(here, done.case_number)
    assert (job.state, job.printer_name) == (JobState.PRINTED, "PDF")


def test_labels_of_a_place_without_a_printer_wait_for_somebody_who_takes_the_pdf(
    database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    here = Bedside(database, catalog, make_act)
    done = here.register()
    assert job_of(here, done.case_number).to_fetch
    bedside_after.case_labels(database, catalog, done.case_number, act=here.at_theatre())
    assert job_of(here, done.case_number).state == JobState.PRINTED


def test_a_label_out_of_use_is_not_printed_any_more(here: Bedside, fake: FakePrinter) -> None:
    done = here.register()
    gone, *kept = [label.code for label in job_of(here, done.case_number).labels]
    with here.database.writing() as session:
        samples.advance(session, samples.by_code(session, gone), SampleAction.MISS, reason="QNS")
    deliverer(here).deliver("FAKE")
    assert codes_in(fake.received) == [{code} for code in kept]
    assert [label.out_of_use for label in job_of(here, done.case_number).labels][:2] == [True, False]


def test_a_job_of_which_nothing_is_left_fails_in_words(here: Bedside, fake: FakePrinter) -> None:
    done = here.register()
    with here.database.writing() as session:
        case = samples.case_by_number(session, done.case_number)
        for one in samples.of_case(session, case.id):
            if one.collected_at:
                samples.advance(session, one, SampleAction.MISS, reason="QNS")
    deliverer(here).deliver("FAKE")
    job = job_of(here, done.case_number)
    assert job.state == JobState.FAILED
    assert "cancelled or replaced meanwhile" in job.why
    with pytest.raises(NothingLeftToPrint):
        printing.job_pdf(here.database, here.catalog, job.name, act=here.at_theatre())


def test_chosen_labels_are_printed_again_in_copies_with_a_reason_and_counted(
    here: Bedside, fake: FakePrinter
) -> None:
    done = here.register()
    sample = done.samples[0]
    act = here.at_theatre()
    for _ in range(2):  # the second sending is the same act
        job = printing.print_again(
            here.database,
            here.catalog,
            done.case_number,
            [Chosen(code=sample.code, copies=2)],
            reason="PRINT_FAULT",
            printer="FAKE",
            act=act,
        )
    assert (job.count, len(printing.jobs(here.database, here.catalog))) == (2, 2)
    with here.database.reading() as session:
        assert labels.copies(session, sample) == 3
    assert deliverer(here).deliver("FAKE")
    assert deliverer(here).deliver("FAKE")
    assert codes_in(fake.received)[-2:] == [{sample.code}] * 2


def test_a_label_is_printed_again_in_another_design(here: Bedside, fake: FakePrinter) -> None:
    done = here.register()
    sample = next(one for one in done.samples if one.container == "SLIDE")
    asked = {"reason": "PRINT_FAULT", "printer": "FAKE", "design": "TUBE"}
    chosen = [Chosen(code=sample.code)]
    assert deliverer(here).deliver("FAKE")
    printing.print_again(
        here.database, here.catalog, done.case_number, chosen, act=here.at_theatre(), **asked
    )
    assert deliverer(here).deliver("FAKE")
    last = fake.received[fake.received.rindex(b"^XA") :]
    assert b"^PW406^LL203" in last
    assert codes_in(last) == [{sample.code}]
    with pytest.raises(UnknownLabelDesign):
        printing.print_again(
            here.database,
            here.catalog,
            done.case_number,
            chosen,
            act=here.at_theatre(),
            **asked | {"design": "BADGE"},
        )


def test_nothing_chosen_and_the_wrong_stock_are_refused(here: Bedside) -> None:
    done = here.register()
    asked = {"reason": "PRINT_FAULT", "act": here.at_theatre()}
    with pytest.raises(NoLabelChosen):
        printing.print_again(here.database, here.catalog, done.case_number, [], printer=None, **asked)  # type: ignore[arg-type]  # reason and act
    with pytest.raises(OtherLabels):
        printing.print_test(here.database, here.catalog, "FAKE", "NONE", act=here.at_theatre())


def test_a_test_label_is_a_ruler_of_the_true_size(here: Bedside, fake: FakePrinter) -> None:
    printing.print_test(here.database, here.catalog, "FAKE", "TUBE", act=here.at_theatre())
    deliverer(here).deliver("FAKE")
    assert b"^PW406^LL203" in fake.received
    drawn = zplkit.render(fake.received, zplkit.Options(dpi=203, width=406, height=203)).labels[0]
    picture = Image.open(BytesIO(drawn.png())).convert("L")
    marks = [x for x in range(4, 400) if picture.getpixel((x, 10)) < 128]  # type: ignore[operator]  # grey
    assert len(marks) in range(2 * 40, 2 * 51)


def test_the_background_delivers_by_itself_and_stops(here: Bedside, fake: FakePrinter) -> None:
    done = here.register()
    background = deliverer(here)
    thread = background.start()
    assert thread is not None
    with fake.printed:
        assert fake.printed.wait_for(lambda: fake.labels > 0, timeout=20)
    background.stop()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert job_of(here, done.case_number).state == JobState.PRINTED


def test_without_printers_nothing_runs_in_the_background(database: Database, catalog: Catalog) -> None:
    assert Deliverer(database, catalog).start() is None
