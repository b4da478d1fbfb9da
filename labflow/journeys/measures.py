"""What a monitoring program reads of the laboratory's data: counts and ages, no child, no sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .. import custody, ledger
from ..custody import OverdueCount, OverdueKind
from ..foundation.backup_runs import kept_backups
from ..foundation.database import Database
from ..foundation.outbox import Waiting, waiting_messages
from .alarms import Background, background


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Now. `log` is the number of the log that goes on, `log_size` its entries; no age without a backup."""

    background: Background
    overdue: Mapping[OverdueKind, OverdueCount]
    waiting: Sequence[Waiting]
    log: int
    log_size: int
    backup_age: timedelta | None


def measures(db: Database, *, now: datetime) -> Measures:
    """Everything there is to measure."""
    seen = background(db, now=now)
    with db.reading() as session:
        log, last_leaf = ledger.end_of_log(session)
        made = [run.finished_at for run in kept_backups(session)[:1] if run.finished_at]
        return Measures(
            background=seen,
            overdue=custody.count_overdue(session),
            waiting=waiting_messages(session),
            log=log,
            log_size=last_leaf + 1,
            backup_age=now - made[0] if made else None,
        )
