"""The pages and JSON of printing: jobs, labels again, labels out of use, sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings
from labflow.ops.delivery import Deliverer
from labflow.samples import Sample
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.bedside import Bedside
from ..fake_printer import IMPATIENT, FakePrinter, listening
from ..people import make_person
from .program import Program, program_of
from .visitor import Visitor


@pytest.fixture
def fake() -> Iterator[FakePrinter]:
    with listening(FakePrinter()) as printer:
        yield printer


@pytest.fixture
def equipped(catalog: Catalog, fake: FakePrinter) -> Catalog:
    """The demo laboratory with a printer for its theatre."""
    return fake.in_catalog(catalog)


@pytest.fixture
def app(settings: Settings, equipped: Catalog, database: Database) -> Flask:
    return build(settings, equipped, database)


class Ward:
    """A registered case whose labels wait at the theatre's printer, and people with a browser."""

    def __init__(
        self, app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct
    ) -> None:
        here = Bedside(database, catalog, lambda **who: make_act(**{"at": datetime.now(UTC)} | who))
        self.app, self.database, self.catalog = app, database, catalog
        self.case, self.operator = here.register(), here.operator
        self.visitor = visitor.signed_in(here.operator)
        self.program: Program = program_of(app.test_client(), database, here.operator)

    @property
    def first(self) -> Sample:
        return self.case.samples[0]

    def deliver(self) -> None:
        Deliverer(self.database, self.catalog, patience=IMPATIENT).deliver("FAKE")

    def jobs(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.program.get("/print-jobs").get_json()["jobs"]
        return found

    def as_(self, *roles: Role) -> StaffMember:
        person = make_person(self.database, f"one-{roles[0]}", *roles, password=None)
        self.visitor.signed_in(person)
        self.visitor.csrf_token = ""
        self.program = program_of(self.app.test_client(), self.database, person)
        return person


@pytest.fixture
def ward(app: Flask, database: Database, equipped: Catalog, visitor: Visitor, make_act: MakeAct) -> Ward:
    return Ward(app, database, equipped, visitor, make_act)


def test_the_bedside_page_shows_the_job_and_asks_again_until_it_is_done(ward: Ward) -> None:
    url = f"/cases/{ward.case.case_number}/bedside"
    page = ward.visitor.open(url).text
    assert "Queued" in page
    assert "The theatre&#39;s printer" in page
    assert f'hx-get="/cases/{ward.case.case_number}/print-jobs"' in page
    assert "primary-action" not in page, "the printer is about to print: nothing to press"
    ward.deliver()
    part = ward.visitor.open(
        f"/cases/{ward.case.case_number}/print-jobs", headers={"HX-Request": "true", "HX-PTag": "first"}
    ).text
    assert "Printed" in part
    assert "hx-get" not in part
    assert "<html" not in part


def test_a_printer_fault_shows_the_codes_large_and_three_ways_on(ward: Ward, fake: FakePrinter) -> None:
    fake.before = {"paper_out": 1}
    ward.deliver()
    page = ward.visitor.open(f"/cases/{ward.case.case_number}/bedside").text
    assert "is out of labels. Load labels and print again." in page
    assert f'<span class="code h3">{ward.first.code}</span>' in page
    assert "Print again: The theatre&#39;s printer" in page
    assert "Labels as a PDF" in page
    fake.before = {}
    name = ward.jobs()[0]["name"]
    assert ward.visitor.send(f"/printing/{name}", printer="FAKE").status_code == 302
    ward.deliver()
    assert ward.jobs()[0]["state"] == "printed"
    assert fake.labels == len([one for one in ward.case.samples if one.collected_at])


def test_the_list_tells_states_and_reasons_and_can_be_narrowed(ward: Ward, fake: FakePrinter) -> None:
    fake.mood = "hanging"
    ward.deliver()
    page = ward.visitor.open("/printing").text
    assert "does not answer" in page
    assert ward.case.case_number in page
    assert "No print job is printed." in ward.visitor.open("/printing?state=printed").text
    assert "does not answer" in ward.visitor.open("/printing?state=failed").text
    assert ward.visitor.open("/printing?state=banana").status_code in (400, 422)


def test_a_job_is_looked_at_and_taken_as_a_pdf(ward: Ward, fake: FakePrinter) -> None:
    fake.mood = "garbage"
    ward.deliver()
    name = ward.jobs()[0]["name"]
    assert "does not answer as a label printer does" in ward.visitor.open(f"/printing/{name}").text
    answer = ward.visitor.client.get(f"/printing/{name}/labels.pdf")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert ward.jobs()[0]["state"] == "printed"


@pytest.mark.parametrize("name", ["nothing", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_job_is_not_found(ward: Ward, name: str) -> None:
    assert ward.visitor.open(f"/printing/{name}").status_code == 404
    assert ward.program.get(f"/print-jobs/{name}").get_json()["type"] == "unknown-job"


def test_ticked_labels_are_printed_again_in_copies(ward: Ward) -> None:
    url = f"/cases/{ward.case.case_number}/labels"
    page = ward.visitor.open(url).text
    assert page.count('type="checkbox" name="codes"') == len(
        [one for one in ward.case.samples if one.collected_at]
    )
    assert f'src="/samples/{ward.first.code}/label.svg"' in page
    answer = ward.visitor.send(url, codes=[ward.first.code], copies="2", reason="PRINT_FAULT", printer="FAKE")
    assert answer.status_code == 302
    newest = ward.jobs()[0]
    assert newest["labels"] == [
        {
            "code": ward.first.code,
            "words": newest["labels"][0]["words"],  # type: ignore[index]  # a list of labels
            "design": newest["labels"][0]["design"],  # type: ignore[index]
            "copies": 2,
            "out_of_use": False,
        }
    ]
    assert "printed 3 times" in ward.visitor.open(url).text


def test_nothing_ticked_says_so_and_keeps_what_was_typed(ward: Ward) -> None:
    answer = ward.visitor.send(f"/cases/{ward.case.case_number}/labels", copies="3", reason="PRINT_FAULT")
    assert answer.status_code == 422
    assert "Tick the labels to print." in answer.text
    assert 'value="3"' in answer.text


def test_the_preview_is_a_picture_of_true_size_without_scripts(ward: Ward) -> None:
    answer = ward.visitor.open(f"/samples/{ward.first.code}/label.svg")
    design = next(iter(ward.catalog.label_designs.values()))
    assert answer.mimetype == "image/svg+xml"
    assert re.search(r'width="[\d.]+mm"', answer.text)
    assert design is not None
    assert "<script" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_label_that_was_not_used_is_cancelled_by_who_may(ward: Ward) -> None:
    url = f"/samples/{ward.first.code}/label"
    assert "The label was not used" in ward.visitor.open(url).text
    answer = ward.visitor.send(f"/samples/{ward.first.code}/voiding", page=url, reason="QNS")
    assert "is cancelled" in answer.text
    assert ward.visitor.open(url).status_code == 409
    ward.as_(Role.TECHNOLOGIST)
    assert ward.program.post(f"/samples/{ward.first.code}/voiding", {"reason": "QNS"}).status_code == 403


def test_reception_and_quality_relabel_and_the_operator_does_not(ward: Ward, fake: FakePrinter) -> None:
    body = {"reason": "CODE_UNREADABLE", "printer": "FAKE"}
    path = f"/samples/{ward.first.code}/relabelling"
    assert ward.program.post(path, body).status_code == 403
    assert "Give the sample another code" not in ward.visitor.open(f"/samples/{ward.first.code}/label").text
    ward.as_(Role.QUALITY)
    done = ward.program.post(path, body)
    assert done.status_code == 201
    new = done.get_json()["code"]
    ward.as_(Role.RECEPTION)
    assert ward.program.post(path, body).get_json()["type"] == "old-code"
    answer = ward.visitor.send(
        f"/samples/{new}/relabelling", page=f"/samples/{new}/label", reason="LABEL_MIXED_UP"
    )
    assert answer.status_code == 302
    assert ward.visitor.open(answer.location).status_code == 200
    assert ward.jobs()[0]["printer_name"] == "PDF"


def test_a_test_label_goes_to_a_printer_and_comes_as_a_pdf(ward: Ward, fake: FakePrinter) -> None:
    ward.deliver()
    design = next(iter(ward.catalog.label_designs))
    before = fake.labels
    assert ward.visitor.send("/printing/test-label", printer="FAKE", design=design).status_code == 302
    ward.deliver()
    assert fake.labels == before + 1
    assert ward.visitor.client.get(f"/printing/test-label/{design}.pdf").mimetype == "application/pdf"
    assert ward.visitor.open("/printing/test-label/NONE.pdf").status_code == 409


def test_a_place_without_a_printer_offers_the_pdf(ward: Ward) -> None:
    body = {"codes": [ward.first.code], "reason": "PRINT_FAULT"}
    job = ward.program.post(f"/cases/{ward.case.case_number}/print-jobs", body).get_json()
    assert (job["printer"], job["state"]) == (None, "queued")
    page = ward.visitor.open(f"/printing/{job['name']}").text
    assert "take them as a PDF" in page
    pdf = ward.program.get(f"/print-jobs/{job['name']}/labels")
    assert pdf.mimetype == "application/pdf"
    assert ward.program.get(f"/print-jobs/{job['name']}").get_json()["state"] == "printed"


def test_no_address_of_printing_names_a_child(ward: Ward) -> None:
    for url in ("/printing", f"/cases/{ward.case.case_number}/labels", f"/samples/{ward.first.code}/label"):
        page = ward.visitor.open(url).text
        assert not re.search(r'(href|src|hx-get)="[^"]*(smith|jane|1000000001)', page, re.IGNORECASE)


def test_sheets_hang_on_walls_and_badges_are_for_the_administrator(ward: Ward) -> None:
    for sheet in ("do-cards", "places", "place-labels", "new-bags", "new-racks"):
        assert ward.visitor.client.get(f"/sheets/{sheet}.pdf").mimetype == "application/pdf"
    assert ward.visitor.open("/sheets/badges").status_code == 403
    person = ward.as_(Role.ADMINISTRATOR)
    assert person.badge in ward.visitor.open("/sheets/badges").text
    for extra in ({}, {"as_labels": "true"}):
        answer = ward.visitor.send("/sheets/badges", people=[person.badge, ward.operator.badge], **extra)
        assert answer.mimetype == "application/pdf"
    assert ward.visitor.send("/sheets/badges").status_code == 422
