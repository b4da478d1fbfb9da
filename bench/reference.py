"""The reference: a bare Flask and SQLModel handler of one scan under a process lock.

No sign-in, permission, validation or idempotency; the same server and the same durability as labflow.
`python -m bench.reference FILE PORT` serves it.
"""

import hashlib
import sys
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, jsonify, request
from granian import Granian
from granian.constants import Interfaces
from pysqlite3 import dbapi2 as sqlite
from sqlmodel import Field, Session, SQLModel, select

THREADS = 8


class _Bare(SQLModel):
    """The reference has tables of its own; labflow's schema knows nothing of them."""

    metadata = sa.MetaData()


_TABLES = _Bare.metadata


class BareSample(_Bare, table=True):
    """A sample with the head of its chain."""

    __tablename__ = "bare_samples"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    place: str = ""
    length: int = 0
    head: bytes = bytes(32)


class BareEntry(_Bare, table=True):
    """One entry of a sample's chain; three indexes, one of them on a random unique key."""

    __tablename__ = "bare_entries"
    __table_args__ = (sa.UniqueConstraint("sample_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    event_id: uuid.UUID = Field(unique=True)
    sample_id: int = Field(foreign_key="bare_samples.id")
    number: int
    recorded_at: float = Field(index=True)
    body: bytes
    hash: bytes


def code_of(number: int) -> str:
    """The code of the reference's sample of this number."""
    return f"S{number:08d}"


def prepare(file: Path, samples: int) -> None:
    """The file with so many samples, each with one entry."""
    engine = _engine(file)
    tables = [_TABLES.tables[name] for name in ("bare_samples", "bare_entries")]
    _TABLES.create_all(engine, tables)
    with Session(engine) as session:
        rows = [{"code": code_of(n), "place": "", "length": 1, "head": bytes(32)} for n in range(samples)]
        session.connection().execute(sa.insert(tables[0]), rows)
        entries = [
            {
                "event_id": uuid.uuid4(),
                "sample_id": n + 1,
                "number": 1,
                "recorded_at": 0.0,
                "body": bytes(400),
                "hash": bytes(32),
            }
            for n in range(samples)
        ]
        session.connection().execute(sa.insert(tables[1]), entries)
        session.commit()
    engine.dispose()


def _engine(file: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{file}", module=sqlite, pool_size=THREADS)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def make_app(file: Path) -> Flask:
    app = Flask(__name__)
    engine, lock = _engine(file), threading.Lock()

    @app.post("/scan")
    def scan() -> Any:
        sent = request.get_json()
        with lock, Session(engine) as session:
            sample = session.exec(select(BareSample).where(BareSample.code == sent["code"])).one()
            entry = _next_entry(sample, sent)
            session.add(entry)
            sample.length, sample.head, sample.place = entry.number, entry.hash, sent["place"]
            session.add(sample)
            session.commit()
            return jsonify(code=sample.code, number=sample.length)

    return app


def _next_entry(sample: BareSample, sent: dict[str, Any]) -> BareEntry:
    moment = time.time()
    body = f"{sent['code']} {sample.length + 1} {sample.head.hex()} {sent['place']} {moment}".encode()
    return BareEntry(
        event_id=uuid.UUID(sent["event_id"]),
        sample_id=sample.id or 0,
        number=sample.length + 1,
        recorded_at=moment,
        body=body,
        hash=hashlib.sha256(b"\x00" + body).digest(),
    )


def _load(file: Path) -> Callable[..., Any]:
    return make_app(file)


def serve(file: Path, port: int) -> None:
    """Serve it as labflow serves itself."""
    granian = Granian(
        "reference",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
    )
    granian.serve(target_loader=partial(_load, file), wrap_loader=False)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
