"""T19, T20: connections that send or read slowly, or lie, hold up no scan and are closed within 30 s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.laboratory import settle
from bench.sending import Scans
from bench.slow import ATTACKS, CLOSED_S, P99_MS, Attack, under

from ..served import LiveServer, served
from .conftest import Figure
from .figures import QUICK

SAMPLES = 4_000
_QUICK_KINDS = {"slow_headers", "slow_body", "slow_read", "idle", "two_lengths"}
_TRIED = [one for one in ATTACKS if not QUICK or (one.kind in _QUICK_KINDS and one.count <= 200)]
# What each is answered, if anything; the others never asked for an answer.
_ANSWERS = {
    "slow_body": {"408"},
    "slow_chunks": {"408"},
    "too_short": {"408"},
    "endless_chunks": {"413"},
    "announced_gigabyte": {"413"},
    "too_long": {"400"},
    "two_lengths": {"400"},
}


@dataclass(frozen=True)
class Site:
    """A server and scans of its laboratory."""

    server: LiveServer
    scans: Scans

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("slow") / "data"
    scans = Scans(settle(data, samples=SAMPLES))
    with served(data) as server:
        yield Site(server, scans)


@pytest.mark.parametrize("attack", _TRIED, ids=str)
def test_every_scan_counts_during_an_attack(site: Site, attack: Attack, figure: Figure) -> None:
    found = under(attack, site.scans, site.port)
    words = f"scans alone {found.calm}; attacked {found.attacked} (goal for p99: {P99_MS} ms)"
    figure(f"T19/T20 {attack}", words)
    assert found.attacked.failed == 0
    assert found.attacked.ms
    assert set(found.fate["answers"]) <= _ANSWERS.get(attack.kind, {"200"})
    if attack.shows_closing:
        figure(f"T20 {attack} closed", f"after {found.closed_s:.0f} s")
        assert found.closed_s <= CLOSED_S
