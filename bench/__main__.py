"""`python -m bench`: every measure of speed, a table, and bench/results.json; `labels`: what decodes;
`soak`: scans on a slow network; `acts`: what people wait for at a station; `slow`: scans while others attack;
`overload`: scans while others ask for much; `evidence`: what evidence costs."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from . import (
    acts,
    evidence_cost,
    labels,
    ledger_check,
    memory,
    overload,
    pages,
    reference,
    servers,
    slow,
    soak,
)
from .laboratory import Laboratory, settle
from .outcome import Outcome, as_json, table
from .pages import Site
from .procedures import CLIENTS, ProcedureBench
from .raw import RawScans
from .scans import ScanBench
from .sending import BareScans, Scans

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured: repetitions, requests in each, samples in the large laboratory."""

    repetitions: int
    requests: int
    procedures: int
    samples: int
    mixed: int


FULL = Size(repetitions=5, requests=300, procedures=10, samples=100_000, mixed=10_000)
QUICK = Size(repetitions=3, requests=150, procedures=5, samples=20_000, mixed=2_000)
SMALL_SAMPLES = 1_000


OTHERS: dict[str, Callable[[argparse.Namespace], int]] = {
    "labels": lambda options: labels.main(),
    "soak": lambda options: soak.main(quick=options.quick, gaps=options.gaps),
    "acts": lambda options: acts.main(minutes=1 if options.quick else 10),
    "slow": lambda options: slow.main(command=options.server, rounds=1 if options.quick else 3),
    "overload": lambda options: overload.main(rounds=2 if options.quick else 5),
    "evidence": lambda options: evidence_cost.main(rounds=4 if options.quick else 10),
    "ledger": lambda options: ledger_check.main(entries=100_000 if options.quick else 1_000_000),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.what in OTHERS:
        return OTHERS[options.what](options)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labflow-bench-") as folder:
        found = measure(Path(folder), QUICK if options.quick else FULL)
    print(table(found))
    print(f"{sum(one.ok for one in found)} of {len(found)} bars hold; {time.monotonic() - began:.0f} s.")
    options.results.write_text(as_json(found), encoding="utf-8")
    return 0 if all(one.ok for one in found) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes, smaller and less certain")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON goes")
    parser.add_argument(
        "what", nargs="?", choices=["speed", *OTHERS], default="speed", help="what to measure"
    )
    parser.add_argument("--gaps", type=int, nargs="+", default=soak.GAPS_MS, help="of the soak, milliseconds")
    parser.add_argument("--server", help="of slow: another server's command, with {port} in it")
    return parser.parse_args(arguments)


def measure(folder: Path, size: Size) -> list[Outcome]:
    """Every measure, in a folder of its own."""
    children = CLIENTS * size.procedures * (size.repetitions + 1)
    large = settle(folder / "large", samples=size.samples, children=children)
    small = settle(folder / "small", samples=SMALL_SAMPLES)
    reference.prepare(folder / "reference.db", size.samples)
    raw = RawScans(folder / "raw.db", size.samples)
    with ExitStack() as open_servers:
        large_server = open_servers.enter_context(servers.labflow(folder / "large"))
        small_server = open_servers.enter_context(servers.labflow(folder / "small"))
        bare_server = open_servers.enter_context(servers.reference(folder / "reference.db"))
        bench = ScanBench(
            labflow=large_server,
            reference=bare_server,
            raw=raw,
            scans=Scans(large),
            bare=BareScans(size.samples),
            repetitions=size.repetitions,
            requests=size.requests,
        )
        found = _measure(bench, Site(small, small_server), Site(large, large_server), size)
    raw.close()
    return found


def _measure(bench: ScanBench, small: Site, large: Site, size: Size) -> list[Outcome]:
    laboratory: Laboratory = large.laboratory
    registering = ProcedureBench(
        scans=bench, laboratory=laboratory, repetitions=size.repetitions, each=size.procedures
    )
    return [
        *bench.outcomes(),
        *registering.outcomes(),
        *pages.outcomes(small, large, repetitions=size.repetitions, requests=size.requests),
        *memory.outcomes(bench, laboratory, requests=size.mixed),
    ]


if __name__ == "__main__":
    sys.exit(main())
