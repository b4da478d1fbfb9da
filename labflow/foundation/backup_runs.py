"""The record of backups and of restoring them on trial."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from .columns import UtcDateTime


class BackupRun(SQLModel, table=True):
    """One backup. `log_size` is how many entries the log had; `tested_at` when it was last restored on trial.

    `fault` and `test_fault` are empty when all went well.
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
