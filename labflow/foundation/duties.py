"""What a worker does again and again, which process has it, and how far behind it is."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from .columns import UtcDateTime


class DutyState(SQLModel, table=True):
    """The last round of a duty, which `leased_by` has until `lease_until`; no `fault` when all went well."""

    __tablename__ = "duties"

    name: str = Field(primary_key=True, max_length=40)
    leased_by: str = Field(default="", max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    behind_seconds: float = 0
    fault: str = Field(default="", max_length=300)
