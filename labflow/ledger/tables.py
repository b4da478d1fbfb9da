"""Chains and their entries. Entries are never changed: triggers refuse it in both databases."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime


class Chain(SQLModel, table=True):
    """One hash chain: `length` entries, `head` the leaf hash of the last (32 zero bytes when empty).

    `name` is the opaque id that entries carry.
    """

    __tablename__ = "chains"
    __table_args__ = (sa.CheckConstraint("length >= 0", name="length_not_negative"),)

    id: int = Field(default=None, primary_key=True)
    name: UUID = Field(sa_type=sa.Uuid, unique=True)
    length: int = 0
    head: bytes = Field(sa_type=sa.LargeBinary)


class Entry(SQLModel, table=True):
    """One entry: `body` holds the very bytes that are hashed; the columns repeat what lists need from them.

    `payload` is the detail that `body` only commits to, together with `salt`: deleting both leaves the proofs
    valid.
    """

    __tablename__ = "entries"
    __table_args__ = (
        sa.UniqueConstraint("chain_id", "number"),
        sa.CheckConstraint("number >= 1", name="number_from_one"),
    )

    id: int = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    )
    chain_id: int = Field(foreign_key="chains.id")
    number: int
    event_id: UUID = Field(sa_type=sa.Uuid, unique=True)
    kind: str
    actor: str
    place: str | None = None
    holder: str | None = None
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    payload: str
    salt: bytes = Field(sa_type=sa.LargeBinary)
    body: bytes = Field(sa_type=sa.LargeBinary)
    leaf_hash: bytes = Field(sa_type=sa.LargeBinary)


SQLITE_TRIGGERS = (
    "CREATE TRIGGER entries_refuse_update BEFORE UPDATE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
    "CREATE TRIGGER entries_refuse_delete BEFORE DELETE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION entries_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'entries are append-only'; END $$",
    "CREATE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries "
    "FOR EACH ROW EXECUTE FUNCTION entries_are_append_only()",
    "CREATE TRIGGER entries_refuse_truncate BEFORE TRUNCATE ON entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION entries_are_append_only()",
)
