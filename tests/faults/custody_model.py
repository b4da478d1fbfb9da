"""Custody as a page of paper would hold it: one line for each act on a sample, and who may take back what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from .client import Scan
from .laboratory import Person
from .linearizability import Answer, Operation, Register, perform


@dataclass(frozen=True)
class Line:
    """One act: its event, what it left behind, and the kind of entry."""

    event_id: str
    stands: Register
    kind: str


@dataclass
class Model:
    """The lines of each sample, and each person's acts at each place that were not taken back."""

    lines: dict[str, list[Line]]
    acts: dict[tuple[str, str | None], list[Scan]] = field(default_factory=lambda: defaultdict(list))

    def scan(self, person: Person, scan: Scan) -> Answer:
        """What labflow must answer to the scan of a sample."""
        lines = self.lines[scan.code]
        asked = Operation(number=0, action=scan.action or "", person=person.badge, place=scan.place)
        answer, after = perform(lines[-1].stands, asked)
        if answer == ("ok",):
            lines.append(Line(scan.event_id, after, after.kind))
            self.acts[person.badge, scan.place].append(scan)
        return answer

    def undo(self, person: Person, place: str | None) -> Answer:
        """What labflow must answer to the card UNDO."""
        acts = self.acts[person.badge, place]
        if not acts:
            return ("nothing-to-undo",)
        lines = self.lines[acts[-1].code]
        if lines[-1].event_id != acts[-1].event_id:
            return ("something-followed",)
        acts.pop()
        lines.append(Line("", lines[-2].stands, "reversed"))
        return ("ok",)
