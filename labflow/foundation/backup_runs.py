"""The record of backups and of restoring them on trial."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from .columns import UtcDateTime


class BackupRun(SQLModel, table=True):
    """One backup. `log_size` is how many entries the log had; `tested_at` when it was last restored on trial.

    `finished_at` is empty while it waits or is being made, `path` when the file is not kept any more; `fault`
    and `test_fault` are empty when all went well.
    """

    __tablename__ = "backup_runs"

    id: int = Field(default=None, primary_key=True)
    began_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    path: str = Field(default="", max_length=1000)
    size_bytes: int = Field(default=0, sa_type=sa.BigInteger)
    sha256: str = Field(default="", max_length=64)
    log_size: int = Field(default=0, sa_type=sa.BigInteger)
    fault: str = Field(default="", max_length=300)
    tested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    test_fault: str = Field(default="", max_length=300)


def ask_for_backup(session: Session, *, now: datetime) -> bool:
    """A backup that waits to be made; False when one waits already."""
    if waiting_backup(session) is not None:
        return False
    session.add(BackupRun(began_at=now))
    session.flush()
    return True


def waiting_backup(session: Session) -> BackupRun | None:
    """The backup that waits or is being made."""
    return session.exec(_newest().where(col(BackupRun.finished_at).is_(None))).first()


def last_backup(session: Session) -> BackupRun | None:
    """The newest backup that came to an end, good or not."""
    return session.exec(_newest().where(col(BackupRun.finished_at).is_not(None))).first()


def kept_backups(session: Session) -> Sequence[BackupRun]:
    """The good backups whose files are kept, the newest first."""
    return session.exec(_newest().where(BackupRun.path != "", BackupRun.fault == "")).all()


def last_tested_backup(session: Session) -> BackupRun | None:
    """The backup that was last restored on trial, whether that went well or not."""
    tested = select(BackupRun).where(col(BackupRun.tested_at).is_not(None))
    return session.exec(tested.order_by(col(BackupRun.tested_at).desc()).limit(1)).first()


def last_backups(session: Session, *, most: int) -> Sequence[BackupRun]:
    """The newest backups, kept or not, good or not."""
    return session.exec(_newest().limit(most)).all()


def _newest() -> SelectOfScalar[BackupRun]:
    return select(BackupRun).order_by(col(BackupRun.id).desc())


def forget_backups(session: Session, *, before: datetime) -> None:
    """Backups from before this moment whose files are gone are not shown any more."""
    gone = sa.and_(col(BackupRun.path) == "", col(BackupRun.finished_at) < before)
    session.connection().execute(sa.delete(BackupRun).where(gone))
