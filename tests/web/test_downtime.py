"""Downtime kits in the browser and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.foundation.database import Database

from ..conftest import MakeAct
from ..factories.bedside import Bedside
from ..factories.cases import THEATRE
from .program import Program, program_of
from .visitor import Visitor


class Ward:
    """A case of a downtime, whose containers carry labels of a kit."""

    def __init__(
        self, app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct
    ) -> None:
        here = Bedside(database, catalog, lambda **who: make_act(**{"at": datetime.now(UTC)} | who))
        self.case = here.register(labels_of_a_kit=True)
        self.visitor = visitor.signed_in(here.operator)
        self.program: Program = program_of(app.test_client(), database, here.operator)

    def kit(self, *containers: str) -> dict[str, object]:
        body = {"containers": list(containers or ("EDTA", "SLIDE")), "place": THEATRE}
        made: dict[str, object] = self.program.post("/downtime-kits", body).get_json()
        return made

    def codes(self, kit: dict[str, object]) -> list[str]:
        return [line["code"] for line in kit["lines"]]  # type: ignore[attr-defined]  # lines of a kit


@pytest.fixture
def ward(app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct) -> Ward:
    return Ward(app, database, catalog, visitor, make_act)


def test_a_kit_is_proposed_made_and_printed(ward: Ward) -> None:
    page = ward.visitor.open("/downtime-kits").text
    assert 'name="count_SLIDE"' in page
    answer = ward.visitor.send("/downtime-kits", count_EDTA="2", count_SLIDE="1", place=THEATRE)
    assert answer.status_code == 302
    card = ward.visitor.open(answer.location).text
    assert "3 codes, 0 on samples, 3 free. For Theatre 1." in card
    for part in ("sheet.pdf", "labels.pdf"):
        assert ward.visitor.client.get(f"{answer.location}/{part}").mimetype == "application/pdf"


@pytest.mark.parametrize("counts", [{}, {"count_EDTA": "61"}, {"count_EDTA": "40", "count_SLIDE": "40"}])
def test_a_kit_of_no_or_too_many_labels_is_refused_and_keeps_what_was_typed(
    ward: Ward, counts: dict[str, str]
) -> None:
    answer = ward.visitor.send("/downtime-kits", **counts)
    assert answer.status_code == 422
    for name, count in counts.items():
        assert f'name="{name}" value="{count}"' in answer.text


def test_the_codes_are_put_on_the_samples_of_a_case_one_after_the_other(ward: Ward) -> None:
    kit = ward.kit()
    first, second = ward.codes(kit)
    number = ward.case.case_number
    url = f"/downtime-kits/{kit['number']}?case={number}"
    assert ward.case.samples[0].code in ward.visitor.open(url).text
    answer = ward.visitor.send(url, sample=ward.case.samples[0].code, code=first)
    assert answer.status_code == 302
    page = ward.visitor.open(answer.location).text
    assert f'<span class="code">{first}</span> is on record, entered late' in page
    assert f'value="{ward.case.samples[0].code}"' not in page
    refused = ward.visitor.send(url, sample=ward.case.samples[1].code, code=first)
    assert refused.status_code == 409
    assert "two samples carry one code" in refused.text
    assert ward.program.get(f"/downtime-kits/{kit['number']}").get_json()["used"] == 1
    assert second in page


def test_a_case_that_is_none_is_told_beside_the_field(ward: Ward) -> None:
    kit = ward.kit()
    page = ward.visitor.open(f"/downtime-kits/{kit['number']}?case=LF-nothing").text
    assert "alert-danger" in page
    assert 'value="LF-nothing"' in page


def test_a_program_says_how_the_code_was_read(ward: Ward) -> None:
    kit = ward.kit()
    code = ward.codes(kit)[0]
    body = {"sample": ward.case.samples[0].code, "read_by": "scanned"}
    done = ward.program.post(f"/downtime-kits/{kit['number']}/codes/{code}", body).get_json()
    assert (done["code"], done["to_scan_back"], done["case_number"]) == (code, False, ward.case.case_number)


def test_a_closed_kit_takes_no_more_codes(ward: Ward) -> None:
    kit = ward.kit()
    url = f"/downtime-kits/{kit['number']}"
    assert ward.visitor.send(f"{url}/reconciliation", page=url).status_code == 302
    page = ward.visitor.open(url).text
    assert "out of use" in page
    assert "Put it on record" not in page
    answer = ward.program.post(f"{url}/codes/{ward.codes(kit)[0]}", {"sample": ward.case.samples[0].code})
    assert answer.get_json()["type"] == "kit-closed"
    assert ward.program.post(f"{url}/reconciliation", {}).status_code == 409


def test_the_bedside_form_prints_nothing_for_labels_of_a_kit(ward: Ward) -> None:
    assert ward.program.get(f"/cases/{ward.case.case_number}/print-jobs").get_json()["jobs"] == []
