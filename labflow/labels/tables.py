"""Labels that were printed: which, when, by whom, and why again."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime


class PrintedLabel(SQLModel, table=True):
    """One printing of one sample's label; every copy after the first needs a reason."""

    __tablename__ = "printed_labels"
    __table_args__ = (
        sa.UniqueConstraint("sample_id", "copy_number"),
        sa.CheckConstraint("copy_number = 1 OR reason IS NOT NULL", name="reprint_names_why"),
    )

    id: int = Field(default=None, primary_key=True)
    sample_id: int = Field(foreign_key="samples.id")
    copy_number: int
    stock: str = Field(max_length=20)
    reason: str | None = Field(default=None, max_length=40)
    printed_by: int = Field(foreign_key="staff.id")
    printed_at: datetime = Field(sa_type=UtcDateTime)
