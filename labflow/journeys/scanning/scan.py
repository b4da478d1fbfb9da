"""Up to a hundred scans in one transaction, each committed or refused on its own.

Everything that the scans decide on is loaded at once; moves are decided on those facts and written together.
Scans that do more than move run one by one, each in a savepoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from ... import custody, ledger, samples, staff
from ...catalog import CardAction, Catalog, match_outside_code
from ...custody import Held
from ...foundation.act import Act, possible_time
from ...foundation.answers import Answer
from ...foundation.codes import CodeKind, check_code, kind_words
from ...foundation.columns import table_of
from ...foundation.database import Database
from ...foundation.errors import Forbidden, LabError
from ...samples import UnknownSample
from ...staff import Permission, SignedIn
from .moves import MOVES, Move, decide
from .verdict import (
    Context,
    EventReused,
    NotASample,
    OtherCase,
    Scan,
    UnknownAction,
    Verdict,
    Word,
    WrongPatient,
    fingerprint,
    refused,
)
from .work import DEEDS, Job, bag_permission, scan_bag


class MayNotScan(Forbidden):
    """Your role does not allow "{action}". Nothing was saved.

    Ask somebody whose role does, or set another action.
    """


@dataclass(kw_only=True)
class _Round:
    """One request's scans on their way to verdicts. `moved` and `rows` wait to be written together."""

    session: Session
    catalog: Catalog
    person: SignedIn
    context: Context
    act: Act
    held: dict[str, Held]
    moved: dict[str, Held]
    rows: list[dict[str, Any]]
    case_id: int | None


def scan(
    db: Database, catalog: Catalog, person: SignedIn, context: Context, scans: Sequence[Scan], *, act: Act
) -> list[Verdict]:
    """One verdict for each scan, in the same order.

    A replayed event id gets the answer it got before; with other content it gets STOP. Raises EventReused
    when that is all there is in the request, and UnknownAction.
    """
    if context.action is not None and context.action not in MOVES and context.action not in DEEDS:
        raise UnknownAction(action=context.action)
    marks = [fingerprint(one, context, person.badge) for one in scans]
    with db.writing() as session:
        known = _given(session, scans)
        fresh = {
            one.event_id: (one, mark)
            for one, mark in zip(scans, marks, strict=True)
            if one.event_id not in known
        }
        verdicts = _decide(session, catalog, person, context, [one for one, _ in fresh.values()], act)
        rows = [
            _row(one, mark, verdict, act)
            for (one, mark), verdict in zip(fresh.values(), verdicts, strict=True)
        ]
        if rows:
            session.connection().execute(_GIVE, rows)
    known |= {row["event_id"]: row for row in rows}
    answers = [_replayed(known[one.event_id], mark) for one, mark in zip(scans, marks, strict=True)]
    if answers and all(answer.rule == EventReused.code for answer in answers):
        raise EventReused(event_id=scans[0].event_id)
    return answers


_ANSWERS = table_of(Answer)
_GIVE = sa.insert(_ANSWERS)
_GIVEN = sa.select(_ANSWERS).where(_ANSWERS.c.event_id.in_(sa.bindparam("ids", expanding=True)))


def _given(session: Session, scans: Sequence[Scan]) -> dict[UUID, Mapping[str, Any]]:
    """The answers given before to these events."""
    rows = session.connection().execute(_GIVEN, {"ids": [one.event_id for one in scans]})
    return {row["event_id"]: dict(row) for row in rows.mappings()}


def _row(one: Scan, mark: bytes, verdict: Verdict, act: Act) -> dict[str, Any]:
    return {
        "event_id": one.event_id,
        "fingerprint": mark,
        "answer": verdict.stored(),
        "answered_at": act.at,
    }


def _replayed(given: Mapping[str, Any], mark: bytes) -> Verdict:
    if given["fingerprint"] != mark:
        return refused(EventReused(event_id=given["event_id"]))
    stored = json.loads(given["answer"])
    return Verdict(**stored | {"verdict": Word(stored["verdict"])})


def _decide(
    session: Session, catalog: Catalog, person: SignedIn, context: Context, scans: Sequence[Scan], act: Act
) -> list[Verdict]:
    wanted = [one.code for one in scans if one.code.startswith(CodeKind.SAMPLE)]
    case = samples.case_by_number(session, context.case) if context.case else None
    this = _Round(
        session=session,
        catalog=catalog,
        person=person,
        context=context,
        act=act,
        held=custody.held(session, wanted) if wanted else {},
        moved={},
        rows=[],
        case_id=case.id if case else None,
    )
    verdicts = [_verdict(this, one) for one in scans]
    _write_moves(this)
    return verdicts


def _write_moves(this: _Round) -> None:
    """Store what was decided so far, together."""
    if this.rows:
        ledger.write(this.session, this.rows, [sample.end for sample in this.moved.values()])
        if this.context.action == "receive":
            custody.leave_bags(this.session, [sample.id for sample in this.moved.values()], at=this.act.at)
    this.rows, this.moved = [], {}


def _verdict(this: _Round, one: Scan) -> Verdict:
    sample = one.code if one.code in this.held else None
    try:
        occurred_at = possible_time(one.occurred_at, now=this.act.at)
        act = replace(this.act, event_id=one.event_id, occurred_at=occurred_at, read_by=one.read_by)
        return _dispatch(this, one, act)
    except LabError as error:
        return refused(error, sample=sample)


def _dispatch(this: _Round, one: Scan, act: Act) -> Verdict:
    if match_outside_code(this.catalog, one.code) is not None:
        raise NotASample(code="That", found="wristband")
    kind = check_code(one.code)
    if kind == CodeKind.SAMPLE:
        return _scan_sample(this, one.code, act)
    if kind == CodeKind.BAG:
        return _scan_bag(this, one.code, act)
    return _set_context(this, kind, one.code)


def _scan_bag(this: _Round, code: str, act: Act) -> Verdict:
    _require(this, bag_permission(this.context.action))
    _write_moves(this)  # what lies in the bag may have moved just now, and moves with it again
    with this.session.begin_nested():
        verdict = scan_bag(_job(this, act), code)
    if this.held:
        this.held = custody.held(this.session, list(this.held))
    return verdict


def _set_context(this: _Round, kind: CodeKind, code: str) -> Verdict:
    card, place = this.catalog.do_cards.get(code), this.catalog.places.get(code)
    if card is not None:
        if card.action == CardAction.END:
            return Verdict(
                verdict=Word.OK, title=card.name, sets={"action": None, "place": None, "bag": None}
            )
        sets = {"action": {"code": card.action, "name": card.name}, "bag": None}
        return Verdict(verdict=Word.OK, title=card.name, sets=sets)
    if place is not None:
        return Verdict(verdict=Word.OK, title=place.name, sets={"place": {"code": code, "name": place.name}})
    raise NotASample(code=code, found=kind_words(kind))


def _scan_sample(this: _Round, code: str, act: Act) -> Verdict:
    sample = this.held.get(code)
    if sample is None:
        raise UnknownSample(code=code)
    _same_child(this, sample)
    action = this.context.action
    if action is None:
        _require(this, Permission.SCAN)
        return Verdict(verdict=Word.OK, title=f"Sample {code}", sample=code)
    if action in MOVES:
        return _move(this, MOVES[action], sample, act)
    deed = DEEDS[action]
    _require(this, deed.permission)
    with this.session.begin_nested():
        return deed.do(_job(this, act), samples.by_code(this.session, code))


def _move(this: _Round, move: Move, sample: Held, act: Act) -> Verdict:
    _require(this, move.permission)
    decided = decide(move, sample, act=act)
    if decided is None:
        return _already(this, move, sample)
    row, after = decided
    this.rows.append(row)
    this.held[sample.code] = this.moved[sample.code] = after
    return Verdict(verdict=Word.OK, title=move.past, sample=sample.code)


def _already(this: _Round, move: Move, sample: Held) -> Verdict:
    last = sample.last
    assert last is not None  # noqa: S101  # `done` looked at it
    who = staff.names_by_badge(this.session, [last.actor]).get(last.actor, last.actor)
    at = last.since.astimezone(ZoneInfo(this.catalog.calendar.time_zone)).strftime("%H:%M")
    return Verdict(
        verdict=Word.ALREADY,
        title=f"{move.past} {at} by {who}",
        detail="Nothing was recorded twice.",
        sample=sample.code,
    )


def _same_child(this: _Round, sample: Held) -> None:
    if this.case_id is None or sample.case_id == this.case_id:
        return
    wanted = samples.case_by_id(this.session, this.case_id)
    found = samples.case_by_id(this.session, sample.case_id)
    if wanted.patient_id != found.patient_id:
        raise WrongPatient(code=sample.code, case=wanted.number)
    raise OtherCase(code=sample.code, found=found.number, case=wanted.number)


def _require(this: _Round, permission: Permission) -> None:
    if permission not in this.person.permissions:
        raise MayNotScan(action=(this.context.action or "look up").replace("_", " "))


def _job(this: _Round, act: Act) -> Job:
    return Job(session=this.session, catalog=this.catalog, context=this.context, act=act)
