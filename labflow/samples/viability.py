"""How long a sample stays good for a test: from collection time, container and temperature. Pure.

The hours are the catalog's (DOMAIN 2.4), as they stood when the test was ordered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from ..catalog import Temperature, Test

# Where no limit is known a sample sorts behind every sample that has one.
NO_LIMIT = datetime(9999, 1, 1, tzinfo=UTC)


class Kept(Protocol):
    """What the clock reads of a sample."""

    @property
    def container(self) -> str: ...
    @property
    def temperature(self) -> Temperature: ...
    @property
    def collected_at(self) -> datetime | None: ...


def viable_until(test: Test, sample: Kept) -> datetime | None:
    """Until when the test may be started on this sample; None where no limit is known."""
    hours = test.stable_hours(sample.container, sample.temperature)
    if hours is None or sample.collected_at is None:
        return None
    return sample.collected_at + timedelta(hours=hours)


def share_used(test: Test, sample: Kept, *, now: datetime) -> float | None:
    """The share of the time that is gone: 0 at collection, 1 at the limit; None without a limit."""
    until = viable_until(test, sample)
    if until is None or sample.collected_at is None:
        return None
    return (now - sample.collected_at) / (until - sample.collected_at)
