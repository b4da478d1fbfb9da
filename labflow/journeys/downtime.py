"""Downtime kits: codes printed before labflow goes away, put on record when it is back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from .. import custody, labels, samples, staff
from ..catalog import Catalog, Container, Printer
from ..foundation.act import Act, ReadBy
from ..foundation.codes import CodeKind, require_kind
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..labels import DowntimeKit, KitLabel, KitState, TwoLabelsOneCode, Wanted
from ..samples import Sample
from .relabelling import current, give_code

MOST_KITS = 50
MOST_CODES = 60
# One label for the container, one for the line of the sheet.
_COPIES = 2


class KitTooLarge(Refused):
    """A kit has 1 to {most} labels, and {count} were asked for.

    Make another kit for the rest.
    """


class UnknownContainer(Refused):
    """There is no container {container}.

    Choose containers of the list.
    """


@dataclass(frozen=True, kw_only=True)
class KitLine:
    """One code of a kit: for which container, and on which sample it is now."""

    code: str
    container: str
    state: str
    sample_number: int | None
    case_number: str
    used_by: str
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class KitCard:
    """A downtime kit with its codes in the order of its sheet; `printers` have the stock for its labels."""

    number: str
    state: KitState
    place: str | None
    made_by: str
    made_at: datetime
    reconciled_by: str
    reconciled_at: datetime | None
    lines: tuple[KitLine, ...]
    printers: tuple[Printer, ...]

    @property
    def used(self) -> int:
        return sum(line.used_at is not None for line in self.lines)

    @property
    def free(self) -> int:
        return sum(line.state == "free" for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class PutOn:
    """A kit's code on record for a sample; `repeated` when it was so before."""

    code: str
    sample_number: int
    case_number: str
    to_scan_back: bool
    repeated: bool


def usual_containers(catalog: Catalog) -> Mapping[str, int]:
    """How many of each container the laboratory's first panel fills: what a kit is proposed with."""
    panel = next(iter(catalog.panels.values()))
    proposed: dict[str, int] = {}
    for test in (catalog.tests[code] for code in panel.required):
        if test.containers:
            container = test.containers[0]
            proposed[container] = max(proposed.get(container, 0), test.pieces)
    return proposed


def make_kit(db: Database, catalog: Catalog, containers: Sequence[str], *, act: Act) -> KitCard:
    """A kit with a reserved code for each container, for the place of the act.

    Raises KitTooLarge and UnknownContainer.
    """
    if not 1 <= len(containers) <= MOST_CODES:
        raise KitTooLarge(most=MOST_CODES, count=len(containers))
    for code in containers:
        if code not in catalog.containers:
            raise UnknownContainer(container=code)
    with db.writing() as session:
        return _card(session, catalog, labels.make_kit(session, catalog, containers, act=act))


def kits(db: Database, catalog: Catalog) -> list[KitCard]:
    """The newest kits."""
    with db.reading() as session:
        return [_card(session, catalog, kit) for kit in labels.kits(session, most=MOST_KITS)]


def kit(db: Database, catalog: Catalog, number: str) -> KitCard:
    """One kit; raises UnknownKit."""
    with db.reading() as session:
        return _card(session, catalog, labels.kit_by_number(session, number))


def sheet_pdf(db: Database, catalog: Catalog, number: str) -> bytes:
    """The kit's paper: how to go on without labflow, and a line for each code. Raises UnknownKit."""
    found = kit(db, catalog, number)
    lines = [(line.code, line.container) for line in found.lines]
    place = catalog.places.get(found.place or "")
    words = place.name if place else ""
    return labels.kit_sheet(found.number, lines, place=words, laboratory=catalog.laboratory)


def labels_pdf(db: Database, catalog: Catalog, number: str) -> bytes:
    """The kit's labels, each code twice: for the container and for the sheet. Raises UnknownKit."""
    with db.reading() as session:
        found = labels.kit_by_number(session, number)
        contents = [
            labels.kit_content(catalog, code=label.code, kit=found.number, container=label.container)
            for label in labels.kit_labels(session, found)
            if label.voided_at is None
            for _ in range(_COPIES)
        ]
    return labels.labels_pdf(contents, title=f"Downtime kit {number}")


def print_kit(db: Database, catalog: Catalog, number: str, printer: str, *, act: Act) -> str:
    """The name of the job that prints the kit's labels; raises UnknownKit, UnknownPrinter and OtherLabels."""
    with db.writing() as session:
        found = labels.kit_by_number(session, number)
        if before := labels.asked_before(session, printer, act=act):
            return str(before.name)
        wanted = [
            Wanted(code=label.code, design=_design(catalog, found, label), copies=_COPIES)
            for label in labels.kit_labels(session, found)
            if label.voided_at is None
        ]
        return str(labels.queue_job(session, catalog, printer, wanted, act=act).name)


def _design(catalog: Catalog, found: DowntimeKit, label: KitLabel) -> str:
    content = labels.kit_content(catalog, code=label.code, kit=found.number, container=label.container)
    return content.design.code


def put_on(db: Database, catalog: Catalog, number: str, code: str, sample_code: str, *, act: Act) -> PutOn:
    """The sample has had this kit's label since the downtime: it has the code now, entered late.

    A code that was read on the container itself counts as scanned back. Raises UnknownKit, UnknownSample,
    NotOfThisKit, SampleHasKitLabel, KitClosed, OldCode, NothingToRelabel, and TwoLabelsOneCode, which stops.
    """
    require_kind(code, CodeKind.SAMPLE)
    late = replace(act, late=True)
    try:
        with db.writing() as session:
            return _put_on(session, number, code, sample_code, act=late)
    except TwoLabelsOneCode as error:
        with db.writing() as session:
            custody.raise_stops(session, [_stop(session, code, sample_code, error, act=late)])
        raise


def _put_on(session: Session, number: str, code: str, sample_code: str, *, act: Act) -> PutOn:
    found = labels.kit_by_number(session, number, lock=True)
    sample = _sample(session, code, sample_code)
    fresh = labels.use_kit_code(session, found, code, sample, act=act)
    if fresh:
        give_code(session, sample, code, reason=f"kit {found.number}", kit=found.number, act=act)
        if act.read_by != ReadBy.TYPED:
            samples.mark_labelled(session, sample, at=act.at)
    return PutOn(
        code=code,
        sample_number=sample.number,
        case_number=samples.case_by_id(session, sample.case_id).number,
        to_scan_back=sample.labelled_at is None,
        repeated=not fresh,
    )


def _sample(session: Session, code: str, sample_code: str) -> Sample:
    """The sample that is meant: by the code it has now, or by the one that this kit's code replaced."""
    retired = samples.retired_code(session, sample_code)
    if retired is not None and retired.replaced_by == code:
        return samples.by_id(session, retired.sample_id)
    return current(session, sample_code)


def _stop(
    session: Session, code: str, sample_code: str, error: TwoLabelsOneCode, *, act: Act
) -> dict[str, Any]:
    sample = samples.by_code(session, sample_code)
    return {
        "event_id": act.event_id,
        "staff_id": act.by,
        "code": code,
        "rule": error.code,
        "place": act.place,
        "case_id": sample.case_id,
        "sample_id": sample.id,
        "raised_at": act.at,
        "resolved_with": "",
        "reason": "",
    }


def close(db: Database, catalog: Catalog, number: str, *, act: Act) -> KitCard:
    """Every container of the downtime is on record: unused codes go out of use, for good.

    Raises UnknownKit and StepOutOfOrder.
    """
    with db.writing() as session:
        found = labels.kit_by_number(session, number, lock=True)
        labels.reconcile_kit(session, found, act=act)
        session.flush()
        return _card(session, catalog, found)


def _card(session: Session, catalog: Catalog, found: DowntimeKit) -> KitCard:
    rows = labels.kit_labels(session, found)
    people = [found.made_by, found.reconciled_by, *(row.used_by for row in rows)]
    names = staff.names(session, [one for one in people if one])
    return KitCard(
        number=found.number,
        state=found.state,
        place=found.place,
        made_by=names.get(found.made_by, ""),
        made_at=found.made_at,
        reconciled_by=names.get(found.reconciled_by or 0, ""),
        reconciled_at=found.reconciled_at,
        lines=tuple(_line(session, catalog, row, names) for row in rows),
        printers=tuple(labels.printers_for(catalog, {_design(catalog, found, row) for row in rows})),
    )


def _line(session: Session, catalog: Catalog, row: KitLabel, names: Mapping[int, str]) -> KitLine:
    sample = samples.by_id(session, row.sample_id) if row.sample_id else None
    container: Container | None = catalog.containers.get(row.container)
    return KitLine(
        code=row.code,
        container=container.name if container else row.container,
        state="on a sample" if sample else "out of use" if row.voided_at else "free",
        sample_number=sample.number if sample else None,
        case_number=_case_number(session, sample) if sample else "",
        used_by=names.get(row.used_by or 0, ""),
        used_at=row.used_at,
    )


def _case_number(session: Session, sample: Sample) -> str:
    return samples.case_by_id(session, sample.case_id).number
