"""Duties of the worker that look after the laboratory's samples and after labflow itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from ..catalog import Catalog
from ..foundation.alarms import settle_alarm
from ..foundation.answers import forget_old_answers
from ..foundation.database import Database
from ..journeys import overdue
from ..journeys.alarms import raise_alarm

NOTHING_WAITS = timedelta(0)
_RAISED_BELOW, _SETTLED_ABOVE = 0.10, 0.12  # of the disk; apart, so that the alarm does not come and go
_GIB = 1024**3


class OverdueWatch:
    """Notices samples that are overdue within half a minute, and escalates what stays so."""

    name = "overdue"
    every = timedelta(seconds=20)

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db, self._catalog = db, catalog

    def run(self, *, now: datetime) -> None:
        overdue.watch(self._db, self._catalog, now=now)

    def behind(self, *, now: datetime) -> timedelta:
        """Nothing waits: each round looks at all there is."""
        return NOTHING_WAITS


class Usage(Protocol):
    """Bytes of a disk, as `shutil.disk_usage` tells them."""

    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...


class DiskWatch:
    """Raises an alarm while the disk of the data folder is nearly full."""

    name = "disk"
    every = timedelta(seconds=30)

    def __init__(
        self,
        db: Database,
        catalog: Catalog,
        folder: Path,
        *,
        usage: Callable[[Path], Usage] = shutil.disk_usage,
    ) -> None:
        self._db, self._catalog, self._folder, self._usage = db, catalog, folder, usage

    def run(self, *, now: datetime) -> None:
        usage = self._usage(self._folder)
        free = usage.free / usage.total
        with self._db.writing() as session:
            if free < _RAISED_BELOW:
                raise_alarm(session, self._catalog, "disk-nearly-full", _words(usage), now=now)
            elif free > _SETTLED_ABOVE:
                settle_alarm(session, "disk-nearly-full", now=now)

    def behind(self, *, now: datetime) -> timedelta:
        return NOTHING_WAITS


class Housekeeping:
    """Forgets answers that nobody can ask for again. Scans, entries and what was overdue stay."""

    name = "housekeeping"
    every = timedelta(hours=1)

    def __init__(self, db: Database) -> None:
        self._db = db

    def run(self, *, now: datetime) -> None:
        with self._db.writing() as session:
            forget_old_answers(session, now=now)

    def behind(self, *, now: datetime) -> timedelta:
        return NOTHING_WAITS


def _words(usage: Usage) -> str:
    return (
        f"The disk with labflow's data is nearly full: {usage.free / usage.total:.0%} of it "
        f"({usage.free / _GIB:.1f} GiB) is free. When it is full, nothing can be saved. "
        "Make room on that disk, or give it more."
    )
