"""labflow with a ledger that writes nothing, for the bench: `python -m bench.without_evidence DATA PORT`.

A scan is decided as ever and says durably where the sample is, in one row. There is no entry, chain, kept
answer or kept scan, and so nothing for the log to take up.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from labflow import custody, ledger
from labflow.cli import serving
from labflow.custody import Held
from labflow.foundation.database import Database
from labflow.foundation.settings import load_settings
from labflow.journeys.scanning.deciding import verdicts
from labflow.journeys.scanning.round import Round
from labflow.journeys.scanning.verdict import Scan, Verdict
from labflow.ledger import End, Fact

_MAKE = "CREATE TABLE bare_positions (chain_id INTEGER PRIMARY KEY, holder TEXT, place TEXT, kind TEXT)"
_KEEP = sa.text(
    "INSERT OR REPLACE INTO bare_positions (chain_id, holder, place, kind)"
    " VALUES (:chain_id, :holder, :place, :kind)"
)
_FIELDS = ("holder", "place", "kind", "actor", "since")
_held = custody.held
_now: dict[int, dict[str, Any]] = {}
"""The last act of each chain that had one since the start."""


def extend(end: End, fact: Fact, *, salt: bytes) -> tuple[dict[str, Any], End]:
    """Where the sample is after this act, instead of an entry."""
    row = {
        "chain_id": end.chain_id,
        "holder": fact.holder,
        "place": fact.place,
        "kind": fact.kind,
        "actor": fact.actor,
        "since": fact.occurred_at,
    }
    return row, replace(end, length=end.length + 1, holder=fact.holder, place=fact.place)


def write(session: Session, rows: Sequence[dict[str, Any]], ends: Sequence[End]) -> None:
    """The position, and nothing else."""
    session.connection().execute(_KEEP, list(rows))
    _now.update({row["chain_id"]: row for row in rows})


def held(session: Session, codes: Sequence[str]) -> dict[str, Held]:
    """Samples as they are by now."""
    return {code: _by_now(one) for code, one in _held(session, codes).items()}


def _by_now(one: Held) -> Held:
    row = _now.get(one.end.chain_id)
    if row is None or one.last is None:
        return one
    last = replace(one.last, **{name: row[name] for name in _FIELDS})
    return replace(one, last=last, end=replace(one.end, holder=row["holder"], place=row["place"]))


def answer(this: Round, scans: Sequence[Scan]) -> list[Verdict]:
    """Decided anew each time: no answer is kept for the same scan sent again."""
    this.load(scans)
    return verdicts(this, scans)


def keep_scans(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """No scan is kept."""


def main() -> None:
    settings, port = load_settings({}, data=Path(sys.argv[1])), int(sys.argv[2])
    with Database(settings.database_url).writing() as session:
        session.connection().execute(sa.text(_MAKE))
    ledger.extend, ledger.write, custody.held = extend, write, held
    custody.keep_scans = keep_scans
    import_module("labflow.journeys.scanning.scan").__dict__["_answer"] = answer
    server = serving.server_at("127.0.0.1", port)
    server.serve(target_loader=partial(serving._start, settings, True, True), wrap_loader=False)


if __name__ == "__main__":
    main()
