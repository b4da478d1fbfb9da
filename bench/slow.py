"""`python -m bench slow`: what scans wait for while hundreds of connections mean no good.

`--server "COMMAND"` measures another server instead; {port} stands for its port, LABFLOW_DATA names the data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from . import servers
from .laboratory import settle
from .outcome import Bar, Outcome, table
from .pace import Paced, scan_for
from .sending import Scans
from .servers import Server

SAMPLES = 8_000
P99_MS, CLOSED_S = 300, 30
_CLIENTS, _EVERY_S, _CALM_S = 4, 0.1, 4
_GATHERING_S = 1.5  # until the last of a thousand connections is open

# What never becomes a whole request, or has none to send any more.
_MUST_CLOSE = {"slow_headers", "slow_body", "idle", "silent", "too_short"}


@dataclass(frozen=True)
class Attack:
    """One kind of `bench.attacks`, so many connections, for so many seconds."""

    kind: str
    count: int
    seconds: float = 10

    @property
    def shows_closing(self) -> bool:
        """Whether it lasts until the server must have closed its connections by itself."""
        return self.kind in _MUST_CLOSE and self.seconds > CLOSED_S / 2

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} x {self.count}"


@dataclass(frozen=True)
class Found:
    """Scans before an attack and in it, and what became of the attack."""

    calm: Paced
    attacked: Paced
    fate: dict[str, Any]

    @property
    def closed_s(self) -> float:
        """When the server had closed the last connection; infinity if it left one open."""
        ends = self.fate["closed_after_s"]
        return ends[-1] if self.fate["closed"] == self.fate["opened"] else float("inf")


# The long ones show when the server closes.
ATTACKS = [
    Attack("slow_headers", 50, seconds=24),
    Attack("slow_headers", 1000),
    Attack("slow_body", 50, seconds=24),
    Attack("slow_body", 200),
    Attack("slow_body", 1000),
    Attack("slow_chunks", 200),
    Attack("slow_read", 50),
    Attack("slow_read", 200),
    Attack("idle", 1000, seconds=24),
    Attack("silent", 1000, seconds=24),
    Attack("too_short", 50, seconds=24),
    Attack("endless_chunks", 8),
    Attack("announced_gigabyte", 8),
    Attack("too_long", 50),
    Attack("two_lengths", 50),
]


def main(*, command: str | None, rounds: int) -> int:
    """Prints a table; 1 when a bar was missed."""
    with tempfile.TemporaryDirectory(prefix="labflow-slow-") as folder:
        data = Path(folder) / "data"
        scans = Scans(settle(data, samples=SAMPLES))
        with _server(data, command) as server:
            found = [one for attack in ATTACKS for one in _measured(scans, server.port, attack, rounds)]
    print(table(found))
    return 0 if all(one.ok for one in found) else 1


@contextmanager
def _server(data: Path, command: str | None) -> Iterator[Server]:
    if command is None:
        with servers.labflow(data) as server:
            yield server
        return
    os.environ["LABFLOW_DATA"] = str(data)
    with servers.other(command, log=data.with_suffix(".log")) as server:
        yield server


def _measured(scans: Scans, port: int, attack: Attack, rounds: int) -> Iterator[Outcome]:
    """The slowest hundredth of the scans, and when connections were closed that the server must close."""
    found = [under(attack, scans, port) for _ in range(rounds)]
    yield _outcome(
        f"{attack}: scans' p99, ms", [one.attacked.at(99) for one in found], P99_MS, _figures(found)
    )
    if attack.shows_closing:
        ends = [one.closed_s for one in found]
        yield _outcome(f"{attack}: closed after, s", ends, CLOSED_S, f"answers {found[-1].fate['answers']}")


def under(attack: Attack, scans: Scans, port: int) -> Found:
    """Scans before this attack, and during it."""
    calm = _scan(scans, port, _CALM_S)
    command = [sys.executable, "-m", "bench.attacks", attack.kind, str(attack.count), str(port)]
    with subprocess.Popen([*command, str(attack.seconds)], stdout=subprocess.PIPE) as process:
        time.sleep(_GATHERING_S)
        attacked = _scan(scans, port, attack.seconds - _GATHERING_S)
        told, _ = process.communicate()
    return Found(calm, attacked, json.loads(told))


def _scan(scans: Scans, port: int, seconds: float) -> Paced:
    return scan_for(scans, port, clients=_CLIENTS, every_s=_EVERY_S, seconds=seconds)


def _figures(found: list[Found]) -> str:
    calm, attacked = [one.calm for one in found], [one.attacked for one in found]
    return (
        f"calm p50 {median(one.at(50) for one in calm):.0f} p99 {median(one.at(99) for one in calm):.0f} ms; "
        f"attacked p50 {median(one.at(50) for one in attacked):.0f} ms, "
        f"{sum(one.failed for one in attacked)} not answered"
    )


def _outcome(name: str, values: list[float], limit: float, figures: str) -> Outcome:
    return Outcome(
        name=name, value=median(values), low=min(values), high=max(values), bar=Bar(limit), figures=figures
    )
