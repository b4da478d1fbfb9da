"""`python -m bench soak`: a wedge scanner against the whole of labflow on a slow network.

Every scan must be in the server's own record once, as it was sent and in order, and answered soon after the
last one; of a thousand damaged codes none may be taken for a sample.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from playwright.async_api import Page

from labflow.catalog import CardAction

from .damage import damaged
from .latency import slowed
from .station import Station, browser, card, signed_in, station, the_catalog
from .wedge import Wedge

LATENCIES_MS, CHARS_MS, GAPS_MS = (0, 150, 400), (2, 10), (0, 20, 100, 300)
FEW, MANY = 40, 600
BAR_SECONDS = 2
DAMAGED = 1_000
_ACTIONS = (CardAction.TAKE, CardAction.HAND_OVER)
_PATIENCE_MS = 60_000
_ROLE, _PAGE = "reception", "/reception"


@dataclass(frozen=True, kw_only=True)
class Round:
    """So many scans, a sign every `char_ms`, `gap_ms` more between two codes, answers `latency_ms` late."""

    scans: int
    char_ms: int
    gap_ms: int
    latency_ms: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of one round: scans by fault, and the seconds from the last scan to the last verdict.

    `unread` were said to be unreadable; `stall` is the longest that the machine held a key of a burst back.
    """

    round: Round
    lost: int
    altered: int
    doubled: int
    out_of_order: int
    not_ok: int
    seconds: float
    sending: float
    stall: float = 0
    unread: int = 0

    @property
    def whole(self) -> bool:
        return not (self.lost or self.altered or self.doubled or self.out_of_order or self.not_ok)

    @property
    def in_time(self) -> bool:
        return self.seconds <= BAR_SECONDS


def rounds(*, quick: bool, gaps: Iterable[int] = GAPS_MS) -> list[Round]:
    """The matrix by latency, so that one page serves many rounds; quick has two rounds of many scans."""
    shapes = itertools.product(LATENCIES_MS, (FEW, MANY), CHARS_MS, gaps)
    every = [Round(scans=n, char_ms=char, gap_ms=gap, latency_ms=late) for late, n, char, gap in shapes]
    kept = {Round(scans=MANY, char_ms=2, gap_ms=0, latency_ms=400)} | {
        Round(scans=MANY, char_ms=10, gap_ms=20, latency_ms=150)
    }
    return [one for one in every if not quick or one.scans == FEW or one in kept]


def main(*, quick: bool, gaps: Sequence[int]) -> int:
    """Prints a line for each round as it ends; 1 when a scan was lost, altered, doubled or out of order."""
    print(
        "scans  ms a sign  gap  latency  lost altered doubled disorder other   last verdict after   sent in"
    )
    with tempfile.TemporaryDirectory(prefix="labflow-soak-") as folder, ExitStack() as open_doors:
        served = open_doors.enter_context(station(Path(folder), samples=MANY + FEW))
        doors = {late: open_doors.enter_context(slowed(served.port, late)) for late in LATENCIES_MS}
        found, taken = asyncio.run(_soak(served, doors, rounds(quick=quick, gaps=gaps)))
    late = [one for one in found if not one.in_time]
    total = sum(one.round.scans for one in found)
    print(f"{sum(one.whole for one in found)} of {len(found)} rounds whole ({total} scans); ", end="")
    print(f"{len(late)} with a verdict later than {BAR_SECONDS} s; {taken} of {DAMAGED} damaged codes taken.")
    return 0 if all(one.whole for one in found) and taken == 0 else 1


async def _soak(
    served: Station, doors: Mapping[int, int], matrix: Sequence[Round]
) -> tuple[list[Found], int]:
    """What became of each round, and how many damaged codes were taken for a sample."""
    found: list[Found] = []
    actions = {scans: itertools.cycle(_ACTIONS) for scans in (FEW, MANY)}
    async with browser() as opened:
        for late, of_latency in itertools.groupby(matrix, lambda one: one.latency_ms):
            async with signed_in(opened, doors[late], [_ROLE], _PAGE) as (page, _):
                for one in of_latency:
                    found.append(await _round(served, page, one, next(actions[one.scans])))
                    print(_line(found[-1]), flush=True)
        async with signed_in(opened, doors[0], [_ROLE], _PAGE) as (page, _):
            taken = await _damaged_taken(served, page)
    return found, taken


async def _round(served: Station, page: Page, one: Round, action: CardAction) -> Found:
    codes = served.samples[:MANY] if one.scans == MANY else served.samples[MANY:]
    wedge = await Wedge.of(page)
    await set_action(page, wedge, action)
    mark, began = _mark(served), time.monotonic()
    await wedge.scan(codes, char_ms=one.char_ms, gap_ms=one.gap_ms)
    sending = time.monotonic() - began
    seconds = await _seconds_to_the_last_verdict(page, one.scans)
    stall, unread = await page.evaluate("[seen.stall, document.querySelectorAll('#scan-again li').length]")
    found = _found(one, codes, _recorded(served, mark), seconds, sending)
    return replace(found, stall=stall / 1000, unread=unread)


async def set_action(page: Page, wedge: Wedge, action: CardAction | None) -> None:
    """Ends the action before and sets this one; nothing is seen yet."""
    catalog, shown = the_catalog(), page.locator("#context-action")
    await wedge.scan([card(catalog, CardAction.END)], char_ms=2, gap_ms=0)
    await shown.filter(has_text="No action set").wait_for()
    if action is not None:
        await wedge.scan([card(catalog, action)], char_ms=2, gap_ms=0)
        await shown.filter(has_not_text="No action set").wait_for()
    await page.evaluate(
        "document.getElementById('scan-again').replaceChildren();"
        "Object.assign(seen, {enters: [], verdicts: [], grey: [], stall: 0})"
    )


async def _seconds_to_the_last_verdict(page: Page, scans: int) -> float:
    """From the last Enter to the last verdict on the page's clock; to now, when some never came."""
    last: float = await page.evaluate(
        """async ([scans, patience]) => {
            const {enters, verdicts} = seen, until = performance.now() + patience;
            while (verdicts.length < scans && performance.now() < until) {
                await new Promise(done => setTimeout(done, 50));
            }
            return (verdicts.length < scans ? performance.now() : verdicts.at(-1).at) - enters.at(-1);
        }""",
        [scans, _PATIENCE_MS],
    )
    return last / 1000


@dataclass(frozen=True)
class _Record:
    """The server's own record: codes with verdicts in order, and the samples of the entries in order."""

    scans: list[tuple[str, str]]
    entries: list[str]


def _mark(served: Station) -> tuple[int, int]:
    ((scan, entry),) = served.rows(
        "SELECT (SELECT coalesce(max(rowid), 0) FROM scans), (SELECT max(id) FROM entries)"
    )
    return cast("int", scan), cast("int", entry)


def _recorded(served: Station, mark: tuple[int, int]) -> _Record:
    scans = served.rows("SELECT code, verdict FROM scans WHERE rowid > ? ORDER BY rowid", mark[0])
    entries = served.rows(
        "SELECT code FROM entries JOIN samples USING (chain_id) WHERE entries.id > ? ORDER BY entries.id",
        mark[1],
    )
    return _Record([(str(code), str(verdict)) for code, verdict in scans], [str(code) for (code,) in entries])


def _found(one: Round, sent: Sequence[str], record: _Record, seconds: float, sending: float) -> Found:
    scans, entries = Counter(code for code, _ in record.scans), Counter(record.entries)
    place = {code: number for number, code in enumerate(sent)}
    order = [place[code] for code in record.entries if code in place]
    return Found(
        round=one,
        lost=sum(not scans[code] or not entries[code] for code in sent),
        altered=sum(code not in place for code in (scans | entries).elements()),
        doubled=sum(max(scans[code], entries[code]) > 1 for code in sent),
        out_of_order=sum(later < earlier for earlier, later in itertools.pairwise(order)),
        not_ok=sum(verdict != "OK" for _, verdict in record.scans),
        seconds=seconds,
        sending=sending,
    )


async def _damaged_taken(served: Station, page: Page) -> int:
    """How many damaged codes were taken for a sample; what passes the check must still be unknown."""
    texts = list(itertools.islice(damaged(served.samples), DAMAGED))
    wedge = await Wedge.of(page)
    await set_action(page, wedge, CardAction.TAKE)
    mark = _mark(served)
    await wedge.scan(texts, char_ms=2, gap_ms=60)
    await page.wait_for_timeout(3_000)  # longer than a burst without an end is waited for
    record = _recorded(served, mark)
    return len(record.entries) + sum(verdict in ("OK", "ALREADY") for _, verdict in record.scans)


def _line(found: Found) -> str:
    one, marks = found.round, ("" if found.whole else "  NOT WHOLE") + ("" if found.in_time else "  LATE")
    return (
        f"{one.scans:5} {one.char_ms:10} {one.gap_ms:4} {one.latency_ms:8} {found.lost:5} {found.altered:7} "
        f"{found.doubled:7} {found.out_of_order:8} {found.not_ok:5} {found.seconds:18.2f} s "
        f"{found.sending:7.1f} s {found.stall:5.2f} s {found.unread:6}{marks}"
    )
