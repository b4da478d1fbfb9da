"""Faults of a configuration: where, what was expected, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..foundation.errors import Refused


@dataclass(frozen=True)
class Fault:
    """One fault. `path` is the key path; entries of a list count from 1: `tests.BM-FLOW.steps[2].name`."""

    path: str
    expected: str
    found: str


class ConfigurationFaults(Refused):
    """The configuration has {count} faults: {lines}

    Correct them all and run labflow check-config again.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults), lines=describe_faults(faults))
        self.faults = tuple(faults)


def describe_faults(faults: Sequence[Fault]) -> str:
    """One line a fault: `tests.BM-FLOW.queue: expected one of the queues: SMEAR, FLOW; found "FLOWW"`."""
    return "\n".join(f"{fault.path}: expected {fault.expected}; found {fault.found}" for fault in faults)
