"""Chains and their entries. Entries are never changed: triggers refuse it in both databases."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime

_ENTRY_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts only an INTEGER key by itself


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

    id: int = Field(default=None, sa_column=sa.Column(_ENTRY_ID, primary_key=True))
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


class Log(SQLModel, table=True):
    """One transparency log of this laboratory. Logs count 1, 2, 3 …, and the last one goes on.

    `verifier_key` is the C2SP verifier key (vkey) that its checkpoints are signed with.
    """

    __tablename__ = "logs"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str = Field(unique=True, max_length=200)
    verifier_key: str = Field(max_length=300)
    opened_at: datetime = Field(sa_type=UtcDateTime)


class Leaf(SQLModel, table=True):
    """Where an entry stands in a log's tree: indexes count 0, 1, 2 … without a hole, each given once."""

    __tablename__ = "leaves"
    __table_args__ = (sa.CheckConstraint("leaf_index >= 0", name="index_not_negative"),)

    log_id: int = Field(foreign_key="logs.id", primary_key=True)
    leaf_index: int = Field(sa_type=sa.BigInteger, primary_key=True)
    entry_id: int = Field(sa_type=_ENTRY_ID, foreign_key="entries.id", unique=True)


class Checkpoint(SQLModel, table=True):
    """A signed tree head: `size` leaves have the Merkle root `root` (32 bytes); `note` is the signed note."""

    __tablename__ = "checkpoints"

    log_id: int = Field(foreign_key="logs.id", primary_key=True)
    size: int = Field(sa_type=sa.BigInteger, primary_key=True)
    root: bytes = Field(sa_type=sa.LargeBinary)
    note: str
    signed_at: datetime = Field(sa_type=UtcDateTime)


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
