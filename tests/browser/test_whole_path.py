"""One child's marrow from the order to the answer, by scans alone; only the result itself is typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from labflow.catalog import Catalog
from labflow.journeys.demo import password_of
from tests.factories.cases import HATCH, SMEAR_BENCH, THEATRE
from tests.served import LiveServer

from .support import become, wedge

PATIENCE_MS = 30_000


class Hand:
    """A scanner in somebody's hand, and the verdicts it hears."""

    def __init__(self, page: Page, catalog: Catalog) -> None:
        self.page = page
        self.cards = {card.action: card for card in catalog.do_cards.values()}
        self.names = {place.code: place.name for place in catalog.places.values()}

    def set(self, action: str, place: str | None = None) -> None:
        """Scan a do-card and a place."""
        self.scan(self.cards[action].code, self.cards[action].name)
        if place:
            self.scan(place, self.names[place])

    def scan(self, code: str, said: str | re.Pattern[str]) -> None:
        """Scan, and wait for the verdict in the band."""
        wedge(self.page, code)
        expect(self.page.locator("#scan-band")).to_contain_text(said, timeout=PATIENCE_MS)

    def each(self, codes: Sequence[str], said: str) -> None:
        for code in codes:
            wedge(self.page, code)
            verdict = self.page.locator("#scan-last li").first
            expect(verdict).to_contain_text(code, timeout=PATIENCE_MS)
            expect(verdict).to_contain_text(said)


@pytest.fixture
def hand(page: Page, catalog: Catalog) -> Hand:
    page.set_default_timeout(PATIENCE_MS)
    return Hand(page, catalog)


def register(page: Page) -> tuple[str, list[str]]:
    """Register the first order at the bedside on a phone; the case number and the sample codes."""
    page.goto("/orders?state=active")
    page.get_by_role("link", name=re.compile("^O26-")).first.click()
    mrn = page.locator(".patient-banner .mrn").inner_text().replace(" ", "")
    born = page.locator(".patient-banner time").get_attribute("datetime") or ""
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("link", name="Register at the bedside").click()
    page.get_by_label("Scan the wristband").focus()
    wedge(page, f"WB{mrn}-{born.replace('-', '')}")
    page.get_by_label("Place", exact=True).select_option(THEATRE)
    for box in page.locator("input[name=checked]").all():
        box.check()
    page.locator("input[name=spot]").first.check()
    page.locator("input[name=anaesthesia]").first.check()
    page.get_by_role("button", name="Register and print labels").click()
    page.wait_for_url("**/bedside")
    expect(page.get_by_text(re.compile("Scan back 0/"))).to_be_visible()
    case = page.get_by_role("link", name=re.compile("^LF26-")).first.inner_text()
    codes = page.locator("#scan-back .list-group a.code").all_inner_texts()
    return case, codes


def test_scans_alone_take_a_marrow_from_the_bedside_to_the_answer(
    page: Page, hand: Hand, live_server: LiveServer
) -> None:
    become(page, "operator")
    case, codes = register(page)
    hand.set("scan_back")
    hand.each(codes, "Label is on the sample")
    expect(page.get_by_text("Every label was scanned back")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    hand.set("hand_over", THEATRE)
    hand.each(codes, "Handed over")
    become(page, "porter")
    page.goto("/hand-over")
    hand.set("take")
    hand.each(codes, "Taken")
    hand.set("hand_over")
    hand.each(codes, "Handed over")
    become(page, "reception")
    page.goto("/reception")
    hand.set("receive", HATCH)
    hand.each(codes, "Received")
    hand.set("accept", HATCH)
    hand.each(codes, "Accepted")
    _work_on_morphology(page, hand, case)
    _verify(page, case, (live_server.data / "secret_key").read_text().strip())
    become(page, "clinician")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/cases/{case}/readiness")
    expect(page.get_by_text(re.compile(r"^\d+ of \d+ final"))).to_be_visible()


def _work_on_morphology(page: Page, hand: Hand, case: str) -> None:
    """Every step by scanning the sample at its bench, then the result typed."""
    become(page, "technologist")
    page.goto("/queues/SMEAR")
    row = page.locator("tr", has_text="morphology").filter(has=page.locator(f"[id^='row-{case}']")).first
    sample = row.locator("a.code").inner_text()
    row.get_by_role("link", name=re.compile("morphology")).click()
    page.wait_for_url("**/tests/BM-MORPH")
    hand.set("make_slides", SMEAR_BENCH)
    hand.each([sample], "made")
    for step in ("Fix in methanol", "Stain Romanowsky", "Coverslip", "Examine"):
        hand.set("start", SMEAR_BENCH)
        hand.each([sample], step)
        hand.set("finish", SMEAR_BENCH)
        hand.each([sample], step)
    page.get_by_role("link", name="Enter the result").click()
    for choice in page.locator("main select:visible").all():
        choice.select_option(index=1)
    for text in page.locator("main textarea:visible").all():
        text.fill("Normal for age.")
    page.get_by_role("button", name="Enter the result").click()


def _verify(page: Page, case: str, secret: str) -> None:
    become(page, "pathologist")
    page.goto("/verify")
    page.locator("tr", has_text=case).get_by_role("link").first.click()
    page.get_by_label("Your password, to sign").first.fill(password_of("irene.kallas", secret=secret))
    page.get_by_role("button", name=re.compile("^Verify")).click()
    expect(page.get_by_text("Final", exact=False).first).to_be_visible()
