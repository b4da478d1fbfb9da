from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from werkzeug.test import TestResponse

from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.procedures import before_items
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.bedside import BAND, MRN, Child, make_child
from ..factories.cases import THEATRE
from ..people import make_person
from .program import Program, program_of
from .visitor import Visitor

SIX_TESTS = ("BM-FILM", "BM-MORPH", "BM-FLOW", "BM-KARYO", "BM-FISH", "BM-MOL")


class Ward:
    """An operator with a browser and a program, and a child with an order."""

    def __init__(
        self, app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct
    ) -> None:
        operator = make_person(database, "olga", Role.OPERATOR, password=None)
        act = make_act(by=operator.id, badge=operator.badge, at=datetime.now(UTC))
        self.catalog = catalog
        self.child: Child = make_child(database, catalog, act, indication=None, tests=SIX_TESTS)
        self.visitor = visitor.signed_in(operator)
        self.program: Program = program_of(app.test_client(), database, operator)
        self.path = f"/orders/{self.child.order_number}"

    def checked(self) -> list[str]:
        return [item.code for item in before_items(self.catalog)]

    def form(self, **fields: Any) -> dict[str, Any]:
        return {
            "place": THEATRE,
            "wristband": BAND,
            "checked": self.checked(),
            "anaesthesia": "GENERAL",
            "spot": "PIC:left",
            "outcome": "obtained",
            "attempts": "1",
            "began_at": f"{datetime.now(UTC) - timedelta(minutes=30):%Y-%m-%dT%H:%M}",
            "volume_1": "2,5",
            "volume_2": "8",
            "volume_3": "4",
            **fields,
        }

    def body(self, *volumes: float, **fields: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "place": THEATRE,
            "wristband": {"code": BAND},
            "checked": self.checked(),
            "anaesthesia": "GENERAL",
            "outcome": "obtained",
            "began_at": (now - timedelta(minutes=30)).isoformat(),
            "ended_at": now.isoformat(),
            "pulls": [{"site": "PIC", "side": "left", "volume_ml": ml} for ml in volumes],
            **fields,
        }

    def register(self) -> str:
        """The path of the page that a registration leads to."""
        done = self.visitor.send(f"{self.path}/procedure", **self.form())
        assert done.status_code == 302, done.text
        return done.location


@pytest.fixture
def ward(app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct) -> Ward:
    return Ward(app, database, catalog, visitor, make_act)


def told(answer: TestResponse) -> Any:
    """The body of a JSON answer."""
    assert answer.json is not None, answer.text
    return answer.json


def read(pdf: bytes) -> list[str]:
    """What an independent reader makes of each page at 300 dpi."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        found = [zxingcpp.read_barcode(page.render(scale=300 / 72).to_pil()) for page in document]
        return [one.text if one else "" for one in found]
    finally:
        document.close()


def test_one_tick_says_that_every_item_was_checked(ward: Ward) -> None:
    none = ward.form(checked=[])
    refused = ward.visitor.send(f"{ward.path}/procedure", **none)
    assert refused.status_code == 422
    done = ward.visitor.send(f"{ward.path}/procedure", **none, everything_checked="true")
    assert done.status_code == 302, done.text


def test_the_page_proposes_volumes_and_shows_the_child(ward: Ward) -> None:
    page = ward.visitor.open(f"{ward.path}/procedure").text
    assert "SMITH, Jane" in page
    assert 'name="volume_1" value="2.5"' in page
    assert "KARYO" not in page
    assert "Karyotype and FISH (one tube serves both)" in page
    assert page.count('type="radio" id="field-spot') == 7
    assert "▲ Sternal puncture" in page
    assert " style=" not in page
    assert "onclick" not in page


def test_the_form_registers_and_leads_to_the_labels(ward: Ward) -> None:
    location = ward.register()
    page = ward.visitor.open(location).text
    assert "Scan back 0/12" in page
    assert "Print 12 labels" in page
    assert "▲ Unlabelled" in page
    assert MRN not in location


def test_a_wrong_wristband_says_stop_and_keeps_what_was_typed(ward: Ward) -> None:
    answer = ward.visitor.send(f"{ward.path}/procedure", **ward.form(wristband="WB1000000002-20190714"))
    assert answer.status_code == 409
    assert "STOP" in answer.text
    assert 'name="volume_2" value="8"' in answer.text


def test_the_same_form_sent_twice_makes_one_case(ward: Ward) -> None:
    page = ward.visitor.open(f"{ward.path}/procedure").text
    event = re.search(r'name="event_id" value="([^"]+)"', page)
    assert event
    sent = ward.form(event_id=event[1])
    first = ward.visitor.send(f"{ward.path}/procedure", **sent)
    assert ward.visitor.send(f"{ward.path}/procedure", **sent).location == first.location


def test_a_dry_tap_needs_no_volumes_cleared(ward: Ward) -> None:
    sent = ward.form(outcome="dry_tap", not_obtained_reason="DRY_TAP", spot="PIC:right")
    page = ward.visitor.open(ward.visitor.send(f"{ward.path}/procedure", **sent).location).text
    assert "Scan back 0/0" in page
    assert "EDTA: DRY_TAP" in page


def test_a_form_without_a_site_leads_to_the_picture(ward: Ward) -> None:
    answer = ward.visitor.send(f"{ward.path}/procedure", **ward.form(spot=""))
    assert answer.status_code == 422
    assert 'href="#field-spot"' in answer.text


def test_the_coverage_is_said_while_more_can_be_drawn(ward: Ward) -> None:
    ward.visitor.open(f"{ward.path}/procedure")
    answer = ward.visitor.send(f"{ward.path}/coverage", **ward.form(volume_2="1.2", volume_3=""))
    assert "BM-MOL needs 0.4 mL more in K2EDTA tube" in answer.text


def test_the_labels_decode_to_the_codes_of_the_case(ward: Ward) -> None:
    done = ward.program.post(f"{ward.path}/procedures", ward.body(2.5, 8, 4))
    assert done.status_code == 201, done.text
    number = told(done)["case_number"]
    answer = ward.visitor.client.get(f"/labels/{number}.pdf", base_url=ward.visitor.base_url)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'inline; filename="labels.pdf"'
    assert read(answer.data) == [one["code"] for one in told(done)["samples"]]


def test_one_label_is_printed_again_with_a_reason(ward: Ward) -> None:
    done = ward.program.post(f"{ward.path}/procedures", ward.body(2.5, 8, 4))
    code = told(done)["samples"][0]["code"]
    assert ward.visitor.send(f"/samples/{code}/label", "/orders", reason="").status_code == 422
    assert read(ward.visitor.send(f"/samples/{code}/label", reason="LABEL_DAMAGED").data) == [code]
    assert read(ward.program.post(f"/samples/{code}/label", {"reason": "PRINT_FAULT"}).data) == [code]


def test_an_observation_is_noted_from_the_page(ward: Ward) -> None:
    location = ward.register()
    answer = ward.visitor.send(location.replace("/bedside", "/observations/pressed"), location)
    assert answer.status_code == 302
    assert "by <bdi>Olga Invented</bdi>" in ward.visitor.open(location).text


def test_the_api_gives_the_draw_plan_in_numbers(ward: Ward) -> None:
    plan = told(ward.program.get(f"{ward.path}/draw-plan"))
    assert [pull["ideal_ml"] for pull in plan["pulls"]] == [2.5, 5.5, 3.0]
    assert plan["ideal"]["level"] == "fine"
    assert plan["pulls"][0]["parts"][0]["pieces"] == 8


def test_the_api_previews_the_allocation_without_writing(ward: Ward) -> None:
    body = {"pulls": [{"site": "PIC", "side": "left", "volume_ml": 3.7}]}
    seen = told(ward.program.post(f"{ward.path}/allocation", body))
    assert seen["uncovered"] == [
        {"number": 6, "code": "BM-MOL", "name": "Fusion and mutation analysis (PCR, NGS)",
         "container": "K2EDTA tube (lavender)", "missing_ml": 0.4}
    ]  # fmt: skip
    assert ward.program.post(f"{ward.path}/allocation", body).json == seen


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"pulls": [{"site": "PIC", "side": "left", "volume_ml": 60}]}, 422, "60 mL cannot be right"),
        ({"pulls": [{"site": "PIC", "side": "left", "volume_ml": 2.555}]}, 422, "at most two decimals"),
        ({"pulls": [{"site": "PIC", "side": "left", "volume_ml": True}]}, 422, "as a number"),
        ({"checked": []}, 422, "checklist is not complete"),
        ({"wristband": {"code": "WB1000000002-20190714"}}, 409, "STOP"),
        ({"surprise": 1}, 422, "Unknown field"),
        ({"place": "P326XN7CE"}, 422, "not a bedside"),
        ({"began_at": "2020-01-01T09:00:00"}, 422, "began_at"),
    ],
)
def test_bad_input_is_refused_in_words(ward: Ward, change: dict[str, Any], status: int, words: str) -> None:
    answer = ward.program.post(f"{ward.path}/procedures", ward.body(2.5, 8, 4) | change)
    assert answer.status_code == status
    assert words in answer.text
    assert MRN not in answer.text
