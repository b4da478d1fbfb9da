"""Backups by schedule: when one is made, which are kept, what is tried out, what raises an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labflow.catalog import Catalog
from labflow.foundation.alarms import standing_alarms
from labflow.foundation.backup_runs import BackupRun, ask_for_backup, last_backups
from labflow.foundation.database import Database
from labflow.foundation.settings import BackupPlan, Settings
from labflow.ops.backup import Backups

from ..conftest import NINE_O_CLOCK
from ..support import postgres_programs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Office:
    """A laboratory with a plan, at a time that the test moves on."""

    def __init__(self, database: Database, catalog: Catalog, folder: Path, **plan: int) -> None:
        self.now = NINE_O_CLOCK
        self.database, self.folder = database, folder
        settings = Settings(
            data=folder.parent,
            database_url=database.url,
            secret_key="only for tests " * 3,
            backups=BackupPlan(folder=folder, **{"test_every_days": 0} | plan),
        )
        self._duty = Backups(database, catalog, settings, clock=lambda: self.now)

    def after(self, pause: timedelta) -> list[BackupRun]:
        """The record after the next round, the newest first."""
        self.now += pause
        self._duty.run(now=self.now)
        with self.database.reading() as session:
            return list(last_backups(session, most=100))

    def alarms(self) -> list[str]:
        with self.database.reading() as session:
            return [f"{alarm.code}: {alarm.words}" for alarm in standing_alarms(session)]

    def behind(self, now: datetime) -> timedelta:
        return self._duty.behind(now=now)


@pytest.fixture
def office(sqlite_url: str, catalog: Catalog, tmp_path: Path) -> Office:
    return Office(
        Database(sqlite_url), catalog, tmp_path / "backups", keep_days=2, keep_weeks=0, keep_months=0
    )


def test_a_backup_is_made_when_the_last_one_is_old_enough_or_somebody_asks(office: Office) -> None:
    assert len(office.after(timedelta())) == 1
    assert len(office.after(23 * HOUR)) == 1
    assert len(office.after(HOUR)) == 2
    with office.database.writing() as session:
        assert ask_for_backup(session, now=office.now)
        assert not ask_for_backup(session, now=office.now)
    runs = office.after(HOUR)
    assert len(runs) == 3
    assert all(run.finished_at and run.sha256 and not run.fault for run in runs)


def test_a_backup_of_a_process_that_was_killed_is_made_by_the_next_one(office: Office) -> None:
    (office.folder / ".unfinished").mkdir(parents=True)
    (office.folder / ".unfinished" / "data").write_text("half")
    with office.database.writing() as session:
        ask_for_backup(session, now=office.now)
    [run] = office.after(HOUR)
    assert run.finished_at == office.now
    assert sorted(path.name for path in office.folder.iterdir()) == ["in_use", Path(run.path).name]


def test_what_the_plan_does_not_keep_is_removed_and_the_last_good_one_never(office: Office) -> None:
    for _ in range(4):
        runs = office.after(DAY)
    assert [bool(run.path) for run in runs] == [True, True, False, False]
    assert {Path(run.path) for run in runs[:2]} == set(office.folder.glob("*.tar.gz"))
    block(office.folder)
    failed = office.after(30 * DAY)
    assert (failed[0].path, [bool(run.path) for run in failed[1:3]]) == ("", [True, True])


def block(folder: Path) -> None:
    """No backup can be made there any more, whoever tries."""
    (folder / "in_use").unlink()
    (folder / "in_use").mkdir()


def test_an_alarm_stands_while_the_last_good_backup_is_too_old(office: Office) -> None:
    office.after(timedelta())
    block(office.folder)
    assert office.after(DAY)[0].fault.endswith("give labflow's account the right to write there.")
    assert office.alarms() == []
    assert office.behind(office.now) == timedelta()
    assert len(office.after(timedelta(minutes=14))) == 2  # it is not tried again at once
    office.after(DAY)
    [alarm] = office.alarms()
    assert alarm.startswith("backup-overdue: The last good backup is of 2026-11-20 09:00 UTC.")
    assert office.behind(office.now) == DAY + timedelta(minutes=14)
    (office.folder / "in_use").rmdir()
    office.after(HOUR)
    assert office.alarms() == []


def test_the_newest_is_restored_on_trial_and_an_alarm_tells_when_that_fails(
    sqlite_url: str, catalog: Catalog, tmp_path: Path
) -> None:
    office = Office(Database(sqlite_url), catalog, tmp_path / "backups", every_hours=48, test_every_days=1)
    [run] = office.after(timedelta())
    assert (run.tested_at, run.test_fault) == (NINE_O_CLOCK, "")
    Path(run.path).write_bytes(Path(run.path).read_bytes()[:-100])
    [run] = office.after(DAY)
    assert run.tested_at == office.now
    assert "is damaged: it ends too early" in run.test_fault
    assert office.alarms() == [f"backup-cannot-be-restored: {run.test_fault}"]
    run, _ = office.after(DAY)  # the next good one is tried at once
    assert (run.tested_at, office.alarms()) == (office.now, [])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_is_backed_up_and_tried_out_by_schedule(
    database: Database, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(postgres_programs(database)), prepend=":")
    office = Office(database, catalog, tmp_path / "backups", test_every_days=1)
    [run] = office.after(timedelta())
    assert (run.fault, run.test_fault, run.tested_at) == ("", "", NINE_O_CLOCK)
