"""Memory of the serving process after many mixed requests, by that of the reference's."""

from __future__ import annotations

from itertools import chain

from . import load
from .laboratory import Laboratory
from .outcome import Bar, Outcome, of_repetitions
from .pages import ASKED
from .scans import ScanBench
from .sending import opened, require_answered

_LANES = 4


def outcomes(bench: ScanBench, laboratory: Laboratory, *, requests: int) -> list[Outcome]:
    """Half of the requests are scans, half are what people open; the reference takes as many scans."""
    _mixed(bench, laboratory, requests // 2)
    half = bench.labflow.pss_mib()
    _mixed(bench, laboratory, requests // 2)
    whole = bench.labflow.pss_mib()
    require_answered(
        load.run(bench.reference.port, [bench.bare.lane(requests // _LANES) for _ in range(_LANES)])
    )
    bare = bench.reference.pss_mib()
    figures = f"labflow {whole:.1f} MiB, reference {bare:.1f} MiB after {requests} requests"
    growth = (whole / half - 1) * 100
    return [
        of_repetitions("memory_by_reference", [whole / bare], Bar(2), figures),
        of_repetitions("memory_growth_percent", [growth], Bar(5), f"{half:.1f} MiB half way"),
    ]


def _mixed(bench: ScanBench, laboratory: Laboratory, requests: int) -> None:
    lanes = [_lane(bench, laboratory, requests // _LANES) for _ in range(_LANES)]
    require_answered(load.run(bench.labflow.port, lanes))


def _lane(bench: ScanBench, laboratory: Laboratory, requests: int) -> list[bytes]:
    asks = list(ASKED.values())
    read = [opened(laboratory, asks[turn % len(asks)](laboratory)) for turn in range(requests // 2)]
    return list(chain.from_iterable(zip(read, bench.scans.lane(len(read)), strict=False)))
