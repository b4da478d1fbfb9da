"""One request's scans on their way to verdicts: what they share, and what waits to be written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session

from ... import custody, ledger, samples
from ...catalog import Catalog
from ...custody import Held
from ...foundation.act import Act
from ...foundation.codes import CodeKind, is_code
from ...foundation.errors import Forbidden
from ...staff import Permission, SignedIn
from .job import Job
from .undo import UNDO_WITHIN, UNDOABLE
from .verdict import Context, MustStop, Scan, Verdict, Word


class MayNotScan(Forbidden):
    """Your role does not allow "{action}". Nothing was saved.

    Ask somebody whose role does, or set another action.
    """


@dataclass(kw_only=True)
class Round:
    """The transaction, who scans in which context, and the samples that the scans name (locked)."""

    session: Session
    catalog: Catalog
    person: SignedIn
    context: Context
    act: Act
    lot: UUID | None = None
    case_id: int | None = None
    held: dict[str, Held] = field(default_factory=dict)
    moved: dict[str, Held] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    scans: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)

    def load(self, scans: Sequence[Scan]) -> None:
        """Everything that these scans decide on; raises UnknownCase for the case of the context."""
        wanted = [one.code for one in scans if one.code.startswith(CodeKind.SAMPLE)]
        if wanted:
            self.held = custody.held(self.session, wanted)
        if self.context.case:
            self.case_id = samples.case_by_number(self.session, self.context.case).id

    def require(self, permission: Permission) -> None:
        """Raises MayNotScan."""
        if permission not in self.person.permissions:
            raise MayNotScan(action=(self.context.action or "look up").replace("_", " "))

    def job(self, act: Act, choice: str) -> Job:
        return Job(
            session=self.session,
            catalog=self.catalog,
            context=self.context,
            act=act,
            permissions=self.person.permissions,
            choice=choice,
        )

    def write(self) -> None:
        """Store what was decided so far, together."""
        if self.entries:
            ledger.write(self.session, self.entries, [sample.end for sample in self.moved.values()])
            if self.context.action == "receive":
                moved = [sample.id for sample in self.moved.values()]
                custody.leave_bags(self.session, moved, at=self.act.at)
        if self.scans:
            custody.keep_scans(self.session, self.scans)
        if self.stops:
            custody.raise_stops(self.session, self.stops)
        self.entries, self.moved, self.scans, self.stops = [], {}, [], []

    def reload(self) -> None:
        """Other scans of this request see what one has just changed."""
        if self.held:
            self.held = custody.held(self.session, list(self.held))

    def keep(self, one: Scan, act: Act, verdict: Verdict, before: str) -> None:
        """Note the scan as it came, with its verdict."""
        own = is_code(one.code)
        self.scans.append(
            {
                "event_id": one.event_id,
                "staff_id": act.by,
                "action": self.context.action,
                "place": self.context.place,
                "code": one.code if own else "",
                "read_by": one.read_by,
                "verdict": verdict.verdict.value,
                "rule": verdict.rule,
                "occurred_at": act.occurred_at,
                "recorded_at": act.at,
                "late": act.late,
                "lot": self.lot,
                "before": before,
                "undone_by": None,
            }
        )

    def stop(self, one: Scan, error: MustStop) -> None:
        """Note that this scan must be settled before the person goes on."""
        held = self.held.get(one.code)
        self.stops.append(
            {
                "event_id": one.event_id,
                "staff_id": self.act.by,
                "code": one.code,
                "rule": error.code,
                "place": self.context.place,
                "case_id": self.case_id,
                "sample_id": error.sample_id or (held.id if held else None),
                "raised_at": self.act.at,
                "resolved_at": None,
                "resolved_by": None,
                "resolved_with": "",
                "reason": "",
            }
        )

    def undo_until(self, one: Scan, verdict: Verdict) -> str | None:
        """Until when UNDO takes this scan back; None where there is nothing to take back."""
        things = (CodeKind.SAMPLE, CodeKind.BAG, CodeKind.RACK)
        if verdict.verdict != Word.OK or self.context.action not in UNDOABLE or one.code[:1] not in things:
            return None
        return (self.act.at + UNDO_WITHIN).isoformat()
