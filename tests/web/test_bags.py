from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.custody import BagAction
from labflow.foundation.act import Act
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.journeys import reception, transport
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.cases import HATCH, MadeCase, make_case
from ..people import make_person
from .program import Program, program_of
from .visitor import Visitor


class Hatch:
    """A bag of three at the hatch, one of them accepted."""

    def __init__(
        self, app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct
    ) -> None:
        rita = make_person(database, "rita", Role.RECEPTION, password=None)
        self.rita, self.make_act = rita, make_act
        self.database, self.catalog = database, catalog
        self.made: MadeCase = make_case(
            database, catalog, self.act(), containers=("EDTA", "HEPARIN", "SLIDE"), tests=("BM-FILM",)
        )
        self.bag = transport.open_bag(database, catalog, act=self.act()).code
        for sample in self.made.samples:
            transport.pack(database, catalog, self.bag, sample.code, act=self.act())
        for action in (BagAction.HAND_OVER, BagAction.RECEIVE):
            transport.move_bag(database, catalog, self.bag, action, act=self.act())
        self.accept(1)
        self.visitor = visitor.signed_in(rita)
        self.program: Program = program_of(app.test_client(), database, rita)

    def act(self) -> Act:
        who = self.rita
        return self.make_act(by=who.id, badge=who.badge, at=datetime.now(UTC), place=HATCH)

    def accept(self, number: int) -> None:
        reception.accept(self.database, self.catalog, self.made.code(number), act=self.act())

    @property
    def sentence(self) -> str:
        return f"Bag {self.bag} · 3 expected · 1 scanned · missing: tube 2 (HEPARIN), slide 3"


@pytest.fixture
def hatch(app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct) -> Hatch:
    return Hatch(app, database, catalog, visitor, make_act)


@pytest.mark.parametrize(
    "page", ["/reception", "/hand-over", "/bags/{}", "/bags/{}/panel", "/reception/bags/{}"]
)
def test_every_page_of_a_bag_says_the_same(hatch: Hatch, page: str) -> None:
    shown = hatch.visitor.open(page.format(hatch.bag)).text
    assert hatch.sentence in shown
    marks = re.findall(r'aria-hidden="true">(.)</span><span class="visually-hidden">([^<]*)<', shown)
    assert marks == [
        ("✓", "tube 1 (EDTA): scanned"),
        ("▢", "tube 2 (HEPARIN): not scanned yet"),
        ("▢", "slide 3: not scanned yet"),
    ]
    assert " style=" not in shown


def test_the_page_closes_as_end_does_and_missing_samples_stay_listed(hatch: Hatch) -> None:
    path = f"/reception/bags/{hatch.bag}"
    refused = hatch.visitor.send(path, counted="1")
    assert refused.status_code == 422
    assert (
        f"2 of 3 not found in {hatch.bag}: {hatch.made.case.number} tube 2 (HEPARIN), slide 3."
        in refused.text
    )
    assert hatch.visitor.send(path, counted="1", reason="LOST_ON_WAY").status_code == 302
    listed = hatch.visitor.open("/reception").text
    assert f'id="missing-{hatch.made.code(2)}"' in listed
    assert "Missing samples" in hatch.visitor.open("/").text
    hatch.accept(2)
    assert f'id="missing-{hatch.made.code(2)}"' not in hatch.visitor.open("/reception").text
    shown = hatch.visitor.open(f"/bags/{hatch.bag}").text
    assert "straggler: scanned after the bag was closed" in shown


def test_the_api_closes_and_lists_what_is_missing(hatch: Hatch) -> None:
    refused = hatch.program.post(f"/bags/{hatch.bag}/reconcile", {})
    assert (refused.status_code, refused.get_json()["type"]) == (422, "missing-needs-reason")
    closed = hatch.program.post(f"/bags/{hatch.bag}/reconcile", {"reason": "NOT_IN_BAG"}).get_json()
    assert (closed["expected"], closed["scanned"]) == (3, 1)
    assert closed["missing"] == [hatch.made.code(2), hatch.made.code(3)]
    [first, _] = hatch.program.get("/missing").get_json()["samples"]
    assert (first["bag"], first["sample"]["name"]) == (hatch.bag, "tube 2 (HEPARIN)")
    assert first["sample"]["reason"] == "Not in the bag"


def test_a_rack_is_opened_at_a_place_and_listed(hatch: Hatch) -> None:
    code = new_code(CodeKind.RACK, rng=random.Random(4))
    nowhere = hatch.visitor.send("/hand-over", code=code)
    assert (nowhere.status_code, "A rack stays at a place." in nowhere.text) == (422, True)
    assert hatch.visitor.send("/hand-over", code=code, place=HATCH).location == f"/bags/{code}"
    page = hatch.visitor.open(f"/bags/{code}").text
    assert "Stands at Reception hatch" in page
    assert f"Rack {code} · 0 in it" in page
    assert [rack["code"] for rack in hatch.program.get("/racks").get_json()["bags"]] == [code]
    assert hatch.visitor.send("/hand-over", code=hatch.made.code(1)).status_code == 422
