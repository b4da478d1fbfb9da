"""After a lost tail, a lost key or a copied folder: what is missing, and the next log, which says so."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from .. import ledger, samples
from ..foundation.database import Database
from ..foundation.errors import Conflict, LabError
from ..ledger import Log, LogFolder, Loss, LostEntry, TreeHead

_ACTOR = "labflow"
_SEED_BYTES = 32


class NoLogYet(Conflict):
    """There is no log here yet, so there is nothing to recover.

    The first one is made when labflow starts.
    """


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What the last published log has and the database has not. `loss` is None where nothing readable stands.

    `codes` are the codes of the samples that entries are about, by the names of their chains, as far as the
    database knows them.
    """

    origin: str
    loss: Loss | None
    entries: Sequence[LostEntry]
    codes: dict[str, str]


def look(db: Database, data: Path) -> Missing:
    """What is missing; raises NoLogYet."""
    with db.reading() as session:
        last = ledger.last_log(session)
        number, folder = ledger.newest_published(data, last.id if last else 1)
        head = _published(session, last, folder)
        if head is None:
            if last is None:
                raise NoLogYet
            return Missing(origin=last.origin, loss=None, entries=(), codes={})
        known = last.id if last is not None and last.id == number else 0
        loss = ledger.loss_of(session, known, folder, head)
        entries = ledger.lost_entries(folder, loss)
        codes = samples.codes_of_chains(session, {UUID(entry.chain) for entry in entries})
        told = {str(name): code for name, code in codes.items()}
        return Missing(origin=head.origin, loss=loss, entries=entries, codes=told)


def _published(session: Session, last: Log | None, folder: LogFolder) -> TreeHead | None:
    """What was published last: by the folder, else by the last checkpoint in the database."""
    stored = ledger.last_checkpoint(session, last.id) if last is not None else None
    for note in (folder.checkpoint(), stored.note if stored else None):
        try:
            if note is not None:
                return ledger.parse_checkpoint(ledger.parse_note(note).text)
        except LabError:
            continue
    return None


def open_next(db: Database, data: Path, *, now: datetime, rng: random.Random) -> str:
    """Opens the next log, with a key of its own, and says in its first entry what is missing; its origin."""
    missing = look(db, data)
    with db.reading() as session:
        logs = ledger.all_logs(session)
        number = ledger.next_id(session, data)
    first = logs[0].origin if logs else missing.origin
    origin = f"{first}/{number}"
    verifier = ledger.LogKeys(data).make(origin, seed=rng.randbytes(_SEED_BYTES))
    log = Log(id=number, origin=origin, verifier_key=verifier.vkey, opened_at=now)
    with db.writing() as session:
        ledger.open_log(session, log, missing.loss, actor=_ACTOR, now=now, rng=rng)
    go_on_here(data)
    return origin


def go_on_here(data: Path) -> None:
    """The logs in this data folder are this machine's from now on, wherever they were before."""
    ledger.settle_here(data, LogFolder(ledger.folder_of(data, 1)))
