"""Answers already given: the same event, or the same request, again gets the same answer."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col

from .act import OLDEST_CLAIM
from .columns import UtcDateTime
from .errors import Refused

_NONCE_BYTES = 12


class SentBefore(Refused):
    """The same was sent before with other content. That was saved, this was not.

    Open it again and look at what was saved; send something new under a new key.
    """


class Answer(SQLModel, table=True):
    """What was answered to an event; `fingerprint` tells the same content from other content."""

    __tablename__ = "answers"

    event_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    fingerprint: bytes = Field(sa_type=sa.LargeBinary)
    answer: str
    answered_at: datetime = Field(sa_type=UtcDateTime)


class KeptAnswer(SQLModel, table=True):
    """What was answered to a request with an idempotency key.

    `key` is a hash of who asked and their key; `fingerprint` tells the same request from another one; `body`
    is encrypted with the client's key, which is stored nowhere.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (sa.Index("ix_kept_answers_answered_at", "answered_at"),)

    key: bytes = Field(sa_type=sa.LargeBinary, primary_key=True)
    fingerprint: bytes = Field(sa_type=sa.LargeBinary)
    status: int
    headers: str
    body: bytes = Field(sa_type=sa.LargeBinary)
    answered_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True)
class Asked:
    """A request with its idempotency key: what its answer is kept under, sealed with and recognised by."""

    name: bytes
    seal: bytes
    fingerprint: bytes


@dataclass(frozen=True)
class Given:
    """An answer of HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def asked(*, by: str, key: str, content: bytes, secret: str) -> Asked:
    """The request with this content and this key of whoever `by` names; `secret` is the server's own."""
    named = f"{by}\n{key}".encode()
    seal = hmac.digest(secret.encode(), b"kept answer\n" + named, "sha256")
    # Keyed, because the content may hold a password that a plain hash would let somebody guess.
    fingerprint = hmac.digest(seal, content, "sha256")
    return Asked(hashlib.sha256(named).digest(), seal, fingerprint)


def claimed(session: Session, request: Asked, *, waits: bool) -> bool:
    """Whether no other process answers the same until this transaction ends; `waits` for one that does.

    An embedded database has one process.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    number = int.from_bytes(request.name[:8], signed=True)
    lock = sa.func.pg_advisory_xact_lock if waits else sa.func.pg_try_advisory_xact_lock
    return session.connection().scalar(sa.select(lock(number))) is not False


def keep_answer(session: Session, request: Asked, given: Given, *, now: datetime, nonce: bytes) -> None:
    """The answer that the same request gets from now on; `nonce` is 12 random bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # slow to load: only when it is used

    row = KeptAnswer(
        key=request.name,
        fingerprint=request.fingerprint,
        status=given.status,
        headers=json.dumps(dict(given.headers)),
        body=nonce + AESGCM(request.seal).encrypt(nonce, given.body, request.name),
        answered_at=now,
    )
    session.add(row)


def given_before(session: Session, request: Asked) -> Given | None:
    """What the same request was answered before; raises SentBefore when the key came with other content."""
    row = session.get(KeptAnswer, request.name)
    if row is None:
        return None
    if not hmac.compare_digest(row.fingerprint, request.fingerprint):
        raise SentBefore
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = row.body[:_NONCE_BYTES], row.body[_NONCE_BYTES:]
    body = AESGCM(request.seal).decrypt(nonce, sealed, request.name)
    return Given(row.status, json.loads(row.headers), body)


def forget_old_answers(session: Session, *, now: datetime) -> int:
    """How many answers were forgotten: those older than any time that may still be claimed (30 days)."""
    forgotten = 0
    for table in (Answer, KeptAnswer):
        old = sa.delete(table).where(col(table.answered_at) < now - OLDEST_CLAIM)
        forgotten += session.connection().execute(old).rowcount
    return forgotten
