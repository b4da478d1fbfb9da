"""How many taps, scans and typed signs everyday work takes (UX 7): acts are counted, never seconds."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlmodel import select

from labflow import staff
from labflow.catalog import CardAction, Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.journeys.demo import wristband
from tests.factories.bedside import BORN, make_child
from tests.factories.cases import SMEAR_BENCH, THEATRE
from tests.fake_printer import FakePrinter, listening
from tests.served import LiveServer, served
from tests.support import ROOT

from .support import become, wedge

MRN = "7600000001"
SIX_TUBES = ("BM-MRD", "BM-FLOW", "BM-KARYO", "BM-MOL", "BM-HOLD", "BM-CX-BACT")
PATIENCE_MS = 30_000
# The browser's own events: what a script clicks is no tap, and a wedge's keys are fast.
COUNT_TAPS = """
addEventListener("pointerdown", ({isTrusted}) => {
    if (isTrusted) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1;
}, true);
"""


@pytest.fixture(scope="module")
def printer() -> Iterator[FakePrinter]:
    with listening(FakePrinter()) as printer:
        yield printer


@pytest.fixture(scope="module")
def live_server(
    demo_data: Path, tmp_path_factory: pytest.TempPathFactory, printer: FakePrinter
) -> Iterator[LiveServer]:
    """The demo laboratory with a label printer in its theatre."""
    folder = tmp_path_factory.mktemp("effort")
    data = Path(shutil.copytree(demo_data, folder / "data"))
    config = folder / "labflow.toml"
    table = f'[printers.T1]\nname = "Theatre"\nhost = "127.0.0.1"\nport = {printer.port}\ndpi = 203\n'
    table += f'places = ["{THEATRE}"]\ndesigns = ["TUBE", "PAED-TUBE"]\n'
    config.write_text((ROOT / "config.example.toml").read_text(encoding="utf-8") + "\n" + table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "LABFLOW_CONFIG", str(config))
        with served(data, "--demo") as server:
            yield server


@pytest.fixture
def order(live_server: LiveServer, catalog: Catalog) -> str:
    """The number of an order that draws six tubes from a child whom labflow knows."""
    database, rng = Database(sqlite_url(live_server.data / "labflow.db")), random.SystemRandom()
    with database.reading() as session:
        person = session.exec(select(staff.StaffMember)).first()
    assert person is not None
    at, event_id = datetime.now(UTC), UUID(int=rng.getrandbits(128), version=4)
    act = Act(at=at, by=person.id, badge=person.badge, rng=rng, event_id=event_id, occurred_at=at)
    child = make_child(database, catalog, act, mrn=MRN, indication=None, tests=SIX_TUBES)
    database.close()
    return child.order_number


class Person:
    """Somebody with a scanner and a finger; counts what they do."""

    def __init__(self, context: BrowserContext, page: Page, catalog: Catalog) -> None:
        context.add_init_script(COUNT_TAPS)
        page.set_default_timeout(PATIENCE_MS)
        self.page = page
        self.cards = {card.action: card.code for card in catalog.do_cards.values()}
        self.scans = 0

    def begin(self) -> None:
        """From now on acts count."""
        self.page.evaluate("sessionStorage.taps = 0")
        self.scans = 0

    def scan(self, code: str) -> None:
        wedge(self.page, code)
        self.scans += 1

    def scan_and_hear(self, code: str, said: str) -> None:
        self.scan(code)
        expect(self.page.locator("#scan-last li").first).to_contain_text(said, timeout=PATIENCE_MS)

    @property
    def taps(self) -> int:
        return int(self.page.evaluate("sessionStorage.taps"))


@pytest.fixture
def person(context: BrowserContext, page: Page, catalog: Catalog) -> Person:
    return Person(context, page, catalog)


def tap(choice: Locator) -> None:
    choice.click()


def test_a_known_child_and_six_tubes_take_four_taps_eight_scans_and_nothing_typed(
    person: Person, order: str, printer: FakePrinter
) -> None:
    page = person.page
    become(page, "operator")
    page.set_viewport_size({"width": 360, "height": 740})
    person.scan_and_hear(THEATRE, "Theatre")  # once, when the shift begins
    page.goto(f"/orders/{order}/procedure")
    person.begin()
    person.scan(wristband(MRN, BORN))
    expect(page.get_by_label("Scan the wristband")).to_have_value(wristband(MRN, BORN))
    tap(page.get_by_label("All of these were read out and checked"))
    tap(page.get_by_label("General anaesthesia"))
    tap(page.locator("label.body-spot").first)
    tap(page.get_by_role("button", name="Register and print labels"))
    page.wait_for_url("**/bedside")
    codes = page.locator("#scan-back .list-group a.code").all_inner_texts()
    assert len(codes) == 6
    with printer.printed:
        assert printer.printed.wait_for(lambda: printer.labels == len(codes), timeout=PATIENCE_MS / 1000)
    person.scan_and_hear(person.cards[CardAction.SCAN_BACK], "Scan label back")
    for code in codes:
        person.scan_and_hear(code, code)
    expect(page.get_by_text("Every label was scanned back")).to_be_visible()
    assert person.taps == 4
    assert person.scans == 8


def test_one_scan_a_sample_is_all_that_a_bench_needs(person: Person) -> None:
    page = person.page
    become(page, "technologist")
    page.goto("/queues/SMEAR")
    person.scan_and_hear(SMEAR_BENCH, "bench")
    person.scan_and_hear(person.cards[CardAction.RECEIVE], "Receive")
    samples = list(dict.fromkeys(page.locator("tbody a.code").all_inner_texts()))[:3]
    person.begin()
    for code in samples:
        person.scan_and_hear(code, "Received")
    assert (person.scans, person.taps) == (len(samples), 0)
