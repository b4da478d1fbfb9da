"""Which backups are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from labflow.foundation.settings import BackupPlan
from labflow.ops.backup.retention import to_keep

MORNING = datetime(2026, 11, 25, 3, tzinfo=UTC)
YEARS = [MORNING - timedelta(hours=12 * number) for number in range(2 * 730)]


def kept(**counts: int) -> list[str]:
    plan = BackupPlan(folder=Path("/backups"), **{"keep_weeks": 0, "keep_months": 0} | counts)
    return [f"{moment:%m-%d %H}" for moment in sorted(to_keep(YEARS, plan), reverse=True)]


def test_the_last_of_each_day_week_and_month_is_kept() -> None:
    assert kept(keep_days=3) == ["11-25 03", "11-24 15", "11-23 15"]
    assert kept(keep_days=1, keep_weeks=3) == ["11-25 03", "11-22 15", "11-15 15"]
    assert kept(keep_days=1, keep_months=3) == ["11-25 03", "10-31 15", "09-30 15"]


def test_days_without_a_backup_use_up_nothing() -> None:
    plan = BackupPlan(folder=Path("/backups"), keep_days=2, keep_weeks=0, keep_months=0)
    old = [MORNING - timedelta(days=300), MORNING - timedelta(days=100)]
    assert to_keep(old, plan) == set(old)
    assert to_keep([], plan) == set()
