"""Backups by schedule: made, kept for so long, restored on trial; an alarm tells what does not happen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ...catalog import Catalog
from ...foundation.alarms import settle_alarm
from ...foundation.backup_runs import (
    BackupRun,
    ask_for_backup,
    forget_backups,
    kept_backups,
    last_backup,
    last_tested_backup,
    waiting_backup,
)
from ...foundation.database import Database
from ...foundation.errors import LabError
from ...foundation.settings import BackupPlan, Settings
from ...journeys.alarms import raise_alarm
from .making import FolderUnusable, Made, make
from .retention import to_keep
from .trial import fault_on_trial

_log = logging.getLogger(__name__)
_RETRY = timedelta(minutes=15)
_SHOWN_FOR = timedelta(days=400)
_LONGEST_FAULT = 300
OVERDUE, UNRESTORABLE = "backup-overdue", "backup-cannot-be-restored"


class Backups:
    """The duty that carries out the plan, and the backups that people ask for; nothing without a plan."""

    name = "backups"
    every = timedelta(seconds=15)

    def __init__(
        self,
        db: Database,
        catalog: Catalog,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db, self._catalog, self._clock = db, catalog, clock
        self._plan, self._data = settings.backups, settings.data

    def run(self, *, now: datetime) -> None:
        """Makes what is due, removes what is not kept, tests what is due, and tells what went wrong."""
        if self._plan is not None:
            self._make_due(self._plan, now)
            self._prune(self._plan, now)
            self._test_due(self._plan, now)
        self._tell(now)

    def behind(self, *, now: datetime) -> timedelta:
        """How long ago the next backup should have been made."""
        if self._plan is None:
            return timedelta(0)
        newest = self._newest_good()
        if newest is None:
            return timedelta(0)  # the first one is made at once
        return max(now - newest.began_at - timedelta(hours=self._plan.every_hours), timedelta(0))

    def _make_due(self, plan: BackupPlan, now: datetime) -> None:
        with self._db.writing() as session:
            if _is_due(last_backup(session), plan, now):
                ask_for_backup(session, now=now)
            waiting = waiting_backup(session)
        if waiting is None:
            return
        made, fault = self._attempt(plan, now)
        with self._db.writing() as session:
            _write_down(session.get_one(BackupRun, waiting.id), made, fault, began=now, ended=self._clock())

    def _attempt(self, plan: BackupPlan, now: datetime) -> tuple[Made | None, str]:
        try:
            return make(self._db, plan.folder, now=now), ""
        except LabError as error:
            _log.warning("no backup was made: %s", error.message)
            return None, f"{error.message} {error.next_step}"

    def _prune(self, plan: BackupPlan, now: datetime) -> None:
        with self._db.reading() as session:
            here = [run for run in kept_backups(session) if Path(run.path).parent == plan.folder]
        keep = to_keep([run.began_at for run in here], plan)
        # the newest is untested for a while: the last one that is known to be restorable stays beside it
        tested = [run.began_at for run in here if run.tested_at and not run.test_fault]
        keep |= {max(tested)} if tested else set()
        gone = [run for run in here if run.began_at not in keep]
        for run in gone:
            _remove(Path(run.path))
        if gone:
            with self._db.writing() as session:
                for run in gone:
                    session.get_one(BackupRun, run.id).path = ""
                forget_backups(session, before=now - _SHOWN_FOR)

    def _test_due(self, plan: BackupPlan, now: datetime) -> None:
        with self._db.reading() as session:
            kept, tested = kept_backups(session), last_tested_backup(session)
        if not kept or not _test_is_due(kept[0], tested, plan, now):
            return
        fault = fault_on_trial(Path(kept[0].path), url=self._db.url, data=self._data)
        with self._db.writing() as session:
            run = session.get_one(BackupRun, kept[0].id)
            run.tested_at, run.test_fault = self._clock(), fault[:_LONGEST_FAULT]

    def _tell(self, now: datetime) -> None:
        with self._db.reading() as session:
            tested = last_tested_backup(session) if self._plan else None
        wrong = {OVERDUE: self._overdue(now), UNRESTORABLE: tested.test_fault if tested else ""}
        with self._db.writing() as session:
            for code, words in wrong.items():
                if words:
                    raise_alarm(session, self._catalog, code, words, now=now)
                else:
                    settle_alarm(session, code, now=now)

    def _overdue(self, now: datetime) -> str:
        """What the alarm says; empty when there is a good backup that is young enough."""
        newest = self._newest_good()
        if self._plan is None or (
            newest and now - newest.began_at <= 2 * timedelta(hours=self._plan.every_hours)
        ):
            return ""
        with self._db.reading() as session:
            last = last_backup(session)
        since = f"The last good backup is of {newest.began_at:%Y-%m-%d %H:%M} UTC" if newest else ""
        return f"{since or 'There is no good backup'}. {last.fault if last else ''}".strip()

    def _newest_good(self) -> BackupRun | None:
        """The newest good backup whose file is there."""
        with self._db.reading() as session:
            return next((run for run in kept_backups(session) if Path(run.path).exists()), None)


def _is_due(last: BackupRun | None, plan: BackupPlan, now: datetime) -> bool:
    if last is None:
        return True
    pause = _RETRY if last.fault else timedelta(hours=plan.every_hours)
    # one from the future was made while the clock was wrong
    return not last.began_at <= now < last.began_at + pause


def _test_is_due(newest: BackupRun, tested: BackupRun | None, plan: BackupPlan, now: datetime) -> bool:
    if not plan.test_every_days:
        return False
    if tested is None or tested.tested_at is None or tested.tested_at > now:
        return True
    if tested.test_fault and tested.id != newest.id:
        return True
    return now - tested.tested_at >= timedelta(days=plan.test_every_days)


def _write_down(run: BackupRun, made: Made | None, fault: str, *, began: datetime, ended: datetime) -> None:
    run.began_at, run.finished_at, run.fault = began, ended, fault[:_LONGEST_FAULT]
    if made is not None:
        log = made.manifest.ledger.log
        run.path, run.size_bytes, run.sha256 = str(made.path), made.size_bytes, made.sha256
        run.log_size = log.size if log else 0


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FolderUnusable(folder=path.parent, why=error.strerror or "it cannot be removed") from error
