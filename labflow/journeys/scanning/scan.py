"""Up to a hundred scans in one transaction, each committed or refused on its own, each counted once.

Everything that the scans decide on is loaded at once; moves are decided on those facts and written together.
Scans that do more than move run one by one, each in a savepoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from ...catalog import Catalog
from ...foundation.act import Act
from ...foundation.answers import Answer
from ...foundation.columns import table_of
from ...foundation.database import ChangedAtTheSameMoment, Database
from ...staff import SignedIn
from .deciding import verdicts
from .moves import MOVES
from .round import Round
from .verdict import Context, EventReused, Scan, UnknownAction, Verdict, fingerprint, refused
from .work import DEEDS

_ANSWERS = table_of(Answer)
_GIVE = sa.insert(_ANSWERS)
_GIVEN = sa.select(_ANSWERS).where(_ANSWERS.c.event_id.in_(sa.bindparam("ids", expanding=True)))


def scan(
    db: Database,
    catalog: Catalog,
    person: SignedIn,
    context: Context,
    scans: Sequence[Scan],
    *,
    lot: UUID | None = None,
    act: Act,
) -> list[Verdict]:
    """One verdict for each scan, in the same order; scans of one `lot` are undone together.

    A replayed event id gets the answer it got before; with other content it is refused. Raises EventReused
    when that is all there is in the request, and UnknownAction.
    """
    given = {"catalog": catalog, "person": person, "context": context, "act": act, "lot": lot}
    try:
        answers = _written(db, given, scans)
    except ChangedAtTheSameMoment:  # the same event was on its way twice: the other one is answered by now
        answers = _written(db, given, scans)
    if answers and all(answer.rule == EventReused.code for answer in answers):
        raise EventReused(event_id=scans[0].event_id)
    return answers


def _written(db: Database, given: Mapping[str, Any], scans: Sequence[Scan]) -> list[Verdict]:
    with db.writing() as session:
        return _answer(Round(session=session, **given), scans)


def rehearse(
    db: Database, catalog: Catalog, person: SignedIn, context: Context, scans: Sequence[Scan], *, act: Act
) -> list[Verdict]:
    """The verdicts that `scan` would give now, and nothing written; raises UnknownAction."""
    with db.rehearsing() as session:
        this = Round(session=session, catalog=catalog, person=person, context=context, act=act)
        return _answer(this, scans)


def _answer(this: Round, scans: Sequence[Scan]) -> list[Verdict]:
    action = this.context.action
    if action is not None and action not in MOVES and action not in DEEDS:
        raise UnknownAction(action=action)
    marks = [fingerprint(one, this.context, this.person.badge) for one in scans]
    known = _given(this.session, scans)
    # of an id that comes twice the first counts
    fresh = {
        one.event_id: (one, mark)
        for one, mark in reversed(list(zip(scans, marks, strict=True)))
        if one.event_id not in known
    }
    new = [fresh.pop(one.event_id) for one in scans if one.event_id in fresh]
    this.load([one for one, _ in new])
    found = verdicts(this, [one for one, _ in new])
    rows = [_row(one, mark, verdict, this.act) for (one, mark), verdict in zip(new, found, strict=True)]
    if rows:
        this.session.connection().execute(_GIVE, rows)
    known |= {row["event_id"]: row for row in rows}
    return [_replayed(known[one.event_id], mark) for one, mark in zip(scans, marks, strict=True)]


def _given(session: Session, scans: Sequence[Scan]) -> dict[UUID, Mapping[str, Any]]:
    """The answers given before to these events."""
    rows = session.connection().execute(_GIVEN, {"ids": [one.event_id for one in scans]})
    return {row["event_id"]: dict(row) for row in rows.mappings()}


def _row(one: Scan, mark: bytes, verdict: Verdict, act: Act) -> dict[str, Any]:
    stored = verdict.stored()
    return {"event_id": one.event_id, "fingerprint": mark, "answer": stored, "answered_at": act.at}


def _replayed(given: Mapping[str, Any], mark: bytes) -> Verdict:
    if given["fingerprint"] != mark:
        return refused(EventReused(event_id=given["event_id"]))
    return Verdict.restored(given["answer"])
