"""A station: the demo laboratory served, samples that only the bench moves, and signed-in pages before it."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, Page, async_playwright
from sqlmodel import Session, select

from labflow import staff
from labflow.catalog import CardAction, Catalog, load_catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.web.templating import example_config
from tests.factories.cases import THEATRE, make_case
from tests.served import LABFLOW, served

SAMPLES_A_CASE = 8
_CONTAINERS = ("EDTA",) * SAMPLES_A_CASE
_PATIENCE_MS = 30_000
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What the page itself saw, on its own clock (ms): each Enter, each band that was painted grey, each verdict,
# and the longest time that the machine took from one key of a burst to the next.
_WATCH = """
window.seen = {enters: [], grey: [], verdicts: [], stall: 0};
let before = {stamp: 0, at: 0};
addEventListener("keydown", ({timeStamp: stamp}) => {
    const at = performance.now();
    if (stamp - before.stamp < 20) seen.stall = Math.max(seen.stall, at - before.at);
    before = {stamp, at};
}, true);
addEventListener("keydown", ({key}) => key === "Enter" && seen.enters.push(performance.now()), true);
document.addEventListener("labflow:verdict", ({detail: {code, verdict}}) =>
    seen.verdicts.push({code, verdict, at: performance.now()}));
addEventListener("DOMContentLoaded", () => {
    const word = document.getElementById("scan-word");
    if (word === null) return;
    new MutationObserver(() => {
        if (!word.textContent.startsWith("Read ")) return;
        const code = word.textContent.slice(5);
        requestAnimationFrame(() => setTimeout(() => seen.grey.push({code, at: performance.now()})));
    }).observe(word, {childList: true, characterData: true, subtree: true});
});
"""


@dataclass(frozen=True)
class Station:
    """The demo laboratory at `port` with so many samples of the bench's own."""

    port: int
    data: Path
    samples: tuple[str, ...]

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What the database says, read beside the server."""
        connection = sqlite3.connect(self.data / "labflow.db")
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()


@contextmanager
def station(folder: Path, *, samples: int) -> Iterator[Station]:
    """The demo laboratory in this folder, served."""
    data = folder / "data"
    subprocess.run([LABFLOW, "--data", str(data), "demo"], check=True, stdout=subprocess.DEVNULL)
    codes = _make(data, samples)
    with served(data, "--demo") as server:
        yield Station(int(server.url.rpartition(":")[2]), data, codes)


def _make(data: Path, count: int) -> tuple[str, ...]:
    catalog, database = the_catalog(), Database(sqlite_url(data / "labflow.db"))
    with database.reading() as session:
        act = _act(session)
    cases = [
        make_case(database, catalog, act.part(str(number)), mrn=f"8{number:09d}", containers=_CONTAINERS)
        for number in range(-(-count // SAMPLES_A_CASE))
    ]
    database.close()
    return tuple(sample.code for case in cases for sample in case.samples)[:count]


def _act(session: Session) -> Act:
    person, rng = session.exec(select(staff.StaffMember)).first(), random.SystemRandom()
    assert person is not None
    at = datetime.now(UTC) - timedelta(minutes=20)
    event = UUID(int=rng.getrandbits(128), version=4)
    return Act(
        at=at, by=person.id, badge=person.badge, rng=rng, event_id=event, occurred_at=at, place=THEATRE
    )


def the_catalog() -> Catalog:
    return load_catalog(example_config())


def card(catalog: Catalog, action: CardAction) -> str:
    """The do-card of this action, the plainest where there are several."""
    return next(one.code for one in catalog.do_cards.values() if one.action == action)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        yield found
        await found.close()


@asynccontextmanager
async def signed_in(
    opened: Browser, port: int, roles: Sequence[str], path: str
) -> AsyncIterator[tuple[Page, list[str]]]:
    """The page at `path` for the last of these roles, all on shift at this browser, and their badges."""
    context = await opened.new_context(base_url=f"http://127.0.0.1:{port}")
    context.set_default_timeout(_PATIENCE_MS)
    await context.add_init_script(_WATCH)
    page, badges = await context.new_page(), list[str]()
    for role in roles:
        badges.append(await _enter(page, role))
    await page.goto(path)
    yield page, badges
    await context.close()


async def _enter(page: Page, role: str) -> str:
    """Signs in as the demo's person of this role, leaving whoever was there on shift; their badge."""
    names = {cookie.get("name", "") for cookie in await page.context.cookies()}
    for name in names:
        if "station" not in name:
            await page.context.clear_cookies(name=name)
    await page.goto("/sign-in")
    await page.get_by_role("button", name=re.compile(f"^{role}", re.IGNORECASE)).click()
    await page.get_by_role("heading", name=re.compile("What waits for you")).wait_for()
    return str(await page.locator("meta[name=labflow-badge]").get_attribute("content"))
