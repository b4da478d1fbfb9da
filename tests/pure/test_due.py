from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from labflow.catalog import Custody
from labflow.custody import CustodyKind, OpenSample, OverdueKind, what_is_due

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIMITS = Custody(
    gap_minutes=15,
    receipt_minutes=120,
    late_minutes=30,
    viability_warning_minutes=60,
    escalate_minutes=30,
)
HATCH = "P326XN7CE"


@dataclass(frozen=True)
class Last:
    kind: CustodyKind
    holder: str | None = None
    place: str | None = None
    since: datetime = NOON


def due(sample: OpenSample) -> list[tuple[OverdueKind, timedelta]]:
    """What is due, and how long after noon."""
    return [(one.kind, one.due_at - NOON) for one in what_is_due(sample, LIMITS, keeps={HATCH})]


def test_a_hand_over_is_due_until_somebody_takes_it() -> None:
    handed_over = OpenSample(id=1, last=Last(CustodyKind.DISPATCHED))
    assert due(handed_over) == [(OverdueKind.HAND_OVER, timedelta(minutes=15))]
    assert due(OpenSample(id=1, last=Last(CustodyKind.TAKEN, holder="H1"))) == []


def test_what_a_place_keeps_was_handed_over_to_the_place() -> None:
    assert due(OpenSample(id=1, last=Last(CustodyKind.DISPATCHED, place=HATCH))) == []


@pytest.mark.parametrize("kind", [CustodyKind.COLLECTED, CustodyKind.SCANNED_BACK, CustodyKind.TAKEN])
def test_a_collected_sample_is_due_at_reception(kind: CustodyKind) -> None:
    sample = OpenSample(id=1, collected_at=NOON, last=Last(kind, holder="H1"))
    assert due(sample) == [(OverdueKind.RECEIPT, timedelta(hours=2))]


def test_a_sample_that_arrived_is_not_due_at_reception() -> None:
    assert due(OpenSample(id=1, collected_at=NOON, last=Last(CustodyKind.ARRIVED, holder="H1"))) == []


def test_each_limit_of_viability_is_told_before_it_is_reached_and_escalated_later() -> None:
    later = NOON + timedelta(hours=3)
    first, second = what_is_due(OpenSample(id=1, viable_until=(later, NOON, NOON)), LIMITS, keeps=frozenset())
    assert (first.due_at, second.due_at) == (NOON, later)
    assert second.tell_at == later - timedelta(hours=1)
    assert second.escalate_at == later - timedelta(minutes=30)


def test_one_sample_may_be_due_for_several_things() -> None:
    sample = OpenSample(id=1, collected_at=NOON, last=Last(CustodyKind.DISPATCHED), viable_until=(NOON,))
    assert [kind for kind, _ in due(sample)] == list(OverdueKind)
