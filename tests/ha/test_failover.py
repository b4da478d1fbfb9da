"""The leader is killed, crashes, is relieved under load: writes come back, nothing acknowledged is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..faults.conftest import Figure
from .cluster import wait_until
from .crowd import Crowd
from .laboratory import CLIENTS, Ward
from .machines import Machine
from .outcome import require_stored_once, told

KILLS = 5
BACK_SECONDS = 30
_WARM = 150


def test_killing_the_leader_five_times_loses_no_acknowledged_scan(ward: Ward, figure: Figure) -> None:
    with scanning(ward) as crowd:
        gaps = [gap_after(ward, crowd, ward.cluster.kill) for _ in range(KILLS)]
    figure("leader killed (-9), no writes for", ", ".join(f"{gap:.1f} s" for gap in gaps))
    figure("leader killed, scans", told(ward, crowd))
    behind = wait_until(lambda: ward.not_in_the_log() == 0, "the worker puts all into the log")
    figure("leader killed, all in the log after", f"{behind:.1f} s")
    assert max(gaps) <= BACK_SECONDS
    require_stored_once(ward, crowd)


def test_a_crash_of_postgres_alone_loses_no_acknowledged_scan(ward: Ward, figure: Figure) -> None:
    with scanning(ward) as crowd:
        gap = gap_after(ward, crowd, ward.cluster.kill_postgres)
    figure("only Postgres of the leader killed, no writes for", f"{gap:.1f} s")
    figure("only Postgres killed, scans", told(ward, crowd))
    assert gap <= BACK_SECONDS
    require_stored_once(ward, crowd)


def test_a_switchover_for_maintenance_loses_no_acknowledged_scan(ward: Ward, figure: Figure) -> None:
    with scanning(ward) as crowd:
        gap = gap_after(ward, crowd, lambda leader: switch_over(ward, leader))
    figure("switchover, no writes for", f"{gap:.1f} s")
    figure("switchover, scans", told(ward, crowd))
    assert gap <= BACK_SECONDS
    require_stored_once(ward, crowd)


@contextmanager
def scanning(ward: Ward) -> Iterator[Crowd]:
    """A crowd at every web server; at the end all it began is acknowledged."""
    crowd = ward.crowd()
    crowd.start(ward.moves(0, CLIENTS))
    try:
        yield crowd
    finally:
        crowd.finish()


def gap_after(ward: Ward, crowd: Crowd, fault: Callable[[Machine], object]) -> float:
    """How long (seconds) some web server wrote nothing after this was done to the leader, under load."""
    ward.cluster.wait_until_whole()
    began, leader = time.monotonic(), ward.cluster.leader()
    wait_until(lambda: len(crowd.since(began)) >= _WARM, "scans before the fault")
    moment = time.monotonic()
    fault(leader)
    done = time.monotonic()
    wait_until(lambda: crowd.all_back(done), "every web server writes again")
    ward.cluster.bring_back()
    return crowd.longest_silence(moment)


def switch_over(ward: Ward, leader: Machine) -> None:
    """The operator's words for it: the synchronous standby leads from now on."""
    successor = ward.cluster.synchronous_standby()
    ward.cluster.patronictl("switchover", "--leader", leader.name, "--candidate", successor, "--force")
