"""A leader that is cut off acknowledges nothing more; one without a standby refuses instead of promising."""

from __future__ import annotations

import time

import pytest

from ..faults.client import Client
from ..faults.conftest import Figure
from .cluster import wait_until
from .laboratory import CLIENTS, PORT, Ward
from .outcome import require_stored_once, told
from .test_failover import BACK_SECONDS

_WARM = 100
BESIDE = 6  # people who scan at the web server beside the leader
_UNDER_WAY_SECONDS = 1.0
_REFUSED_SECONDS = 20.0


def test_a_leader_that_is_cut_off_acknowledges_nothing_more(ward: Ward, figure: Figure) -> None:
    leader = ward.cluster.leader()
    others = ward.crowd([url for url in ward.urls if url != ward.url_on(leader)])
    beside = ward.crowd([ward.url_on(leader)])
    others.start(ward.moves(0, CLIENTS))
    beside.start(ward.moves(CLIENTS, CLIENTS + BESIDE))
    wait_until(lambda: len(beside.acknowledged) >= _WARM, "scans beside the leader")
    cut = time.monotonic()
    leader.cut_off(reachable_port=PORT)
    wait_until(lambda: others.all_back(cut), "the others write again")
    gap = others.longest_silence(cut)
    wait_until(lambda: beside.answers["503"] > BESIDE, "the cut-off side says so")
    while_cut = beside.since(cut + _UNDER_WAY_SECONDS)
    leader.mend()
    mended = time.monotonic()
    wait_until(lambda: beside.all_back(mended), "the former leader's web server writes again")
    others.finish()
    beside.finish()
    figure("leader cut off, the others wrote nothing for", f"{gap:.1f} s")
    figure("cut off, the side with the others", told(ward, others))
    figure("cut off, the side of the old leader", f"{len(while_cut)} while cut off; {told(ward, beside)}")
    assert while_cut == []
    assert gap <= BACK_SECONDS
    require_stored_once(ward, others, beside)


@pytest.mark.parametrize("fault", ["killed", "hanging"])
def test_without_a_standby_scans_are_refused_and_reading_goes_on(
    ward: Ward, figure: Figure, fault: str
) -> None:
    standbys = ward.cluster.standbys()
    crowd = ward.crowd()
    crowd.start(ward.moves(0, CLIENTS))
    wait_until(lambda: len(crowd.acknowledged) >= _WARM, "scans before")
    for standby in standbys:
        ward.cluster.kill(standby) if fault == "killed" else ward.cluster.hang(standby)
    alone = time.monotonic()
    refused = wait_until(lambda: crowd.answers["503"] > CLIENTS, "scans are refused")
    assert {reading(ward, url) for url in ward.urls} == {200}
    while_alone = crowd.since(alone + _UNDER_WAY_SECONDS)
    ward.cluster.bring_back()
    back = wait_until(lambda: crowd.all_back(alone), "writes are back")
    crowd.finish()
    figure(
        f"standbys {fault}", f"refused after {refused:.1f} s, written again {back:.1f} s after the end of it"
    )
    figure(f"standbys {fault}, scans", f"{len(while_alone)} meanwhile; {told(ward, crowd)}")
    assert while_alone == []
    assert crowd.slowest <= _REFUSED_SECONDS
    require_stored_once(ward, crowd)


def reading(ward: Ward, url: str) -> int:
    """The status with which this web server shows a sample."""
    client = Client(url, ward.person)
    code = next(iter(ward.moves(0, 1)))
    status, _ = client.ask("GET", f"/api/v1/samples/{code}")
    client.close()
    return status
