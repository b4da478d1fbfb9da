"""A bag of six at the hatch: eight scans, no click. What is missing is named, and found again."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from labflow import staff
from labflow.catalog import CardAction, Catalog
from labflow.custody import BagAction
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.journeys import transport
from tests.factories.cases import HATCH, THEATRE, MadeCase, make_case
from tests.served import LiveServer

from .support import axe_faults, become, wedge

SIX = ("EDTA", "HEPARIN", "EDTA", "SLIDE", "SLIDE", "SLIDE")
_mrns = itertools.count(1)


class Bag:
    """Six samples of one child in a bag that an operator handed over."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._rng = random.SystemRandom()
        self._database = database
        with database.reading() as session:
            self._operator = session.exec(select(staff.StaffMember)).first()
        mrn = f"77000000{next(_mrns):02d}"
        self.made: MadeCase = make_case(database, catalog, self._act(), mrn=mrn, containers=SIX)
        self.code = transport.open_bag(database, catalog, act=self._act()).code
        for sample in self.made.samples:
            transport.pack(database, catalog, self.code, sample.code, act=self._act())
        transport.move_bag(database, catalog, self.code, BagAction.HAND_OVER, act=self._act())

    def _act(self) -> Act:
        assert self._operator is not None
        at = datetime.now(UTC) - timedelta(minutes=20)
        return Act(
            at=at,
            by=self._operator.id,
            badge=self._operator.badge,
            rng=self._rng,
            event_id=UUID(int=self._rng.getrandbits(128), version=4),
            occurred_at=at,
            place=THEATRE,
        )

    @property
    def codes(self) -> list[str]:
        return [sample.code for sample in self.made.samples]


@pytest.fixture
def bag(live_server: LiveServer, catalog: Catalog) -> Iterator[Bag]:
    database = Database(sqlite_url(live_server.data / "labflow.db"))
    yield Bag(database, catalog)
    database.close()


class Reception:
    """Somebody at the hatch who scanned the place when the shift began, and has only a scanner."""

    def __init__(self, page: Page, catalog: Catalog) -> None:
        self.page = page
        self.cards = {card.action: card.code for card in reversed([*catalog.do_cards.values()])}
        become(page, "reception")
        page.goto("/reception")
        self.scans = 0
        self.scan(HATCH, "Reception hatch")
        page.evaluate("() => { window.clicks = 0; addEventListener('click', () => window.clicks++, true); }")
        self.scans = 0

    def scan(self, code: str, said: str) -> None:
        self.scans += 1
        wedge(self.page, code)
        expect(self.page.locator("#scan-last li").first).to_contain_text(said)

    @property
    def clicks(self) -> int:
        found: int = self.page.evaluate("window.clicks")
        return found

    def panel(self, bag: Bag) -> str:
        return f"main [data-bag='{bag.code}'], .bag-panel-slot:not([hidden]) [data-bag='{bag.code}']"


@pytest.fixture
def reception(page: Page, catalog: Catalog) -> Reception:
    page.set_default_timeout(30_000)
    return Reception(page, catalog)


def test_a_bag_of_six_takes_eight_scans_and_no_click(reception: Reception, bag: Bag) -> None:
    reception.scan(reception.cards[CardAction.RECEIVE], "Receive")
    reception.scan(bag.code, "received")
    for code in bag.codes:
        reception.scan(code, "Received")
    assert (reception.scans, reception.clicks) == (8, 0)
    sentence = f"Bag {bag.code} · 6 expected · 6 scanned · nothing is missing"
    expect(reception.page.locator(reception.panel(bag))).to_contain_text(sentence)


def test_end_names_the_missing_one_asks_why_and_the_straggler_joins(reception: Reception, bag: Bag) -> None:
    page = reception.page
    reception.scan(reception.cards[CardAction.RECEIVE], "Receive")
    reception.scan(bag.code, "received")
    for code in [*bag.codes[:2], *bag.codes[3:]]:
        reception.scan(code, "Received")
    expect(page.locator(reception.panel(bag))).to_contain_text("5 scanned · missing: tube 3 (EDTA)")
    wedge(page, reception.cards[CardAction.END])
    band = page.locator("#scan-band")
    expect(band).to_contain_text(f"1 of 6 not found in {bag.code}: {bag.made.case.number} tube 3 (EDTA).")
    page.get_by_role("button", name=re.compile("Not in the bag")).click()
    expect(band).to_contain_text("Missing until somebody scans it: tube 3 (EDTA).")
    expect(page.locator(f"#missing-{bag.codes[2]}")).to_be_visible()
    reception.scan(reception.cards[CardAction.RECEIVE], "Receive")
    reception.scan(HATCH, "Reception hatch")
    reception.scan(bag.codes[2], "Received")
    expect(page.locator(f"#missing-{bag.codes[2]}")).to_have_count(0)
    page.goto(f"/bags/{bag.code}")
    expect(page.locator(f"#in-bag-{bag.codes[2]}")).to_contain_text("straggler")


def test_the_panel_of_the_bag_is_on_every_page_and_survives_a_reload(reception: Reception, bag: Bag) -> None:
    page = reception.page
    reception.scan(reception.cards[CardAction.RECEIVE], "Receive")
    reception.scan(bag.code, "received")
    page.goto("/queues")
    slot = page.locator(".bag-panel-slot")
    expect(slot).to_contain_text(f"Bag {bag.code} · 6 expected · 0 scanned")
    reception.scan(bag.codes[0], "Received")
    expect(slot).to_contain_text("1 scanned · missing: tube 2 (HEPARIN), tube 3 (EDTA), slides 4, 5 and 6")
    page.reload()
    expect(slot).to_contain_text("1 scanned")
    wedge(page, reception.cards[CardAction.END])
    page.get_by_role("button", name=re.compile("Lost on the way")).click()
    expect(slot).to_be_hidden()


def test_scan_to_tick_then_preview_do_and_undo_on_a_phone(reception: Reception, bag: Bag) -> None:
    page = reception.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/reception")
    page.get_by_label("Scan to tick").check()
    for count, code in enumerate(bag.codes[:3], 1):
        reception.scan(code, f"{count} ticked")
    reception.scan(bag.codes[0], "Ticked before")
    page.get_by_label(re.compile("Tick .*" + bag.made.case.number)).nth(3).uncheck()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("Do with the ticked samples").select_option("receive")
    expect(page.get_by_label("Where", exact=True)).to_have_value(HATCH)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#bulk-sentence")).to_have_text("3 will change, 0 cannot.")
    assert axe_faults(page) == []
    page.keyboard.press("Enter")  # the one button has the focus
    expect(page.get_by_role("heading", level=1)).to_have_text("Receive: 3 changed")
    page.get_by_role("button", name="Undo all 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receive: 3 changed and undone")
    assert axe_faults(page) == []


def test_rows_of_a_queue_are_ticked_by_keyboard_and_stay_ticked(page: Page, bag: Bag) -> None:
    become(page, "technologist")
    page.goto("/queues/SMEAR")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#bulk-count")).to_have_text("1 ticked")
    with page.expect_response(lambda answer: answer.url.endswith(("/queues/SMEAR", "/queues/SMEAR?"))):
        page.evaluate("document.dispatchEvent(new CustomEvent('labflow:verdict', {detail: {verdict: 'OK'}}))")
    expect(page.locator(".bulk-tick:checked")).not_to_have_count(0)
    expect(page.locator("#bulk-count")).to_have_text("1 ticked")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/bags/{bag.code}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe_faults(page) == []
