"""One act on many samples: rehearsed first, then done as one lot that one UNDO takes back.

Both go through the scans' own journey, so that a list never does what a scanner could not. Results are never
verified this way: who signs one looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from .. import custody, samples
from ..catalog import CardAction, Catalog, Reason, ReasonUse, reasons_for
from ..custody import ScanRecord
from ..foundation.act import Act, ReadBy
from ..foundation.answers import Answer
from ..foundation.database import Database
from ..foundation.errors import Conflict, NotFound
from ..staff import Permission, SignedIn
from . import scanning
from .scanning import UNDO_WITHIN, Context, EventReused, Scan, Verdict, Word
from .transport_bags import case_numbers

MOST_SAMPLES = 100


class UnknownLot(NotFound):
    """There is no such act on many samples of yours.

    Go back to the list and look at the samples there.
    """


class NotTheLastAct(Conflict):
    """You did something else at this place since, or more than two minutes ago. Nothing was undone.

    Put it right with a new act on these samples.
    """


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """What may be done to many samples at once; `reasons` are those it needs one of."""

    code: str
    words: str
    permission: Permission
    needs_place: bool = False
    reason: ReasonUse | None = None


# Not here: what needs each sample in the hand (scan back), a bag (pack), or a look at each (verify).
ACTIONS: Mapping[str, BulkAction] = {
    action.code: action
    for action in (
        BulkAction(code="receive", words="Receive", permission=Permission.RECEIVE_SAMPLES, needs_place=True),
        BulkAction(
            code="accept",
            words="Accept: good condition",
            permission=Permission.RECEIVE_SAMPLES,
            needs_place=True,
        ),
        BulkAction(
            code="reject",
            words="Reject",
            permission=Permission.RECEIVE_SAMPLES,
            needs_place=True,
            reason=ReasonUse.REJECT,
        ),
        BulkAction(code="take", words="Take", permission=Permission.MOVE_SAMPLES),
        BulkAction(code="hand_over", words="Hand over", permission=Permission.MOVE_SAMPLES),
        BulkAction(
            code="start", words="Start the next step", permission=Permission.WORK_QUEUES, needs_place=True
        ),
        BulkAction(
            code="finish", words="Finish the step", permission=Permission.WORK_QUEUES, needs_place=True
        ),
        BulkAction(
            code="hold",
            words="Hold",
            permission=Permission.WORK_QUEUES,
            needs_place=True,
            reason=ReasonUse.HOLD,
        ),
        BulkAction(code="store", words="Store", permission=Permission.STORE_SAMPLES, needs_place=True),
        BulkAction(code="retrieve", words="Retrieve", permission=Permission.STORE_SAMPLES, needs_place=True),
    )
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An act on many samples as somebody asked for it; `scanned` are those ticked by a scan."""

    action: str
    samples: tuple[str, ...]
    place: str | None = None
    reason: str | None = None
    scanned: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Line:
    """What becomes or became of one sample; `name` is its case with what it is."""

    code: str
    name: str
    verdict: Word
    title: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes or became of all of them."""

    lines: tuple[Line, ...]

    @property
    def changing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verdict == Word.OK)

    @property
    def unchanged(self) -> tuple[Line, ...]:
        """Done before."""
        return tuple(line for line in self.lines if line.verdict == Word.ALREADY)

    @property
    def refused(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verdict in (Word.CHOOSE, Word.STOP))


@dataclass(frozen=True, kw_only=True)
class Lot:
    """An act on many samples that was done. `undo_until` is none when it was undone or is too old for it."""

    id: UUID
    action: str
    place: str | None
    done_at: datetime
    outcome: Outcome
    undone: bool
    undo_until: datetime | None


def actions_of(person: SignedIn) -> list[BulkAction]:
    """What this person may do to many samples at once."""
    return [action for action in ACTIONS.values() if action.permission in person.permissions]


def reasons_offered(catalog: Catalog, person: SignedIn) -> list[Reason]:
    """The reasons that one of this person's actions may need, in the order of the configuration."""
    uses = {action.reason for action in actions_of(person) if action.reason}
    found = {reason.code: reason for use in sorted(uses) for reason in reasons_for(catalog, use)}
    return [reason for reason in catalog.reasons.values() if reason.code in found]


def preview(db: Database, catalog: Catalog, person: SignedIn, asked: Asked, *, act: Act) -> Outcome:
    """What would become of each sample now; nothing is written."""
    scans = _scans(asked, act.event_id, act)
    verdicts = scanning.rehearse(db, catalog, person, _context(asked), scans, act=act.at_place(asked.place))
    with db.reading() as session:
        return _outcome(session, catalog, asked.samples, verdicts)


def carry_out(db: Database, catalog: Catalog, person: SignedIn, asked: Asked, *, act: Act) -> UUID:
    """Do it, as one lot with the id of the act's event. The same act sent twice counts once."""
    lot = act.event_id
    with db.reading() as session:
        if _rows(session, lot, person):
            return lot
    scans = _scans(asked, lot, act)
    try:
        scanning.scan(db, catalog, person, _context(asked), scans, lot=lot, act=act.at_place(asked.place))
    except EventReused:  # the same form, sent at the same moment
        return lot
    return lot


def lot_card(db: Database, catalog: Catalog, lot: UUID, person: SignedIn, *, now: datetime) -> Lot:
    """What became of this person's act on many samples; raises UnknownLot."""
    with db.reading() as session:
        rows = _rows(session, lot, person)
        if not rows:
            raise UnknownLot
        answers = {answer.event_id: Verdict.restored(answer.answer) for answer in _answers(session, rows)}
        verdicts = [answers[row.event_id] for row in rows]
        outcome = _outcome(session, catalog, [row.code for row in rows], verdicts)
    undone = any(row.undone_by is not None for row in rows)
    until = rows[0].recorded_at + UNDO_WITHIN
    return Lot(
        id=lot,
        action=rows[0].action or "",
        place=rows[0].place,
        done_at=rows[0].recorded_at,
        outcome=outcome,
        undone=undone,
        undo_until=until if outcome.changing and not undone and now < until else None,
    )


def undo(db: Database, catalog: Catalog, lot: UUID, person: SignedIn, *, act: Act) -> None:
    """Take the whole lot back; raises UnknownLot, NotTheLastAct, and what an UNDO scan raises as words."""
    card = lot_card(db, catalog, lot, person, now=act.at)
    codes = [code for code, one in catalog.do_cards.items() if one.action == CardAction.UNDO]
    scan = Scan(event_id=act.event_id, code=codes[0], occurred_at=act.occurred_at, read_by=ReadBy.TICKED)
    here = act.at_place(card.place)
    with db.reading() as session:
        last = custody.last_acts(
            session, by=person.id, place=card.place, actions=[*ACTIONS], within=UNDO_WITHIN, now=act.at
        )
    if card.undone or not last or last[0].lot != lot:
        raise NotTheLastAct
    [verdict] = scanning.scan(db, catalog, person, Context(place=card.place), [scan], act=here)
    if verdict.verdict != Word.OK:
        raise NotTheLastAct


def _context(asked: Asked) -> Context:
    return Context(action=asked.action, reason=asked.reason, place=asked.place)


def _scans(asked: Asked, lot: UUID, act: Act) -> list[Scan]:
    return [
        Scan(
            event_id=uuid5(lot, code),
            code=code,
            occurred_at=act.occurred_at,
            read_by=ReadBy.SCANNED if code in asked.scanned else ReadBy.TICKED,
        )
        for code in asked.samples
    ]


def _outcome(
    session: Session, catalog: Catalog, codes: Sequence[str], verdicts: Sequence[Verdict]
) -> Outcome:
    known = samples.by_codes(session, codes)
    numbers = case_numbers(session, list(known.values()))
    lines = []
    for code, verdict in zip(codes, verdicts, strict=True):
        sample = known.get(code)
        name = f"{numbers[sample.case_id]} {custody.named(catalog, [sample])}" if sample else ""
        lines.append(
            Line(code=code, name=name, verdict=verdict.verdict, title=verdict.title, detail=verdict.detail)
        )
    return Outcome(lines=tuple(lines))


def _rows(session: Session, lot: UUID, person: SignedIn) -> list[ScanRecord]:
    """This person's scans of the lot."""
    own = select(ScanRecord).where(ScanRecord.lot == lot, ScanRecord.staff_id == person.id)
    return list(session.exec(own.order_by(col(ScanRecord.code))))


def _answers(session: Session, rows: Sequence[ScanRecord]) -> list[Answer]:
    wanted = select(Answer).where(col(Answer.event_id).in_([row.event_id for row in rows]))
    return list(session.exec(wanted))
