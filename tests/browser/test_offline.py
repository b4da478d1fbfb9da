"""Without the server: scans wait and go out once each, bedside pages come back, no child stays after it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from labflow.catalog import Catalog
from tests.factories.cases import HATCH, THEATRE
from tests.served import LiveServer, free_port, kill, served

from .support import axe_faults, become, wedge

expect.set_options(timeout=30_000)

# Everything that the origin keeps: databases, caches and storages, as one text.
KEPT = """async () => {
    const kept = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
    for (const {name} of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        await new Promise(done => { opening.onsuccess = done; });
        for (const store of opening.result.objectStoreNames) {
            const reading = opening.result.transaction(store).objectStore(store).getAll();
            await new Promise(done => { reading.onsuccess = done; });
            kept.push(JSON.stringify(reading.result));
        }
        opening.result.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            kept.push(`${name} ${request.url}`);
            kept.push(await (await cache.match(request)).text());
        }
    }
    return kept.join("\\n");
}"""


IS_KEPT = """async path => {
    while (!await caches.match(path, {ignoreVary: true})) await new Promise(done => setTimeout(done, 50));
}"""

ALL_SENT = """async () => {
    const {queue} = await import("/static/js/scan_listener.js");
    await queue.look();
    while (queue.length > 0) await new Promise(done => setTimeout(done, 50));
}"""

TO_RECEIVE = """SELECT code FROM samples WHERE state = 'collected' AND chain_id NOT IN
    (SELECT chain_id FROM entries WHERE kind = 'arrived') LIMIT 10"""
ARRIVED = f"""SELECT s.code, e.payload FROM entries e JOIN samples s USING (chain_id)
    WHERE e.kind = 'arrived' AND s.code IN ({", ".join("?" * 10)}) ORDER BY e.id"""


class Laboratory:
    """The demo's server, which may be killed and started again at the same address."""

    def __init__(self, data: Path) -> None:
        self.data, self._port, self._running = data, free_port(), ExitStack()
        self.server = self.start()

    def start(self) -> LiveServer:
        self.server = self._running.enter_context(served(self.data, "--demo", port=self._port))
        return self.server

    def kill(self) -> None:
        """Ends it in the midst of whatever it does."""
        kill(self.server)
        self.close()

    def close(self) -> None:
        self._running.close()

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.data / "labflow.db")
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()


@pytest.fixture
def laboratory(demo_data: Path, tmp_path: Path) -> Iterator[Laboratory]:
    laboratory = Laboratory(Path(shutil.copytree(demo_data, tmp_path / "data")))
    yield laboratory
    laboratory.close()


@pytest.fixture
def live_server(laboratory: Laboratory) -> LiveServer:
    return laboratory.server


@pytest.fixture
def page(page: Page) -> Page:
    """It says yes to every question whether to leave."""
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def waits(page: Page, count: int) -> None:
    expect(page.locator("#offline-pill")).to_have_text(f"Offline · {count} waiting to send")


def scan(page: Page, code: str) -> None:
    """Scans, and waits until it is kept."""
    wedge(page, code)
    expect(page.locator("#scan-word")).to_have_text(f"Read {code}")


def set_context(page: Page, catalog: Catalog, action: str, place: str) -> None:
    """Scans a do-card and a place, and waits for both verdicts."""
    card = next(card for card in catalog.do_cards.values() if card.action == action)
    wedge(page, card.code)
    expect(page.locator("#context-action")).to_have_text(card.name)
    wedge(page, place)
    expect(page.locator("#context-place")).to_have_text(catalog.places[place].name)


def open_bedside(page: Page) -> tuple[str, str]:
    """Opens the registration of the first order until it is kept; MRN and birth date of the child."""
    become(page, "operator")
    page.goto("/orders?state=active")
    page.get_by_role("link", name=re.compile("^O26-")).first.click()
    page.get_by_role("link", name="Register at the bedside").click()
    expect(page.get_by_label("Scan the wristband")).to_be_visible()
    page.evaluate(IS_KEPT, page.url)
    return child(page)


def child(page: Page) -> tuple[str, str]:
    mrn = page.locator(".patient-banner .mrn").inner_text().replace(" ", "")
    return mrn, page.locator(".patient-banner time").get_attribute("datetime") or ""


def fill_in(page: Page, mrn: str, born: str) -> None:
    page.get_by_label("Scan the wristband").focus()
    wedge(page, f"WB{mrn}-{born.replace('-', '')}")
    page.get_by_label("Place", exact=True).select_option(THEATRE)
    for box in page.locator("input[name=checked]").all():
        box.check()
    page.locator("input[name=spot]").first.check()
    page.locator("input[name=anaesthesia]").first.check()
    page.get_by_label("Attempts", exact=True).fill("2")


def register(page: Page) -> None:
    page.get_by_role("button", name="Register and print labels").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").first.click()


def test_scans_made_offline_outlive_a_reload_and_a_server_killed_in_mid_replay(
    page: Page, laboratory: Laboratory, catalog: Catalog
) -> None:
    codes = [code for (code,) in laboratory.ask(TO_RECEIVE)]
    become(page, "reception")
    page.goto("/reception")
    set_context(page, catalog, "receive", HATCH)
    page.context.set_offline(True)
    for code in codes[:8]:
        scan(page, code)
    waits(page, 8)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("labflow cannot be reached")
    for code in codes[8:]:
        scan(page, code)
    waits(page, 10)
    assert axe_faults(page) == []

    def die(route: Route) -> None:
        route.fetch()  # it is committed, and nobody hears
        laboratory.kill()
        route.abort()

    page.context.route("**/api/v1/scans", die, times=1)
    with page.expect_event("requestfailed", lambda sent: sent.url.endswith("/scans")):
        page.context.set_offline(False)
    waits(page, 10)
    laboratory.start()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reception")
    page.evaluate(ALL_SENT)
    made = laboratory.ask(ARRIVED, *codes)
    received = [(code, "late" in payload) for code, payload in made]
    assert received == [(code, True) for code in codes]


def test_a_bedside_page_comes_back_offline_and_says_how_old_it_is(page: Page, laboratory: Laboratory) -> None:
    mrn, born = open_bedside(page)
    url = page.url
    laboratory.kill()
    page.reload()
    expect(page.locator("#kept-mark")).to_contain_text(re.compile(r"Offline — opened \d\d:\d\d"))
    assert child(page) == (mrn, born)
    expect(page.get_by_label("Scan the wristband")).to_be_visible()
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_have_text("labflow cannot be reached")
    page.get_by_role("link", name=re.compile("^Registration for order")).click()
    page.wait_for_url(url)
    assert child(page) == (mrn, born)


def test_an_offline_registration_waits_and_is_answered_once(page: Page, laboratory: Laboratory) -> None:
    mrn, born = open_bedside(page)
    fill_in(page, mrn, born)
    page.context.set_offline(True)
    register(page)
    expect(page.locator("#waiting-here")).to_contain_text(
        re.compile(r"Saved on this device at \d\d:\d\d, not yet sent")
    )
    page.reload()
    expect(page.locator("#waiting-here")).to_contain_text("not yet sent")
    expect(page.get_by_label("Attempts", exact=True)).to_have_value("2")
    before = laboratory.ask("SELECT count(*) FROM cases")[0][0]
    page.context.set_offline(False)
    page.wait_for_url("**/cases/*/bedside")
    expect(page.get_by_text(re.compile("Scan back 0/"))).to_be_visible()
    assert laboratory.ask("SELECT count(*) FROM cases")[0][0] == before + 1
    assert mrn not in page.evaluate(KEPT.replace("kept.push(await", "0 && kept.push(await"))


def test_a_registration_whose_answer_was_lost_makes_one_case(page: Page, laboratory: Laboratory) -> None:
    mrn, born = open_bedside(page)
    fill_in(page, mrn, born)
    before = laboratory.ask("SELECT count(*) FROM cases")[0][0]

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.context.route(page.url, lose, times=1)
    register(page)
    page.wait_for_url("**/cases/*/bedside")
    assert laboratory.ask("SELECT count(*) FROM cases")[0][0] == before + 1


def test_a_refused_registration_comes_back_into_the_form(page: Page, laboratory: Laboratory) -> None:
    mrn, born = open_bedside(page)
    fill_in(page, mrn, born)
    page.get_by_label("Scan the wristband").fill("WB0000000000-20190714")
    page.context.set_offline(True)
    register(page)
    expect(page.locator("#waiting-here")).to_contain_text("not yet sent")
    page.context.set_offline(False)
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.get_by_label("Attempts", exact=True)).to_have_value("2")
    expect(page.locator("#waiting-here")).to_contain_text("not saved, labflow found a fault")
    page.get_by_label("Scan the wristband").fill("")
    page.get_by_label("Scan the wristband").focus()
    wedge(page, f"WB{mrn}-{born.replace('-', '')}")
    register(page)
    page.wait_for_url("**/cases/*/bedside")


def test_signing_out_says_what_waits_and_leaves_no_child_on_the_device(
    page: Page, laboratory: Laboratory
) -> None:
    mrn, _ = open_bedside(page)
    name = page.locator(".patient-banner").inner_text().split(",")[0].title()
    url = page.url
    assert mrn in page.evaluate(KEPT).replace("\u2009", "").replace(" ", "")
    (sample,) = laboratory.ask("SELECT code FROM samples WHERE state = 'collected' LIMIT 1")[0]
    page.context.route("**/api/v1/scans", lambda route: route.abort())
    page.locator("h1").click()  # out of the field that asks for the wristband
    scan(page, sample)
    waits(page, 1)
    sign_out(page)
    expect(page.locator("#leaving-scans")).to_contain_text(
        "1 scan waits to be sent. They stay on this device"
    )
    assert axe_faults(page) == []
    page.locator("#leaving-go").click()
    page.wait_for_url("**/sign-in")
    expect(page.locator("#waiting-here")).to_contain_text(re.compile("1 scan of .* waits until"))
    kept = page.evaluate(KEPT).replace("\u2009", "").replace(" ", "")
    assert sample in kept
    assert mrn not in kept
    assert name not in kept
    page.context.set_offline(True)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("labflow cannot be reached")
    page.context.unroute("**/api/v1/scans")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")  # it asks the server by itself
    page.get_by_role("button", name=re.compile("^Operator")).click()
    page.wait_for_url(f"**/samples/{sample}")  # the verdict came, and opened its card
    expect(page.locator("#waiting-here")).to_be_hidden()


def test_an_unsent_registration_keeps_its_person_signed_in_until_it_is_thrown_away(
    page: Page, laboratory: Laboratory
) -> None:
    mrn, born = open_bedside(page)
    fill_in(page, mrn, born)
    laboratory.kill()
    register(page)
    expect(page.locator("#waiting-here")).to_contain_text("not yet sent")
    sign_out(page)
    expect(page.locator("#leaving-list")).to_contain_text("Registration for order")
    expect(page.locator("#leaving-go")).to_be_hidden()
    page.get_by_label("type THROW AWAY").fill("yes")
    page.get_by_role("button", name="Throw away").click()
    expect(page.locator("#leaving-fault")).to_be_visible()
    assert mrn in page.evaluate(KEPT)
    page.get_by_label("type THROW AWAY").fill("THROW AWAY")
    page.get_by_role("button", name="Throw away").click()
    expect(page.locator("#leaving")).to_be_hidden()
    laboratory.start()
    sign_out(page)
    page.wait_for_url("**/sign-in")
    assert mrn not in page.evaluate(KEPT).replace("\u2009", "").replace(" ", "")


@pytest.mark.parametrize("ending", ["another person", "no session"])
def test_pages_are_not_kept_for_longer_than_their_person(
    page: Page, live_server: LiveServer, ending: str
) -> None:
    mrn, _ = open_bedside(page)
    assert mrn in page.evaluate(KEPT).replace("\u2009", "").replace(" ", "")
    if ending == "another person":
        become(page, "reception")
    else:
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert mrn not in page.evaluate(KEPT).replace("\u2009", "").replace(" ", "")
