"""People who act, their roles, sign-ins and tokens."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime, enum_type
from .permissions import Role


class StaffMember(SQLModel, table=True):
    """One person. `badge` is the opaque code on the badge and in evidence; `login` is what they type.

    `changed_at` and `changed_by`: when their roles or activity were changed last, and whose act it was.
    """

    __tablename__ = "staff"

    id: int = Field(default=None, primary_key=True)
    badge: str = Field(unique=True, max_length=9)
    login: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=120)
    password_hash: str | None = None
    active: bool = True
    failed_sign_ins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: int | None = Field(default=None, foreign_key="staff.id")


class StaffRole(SQLModel, table=True):
    __tablename__ = "staff_roles"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    role: Role = Field(sa_column=sa.Column(enum_type(Role), primary_key=True))


class SignIn(SQLModel, table=True):
    """A signed-in browser. Only the hash of its secret is kept."""

    __tablename__ = "sign_ins"

    id: int = Field(default=None, primary_key=True)
    secret_hash: bytes = Field(sa_type=sa.LargeBinary, unique=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    begun_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Shift(SQLModel, table=True):
    """A person who proved themselves at one station: until it ends, their badge alone signs them in there."""

    __tablename__ = "shifts"
    __table_args__ = (sa.Index("ix_shifts_station", "station_hash", "staff_id"),)

    id: int = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    station_hash: bytes = Field(sa_type=sa.LargeBinary)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiToken(SQLModel, table=True):
    """A program's key, hashed at rest and shown once. `number` names it without telling it."""

    __tablename__ = "api_tokens"

    id: int = Field(default=None, primary_key=True)
    number: str = Field(unique=True, max_length=12)
    token_hash: bytes = Field(sa_type=sa.LargeBinary, unique=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    name: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SetUpLink(SQLModel, table=True):
    """A one-time link: for the first administrator, or for a person who sets a password."""

    __tablename__ = "set_up_links"

    id: int = Field(default=None, primary_key=True)
    secret_hash: bytes = Field(sa_type=sa.LargeBinary, unique=True)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
