"""D14: under a flood of exports, reports and searches, scans are answered and the others are sent away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.laboratory import settle
from bench.overload import FLOOD, everybody, flood
from bench.pace import scan_for
from bench.sending import Scans

from ..served import LiveServer, served
from .conftest import Figure
from .figures import many

SECONDS = many(15, quick=5)


def test_a_flood_of_exports_is_shed_and_no_scan(tmp_path: Path, figure: Figure) -> None:
    data = tmp_path / "data"
    laboratory = settle(data, samples=4_000)
    scans, token = Scans(laboratory), everybody(laboratory)
    with served(data) as server, ThreadPoolExecutor(1) as beside:
        port = _port(server)
        alone = scan_for(scans, port, clients=4, every_s=0.1, seconds=SECONDS)
        others = beside.submit(flood, port, token, count=FLOOD, seconds=SECONDS)
        flooded = scan_for(scans, port, clients=4, every_s=0.1, seconds=SECONDS)
        answers = others.result()
    figure("D14 a flood of exports", f"scans alone {alone}; flooded {flooded}; the flood {dict(answers)}")
    assert flooded.failed == 0
    assert answers.keys() == {"200", "503"}, "some are served, the others told to come again"


@pytest.mark.parametrize("path", ["/", "/reception"])
def test_a_crowd_at_ordinary_pages_sends_no_scan_away(tmp_path: Path, path: str, figure: Figure) -> None:
    data = tmp_path / "data"
    laboratory = settle(data, samples=1_000)
    scans, token = Scans(laboratory), everybody(laboratory)
    with served(data) as server, ThreadPoolExecutor(1) as beside:
        others = beside.submit(flood, _port(server), token, count=FLOOD, seconds=SECONDS, paths=[path])
        crowded = scan_for(scans, _port(server), clients=4, every_s=0.1, seconds=SECONDS)
        answers = others.result()
    figure(f"D14 a crowd at {path}", f"scans {crowded}; the crowd {dict(answers)}")
    assert crowded.failed == 0
    assert answers.keys() == {"200"}


def _port(server: LiveServer) -> int:
    return int(server.url.rpartition(":")[2])
