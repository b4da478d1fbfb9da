"""`python -m bench acts`: how long people wait at a station for verdicts, the grey band, and a badge."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.async_api import Browser, Page

from labflow.catalog import CardAction

from .latency import slowed
from .outcome import Bar, Outcome, percentile, table
from .soak import set_action
from .station import Station, browser, signed_in, station
from .wedge import Wedge

SAMPLES = 120
_BURST_SECONDS, _SWITCHES, _SLOW_MS = 30, 6, 400
_ROLE, _PAGE = "reception", "/reception"
# From the Enter of each scan to its verdict, and to the frame in which the band was grey (ms).
_WAITS = """codes => {
    const waits = found => found.map(({code, at}) => at - seen.enters[codes.indexOf(code)]);
    return [waits(seen.verdicts), waits(seen.grey)];
}"""


def main(*, minutes: float) -> int:
    """Prints a table; 1 when a bar was missed."""
    with tempfile.TemporaryDirectory(prefix="labflow-acts-") as folder, ExitStack() as open_doors:
        served = open_doors.enter_context(station(Path(folder), samples=SAMPLES))
        slow = open_doors.enter_context(slowed(served.port, _SLOW_MS))
        found = asyncio.run(_measure(served, slow, minutes))
    print(table(found))
    return 0 if all(one.ok for one in found) else 1


async def _measure(served: Station, slow: int, minutes: float) -> list[Outcome]:
    async with browser() as opened:
        return [
            await _verdicts(opened, served, "60 scans a minute", 60, minutes * 60),
            await _verdicts(opened, served, "240 scans a minute", 240, _BURST_SECONDS),
            await _grey(opened, served, slow),
            await _switch(opened, served),
        ]


async def _verdicts(opened: Browser, served: Station, name: str, rate: int, seconds: float) -> Outcome:
    """p95 of what one scan after the other waits for its verdict."""
    async with signed_in(opened, served.port, [_ROLE], _PAGE) as (page, _):
        verdicts, _ = await _scans(page, served.samples, count=round(rate * seconds / 60), every_s=60 / rate)
    return _outcome(f"{name}: verdict, p95", verdicts, 95, Bar(150))


async def _grey(opened: Browser, served: Station, port: int) -> Outcome:
    """The slowest band, with a network that takes 400 ms."""
    async with signed_in(opened, port, [_ROLE], _PAGE) as (page, _):
        _, grey = await _scans(page, served.samples, count=40, every_s=0.8)
    return _outcome(f"scan to grey band at {_SLOW_MS} ms, slowest", grey, 100, Bar(100))


async def _scans(
    page: Page, samples: Sequence[str], *, count: int, every_s: float
) -> tuple[list[float], list[float]]:
    """Milliseconds to each verdict and to each grey band; samples go to and fro when they run out."""
    wedge, clock = await Wedge.of(page), asyncio.get_running_loop()
    actions = itertools.cycle((CardAction.TAKE, CardAction.HAND_OVER))
    verdicts, grey = list[float](), list[float]()
    while len(verdicts) < count:
        await set_action(page, wedge, next(actions))
        due, codes = clock.time(), samples[: count - len(verdicts)]
        for code in codes:
            await asyncio.sleep(max(0, due - clock.time()))
            await wedge.scan([code], char_ms=2, gap_ms=0)
            due += every_s
        await page.wait_for_timeout(2_000)
        heard, painted = await page.evaluate(_WAITS, codes)
        verdicts, grey = verdicts + heard, grey + painted
    return verdicts, grey


async def _switch(opened: Browser, served: Station) -> Outcome:
    """From the last key of a badge to the other person's page, both on shift here."""
    waits = list[float]()
    async with signed_in(opened, served.port, ["technologist", _ROLE], _PAGE) as (page, badges):
        wedge, clock = await Wedge.of(page), asyncio.get_running_loop()
        for badge in itertools.islice(itertools.cycle(badges), _SWITCHES):
            await page.wait_for_timeout(1_000)
            await wedge.scan([badge], char_ms=2, gap_ms=0)
            began = clock.time()
            await page.wait_for_selector(f"meta[name=labflow-badge][content='{badge}']", state="attached")
            await page.wait_for_load_state("load")
            waits.append(1000 * (clock.time() - began))
    return _outcome("badge to the page of the new person, slowest", waits, 100, Bar(1000))


def _outcome(name: str, waits: Sequence[float], percent: float, bar: Bar) -> Outcome:
    value = percentile(waits, percent)
    figures = f"{len(waits)} measured, median {percentile(waits, 50):.0f} ms"
    return Outcome(name=name, value=value, low=min(waits), high=max(waits), bar=bar, figures=figures)
