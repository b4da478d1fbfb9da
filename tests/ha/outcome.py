"""What came of a crowd's scans: the figures, and the promises that hold whatever was done to the cluster."""

from __future__ import annotations

from .crowd import Crowd
from .laboratory import Ward

_KNOWN = {"200", "409", "503"}


def told(ward: Ward, crowd: Crowd) -> str:
    """The figures in words."""
    stored = ward.stored()
    acknowledged = {one.event_id for one in crowd.acknowledged}
    again = sum(one.tries > 1 for one in crowd.acknowledged)
    lost = len(acknowledged - set(stored))
    doubled = sum(stored[event_id] > 1 for event_id in acknowledged)
    answers = ", ".join(f"{name} {count}" for name, count in sorted(crowd.answers.items()))
    return (
        f"{len(acknowledged)} acknowledged ({again} sent again), {lost} lost, {doubled} doubled; "
        f"{answers}; slowest {crowd.slowest:.1f} s"
    )


def require_stored_once(ward: Ward, *crowds: Crowd) -> None:
    """What was acknowledged is stored once, nobody saw another status, and the ledger has no fault."""
    stored = ward.stored()
    for crowd in crowds:
        acknowledged = [one.event_id for one in crowd.acknowledged]
        assert {event_id: stored[event_id] for event_id in acknowledged} == dict.fromkeys(acknowledged, 1)
        assert set(crowd.answers) <= _KNOWN | {"OK"}
    assert all(process.poll() is None for process in ward.processes)
    assert "no faults" in ward.labflow("ledger", "check")
