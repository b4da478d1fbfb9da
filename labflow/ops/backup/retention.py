"""Which backups are kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from ...foundation.settings import BackupPlan


def to_keep(moments: Collection[datetime], plan: BackupPlan) -> set[datetime]:
    """The last of each of so many days, weeks and months (UTC) that have one at all; so always the newest."""
    return (
        _last_of_each(moments, plan.keep_days, lambda moment: moment.date())
        | _last_of_each(moments, plan.keep_weeks, lambda moment: moment.isocalendar()[:2])
        | _last_of_each(moments, plan.keep_months, lambda moment: (moment.year, moment.month))
    )


def _last_of_each(
    moments: Collection[datetime], count: int, period: Callable[[datetime], object]
) -> set[datetime]:
    last = {period(moment): moment for moment in sorted(moments)}
    return set(sorted(last.values(), reverse=True)[:count])
