"""Backups as the administrator sees them: the last good one, the last restored on trial, what is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..foundation import backup_runs
from ..foundation.backup_runs import BackupRun
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..foundation.settings import BackupPlan, Settings

_SHOWN = 50


class NoBackupFolder(Refused):
    """No folder is named for backups.

    Add a [backups] table with a folder to the configuration, and start labflow again.
    """


@dataclass(frozen=True, kw_only=True)
class Safekeeping:
    """What is planned (None: nothing) and what was done; `waiting` is wanted or being made.

    `is_beside_data`: the folder of the backups lies in the folder of the data and is lost with it.
    """

    plan: BackupPlan | None
    is_beside_data: bool
    waiting: BackupRun | None
    last: BackupRun | None
    last_good: BackupRun | None
    last_tested: BackupRun | None
    runs: Sequence[BackupRun]
    now: datetime

    @property
    def age(self) -> timedelta | None:
        """How old the last good backup is."""
        return self.now - self.last_good.began_at if self.last_good else None

    @property
    def is_late(self) -> bool:
        """Whether there should long have been another good backup."""
        if self.plan is None:
            return False
        return self.age is None or self.age > 2 * timedelta(hours=self.plan.every_hours)


def overview(db: Database, settings: Settings, *, now: datetime) -> Safekeeping:
    """Everything that the administrator must know about backups."""
    plan = settings.backups
    with db.reading() as session:
        kept = backup_runs.kept_backups(session)
        return Safekeeping(
            plan=plan,
            is_beside_data=plan is not None and _is_inside(plan.folder, settings.data),
            waiting=backup_runs.waiting_backup(session),
            last=backup_runs.last_backup(session),
            last_good=kept[0] if kept else None,
            last_tested=backup_runs.last_tested_backup(session),
            runs=backup_runs.last_backups(session, most=_SHOWN),
            now=now,
        )


def ask_for_backup(db: Database, settings: Settings, *, now: datetime) -> bool:
    """A backup that the worker makes next; False when one waits already. Raises NoBackupFolder."""
    if settings.backups is None:
        raise NoBackupFolder
    with db.writing() as session:
        return backup_runs.ask_for_backup(session, now=now)


def _is_inside(folder: Path, data: Path) -> bool:
    return folder.resolve().is_relative_to(data.resolve())
