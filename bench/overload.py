"""`python -m bench overload`: what scans wait for while others ask for PDFs, reports, lists and searches.

Each round measures scans alone, scans beside one person who wants one PDF after the other, and scans beside a
flood of sixteen who ask again as soon as they have an answer, whatever they are told.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

from labflow import staff
from labflow.foundation.database import Database
from labflow.staff import Role

from . import servers
from .laboratory import Laboratory, settle
from .outcome import Bar, Outcome, of_repetitions, table
from .pace import Paced, scan_for
from .sending import Scans

SAMPLES = 20_000
HEAVY = (
    "/sheets/do-cards.pdf",
    "/sheets/place-labels.pdf",
    "/sheets/new-bags.pdf",
    "/orders",
    "/tracker",
    "/quality/scans",
    "/api/v1/openapi.json",
)
FLOOD = 16
_CLIENTS, _EVERY_S, _SECONDS, _HEAD_START_S = 4, 0.1, 6, 0.8
_ANSWER_SECONDS = 20


@dataclass(frozen=True)
class Round:
    """Scans alone, beside one other and beside the flood, and what the flood was answered."""

    alone: Paced
    one: Paced
    flood: Paced
    answers: dict[str, int]


def main(*, rounds: int) -> int:
    """Prints a table; 1 when a bar was missed."""
    with tempfile.TemporaryDirectory(prefix="labflow-overload-") as folder:
        data = Path(folder) / "data"
        laboratory = settle(data, samples=SAMPLES)
        scans, token = Scans(laboratory), everybody(laboratory)
        with servers.labflow(data) as server:
            _scan(scans, server.port)
            found = [_round(scans, server.port, token) for _ in range(rounds)]
    outcomes = [
        _tail("beside one", [(each.one, each.alone) for each in found]),
        _tail(f"beside {FLOOD}", [(each.flood, each.alone) for each in found]),
    ]
    print(table(outcomes))
    print("the flood was answered", *(each.answers for each in found))
    return 0 if all(one.ok for one in outcomes) else 1


def everybody(laboratory: Laboratory) -> str:
    """The token of a person with all roles."""
    database, now, rng = Database(laboratory.database_url), datetime.now(UTC), random.Random(7)
    with database.writing() as session:
        person = staff.register(
            session, login="flood", name="Flood Invented", roles=list(Role), rng=rng, now=now
        )
        _, token = staff.make_token(session, person, name="flood", lasts=timedelta(days=1), now=now, rng=rng)
    database.close()
    return token


def _round(scans: Scans, port: int, token: str) -> Round:
    alone = _scan(scans, port)
    one, _ = _beside(1, scans, port, token)
    return Round(alone, one, *_beside(FLOOD, scans, port, token))


def _beside(count: int, scans: Scans, port: int, token: str) -> tuple[Paced, dict[str, int]]:
    """Scans while so many others ask, and what those were answered."""
    command = [sys.executable, "-m", "bench.overload", str(port), token, str(count), str(_SECONDS + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        time.sleep(_HEAD_START_S)
        found = _scan(scans, port)
        return found, json.loads(process.communicate()[0])


def _scan(scans: Scans, port: int) -> Paced:
    return scan_for(scans, port, clients=_CLIENTS, every_s=_EVERY_S, seconds=_SECONDS - _HEAD_START_S)


def _tail(words: str, found: Sequence[tuple[Paced, Paced]]) -> Outcome:
    """The scans' slowest hundredth beside others, by that of scans alone in the same round."""
    tails = [(beside.at(99), alone.at(99)) for beside, alone in found]
    beside_ms, alone_ms = (median(one) for one in zip(*tails, strict=True))
    failed = sum(beside.failed for beside, _ in found)
    ratios = [beside / alone for beside, alone in tails]
    figures = f"{beside_ms:.0f} ms : {alone_ms:.0f} ms, {failed} not answered"
    return of_repetitions(f"scans' p99 {words} by that alone", ratios, Bar(3), figures)


def flood(port: int, token: str, *, count: int, seconds: float, paths: Sequence[str] = HEAVY) -> Counter[str]:
    """So many people ask for these one after the other, for so long; how often they got which status."""
    ends_at = time.monotonic() + seconds
    with ThreadPoolExecutor(count) as pool:
        found = pool.map(lambda first: _insist(port, token, paths, first, ends_at), range(count))
        return sum(found, Counter())


def _insist(port: int, token: str, paths: Sequence[str], first: int, ends_at: float) -> Counter[str]:
    found: Counter[str] = Counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    while time.monotonic() < ends_at:
        path = paths[(first + found.total()) % len(paths)]
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            found[str(answer.status)] += 1
        except (OSError, HTTPException):
            found["none"] += 1
            connection.close()
    connection.close()
    return found


if __name__ == "__main__":
    answered = flood(int(sys.argv[1]), sys.argv[2], count=int(sys.argv[3]), seconds=float(sys.argv[4]))
    print(json.dumps(answered))
