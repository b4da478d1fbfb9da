"""Waiting for a condition, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = 60) -> float:
    """The seconds until it held; the test fails when it does not in time."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"{what} did not come about within {seconds:.0f} s"
        time.sleep(0.02)
    return time.monotonic() - began
