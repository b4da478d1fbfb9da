"""Print jobs: asked for, delivered by whoever claims them, looked at, and printed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from .. import custody, labels, samples, staff
from ..catalog import Catalog, Printer
from ..custody import CustodyKind
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import Conflict, Refused
from ..labels import Claim, JobState, PrintJob, PrintJobLabel, Wanted
from ..samples import Case, Sample, SampleState
from .label_contents import contents_of_job, test_design_of

MOST_SHOWN = 50


class NoLabelYet(Conflict):
    """{code} was not obtained, so it has no label.

    Choose a sample that exists.
    """


class NoLabelChosen(Refused):
    """No label was chosen.

    Tick the labels to print.
    """


@dataclass(frozen=True, kw_only=True)
class JobLabel:
    """One label of a job. `words` say whose: number and container; `out_of_use`: it is printed no more."""

    code: str
    words: str
    design: str
    copies: int
    out_of_use: bool


@dataclass(frozen=True, kw_only=True)
class JobCard:
    """A print job as people see it. `printers` have the stock for all of its labels."""

    id: int
    name: UUID
    state: JobState
    printer: str | None
    printer_name: str
    place: str | None
    case_number: str
    asked_by: str
    asked_at: datetime
    tries: int
    finished_at: datetime | None
    why: str
    perhaps_twice: bool
    labels: tuple[JobLabel, ...]
    printers: tuple[Printer, ...]

    @property
    def under_way(self) -> bool:
        """Whether a printer is about to change the state by itself."""
        return self.printer is not None and self.state in (JobState.QUEUED, JobState.PRINTING)

    @property
    def to_fetch(self) -> bool:
        """Whether the labels wait for somebody who takes the PDF."""
        return self.printer is None and self.state == JobState.QUEUED

    @property
    def count(self) -> int:
        return sum(label.copies for label in self.labels)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A label to print again, so many times."""

    code: str
    copies: int = 1


def first_labels(
    session: Session, catalog: Catalog, case_id: int, rows: Sequence[Sample], *, act: Act
) -> list[PrintJob]:
    """The jobs for the first labels of new samples, in their order, at the printers of the act's place."""
    labels.issue(session, catalog, rows, act=act)
    wanted = [Wanted(code=row.code, design=labels.design_for(catalog, row).code) for row in rows]
    return labels.queue_jobs(session, catalog, wanted, case_id=case_id, act=act)


def print_again(
    db: Database,
    catalog: Catalog,
    case_number: str,
    chosen: Sequence[Chosen],
    *,
    reason: str,
    printer: str | None,
    design: str | None = None,
    act: Act,
) -> JobCard:
    """A job for chosen labels of a case at this printer (None: as a PDF), with a coded reason.

    They have this design, or each its usual one. Raises UnknownCase, UnknownSample, NoLabelChosen,
    NoLabelYet, UnknownReason, UnknownLabelDesign, UnknownPrinter and OtherLabels.
    """
    if not chosen:
        raise NoLabelChosen
    with db.writing() as session:
        case = samples.case_by_number(session, case_number)
        if before := labels.asked_before(session, printer, act=act):
            return _card(session, catalog, before)
        rows = samples.by_codes(session, [one.code for one in chosen])
        wanted = []
        for one in chosen:
            sample = _of_case(rows.get(one.code), case, one.code)
            count_reprints(session, catalog, sample, one.copies, reason=reason, act=act)
            chosen_design = labels.chosen_design(catalog, sample, design).code
            wanted.append(Wanted(code=one.code, design=chosen_design, copies=one.copies))
        job = labels.queue_job(session, catalog, printer, wanted, case_id=case.id, act=act)
        return _card(session, catalog, job)


def _of_case(sample: Sample | None, case: Case, code: str) -> Sample:
    if sample is None or sample.case_id != case.id:
        raise samples.UnknownSample(code=code)
    if sample.state == SampleState.NOT_OBTAINED:
        raise NoLabelYet(code=code)
    return sample


def count_reprints(
    session: Session, catalog: Catalog, sample: Sample, copies: int, *, reason: str, act: Act
) -> None:
    """So many more labels of a sample, in its counter and in its chain; raises UnknownReason."""
    for _ in range(copies):
        last = labels.reprint(session, catalog, sample, reason=reason, act=act)
    details = {"reason": reason, "copy": last}
    custody.record(session, [sample.chain_id], CustodyKind.LABELS_ISSUED, act=act, details=details)


def print_test(db: Database, catalog: Catalog, printer: str, design: str, *, act: Act) -> JobCard:
    """A test label with a ruler at this printer; raises UnknownPrinter and OtherLabels."""
    with db.writing() as session:
        before = labels.asked_before(session, printer, act=act)
        made = before or labels.queue_job(session, catalog, printer, [Wanted(design=design)], act=act)
        return _card(session, catalog, made)


def jobs(
    db: Database, catalog: Catalog, *, state: JobState | None = None, before: int | None = None
) -> list[JobCard]:
    """Print jobs, newest first, older than the id `before`."""
    with db.reading() as session:
        found = labels.newest_jobs(session, state=state, before=before, most=MOST_SHOWN)
        return _cards(session, catalog, found)


def job(db: Database, catalog: Catalog, name: UUID) -> JobCard:
    """One print job; raises UnknownJob."""
    with db.reading() as session:
        return _card(session, catalog, labels.job_by_name(session, name))


def jobs_of_case(db: Database, catalog: Catalog, case_number: str) -> list[JobCard]:
    """The print jobs of a case, newest first; raises UnknownCase."""
    with db.reading() as session:
        return cards_of_case(session, catalog, samples.case_by_number(session, case_number))


def cards_of_case(session: Session, catalog: Catalog, case: Case) -> list[JobCard]:
    """The print jobs of a case, newest first."""
    return _cards(session, catalog, labels.jobs_of_case(session, case.id))


def retry(db: Database, catalog: Catalog, name: UUID, *, printer: str | None = None) -> JobCard:
    """A failed job waits again, perhaps for another printer.

    Raises UnknownJob, UnknownPrinter, OtherLabels and StepOutOfOrder.
    """
    with db.writing() as session:
        found = labels.job_by_name(session, name, lock=True)
        labels.retry(session, catalog, found, printer)
        session.flush()
        return _card(session, catalog, found)


def job_pdf(db: Database, catalog: Catalog, name: UUID, *, act: Act) -> bytes:
    """The labels of a job as a PDF; a job that nothing printed is done with it. Raises UnknownJob."""
    with db.writing() as session:
        found = labels.job_by_name(session, name, lock=True)
        design = test_design_of(session, catalog, found.id)
        title = f"Labels, print job {name}"
        pdf = (
            labels.ruler_pdf(design)
            if design
            else labels.labels_pdf(contents_of_job(session, catalog, found.id), title=title)
        )
        labels.fetched(found, at=act.at)
        return pdf


def job_zpl(db: Database, catalog: Catalog, mine: Claim, *, dpi: int) -> bytes:
    """What a printer of this resolution is sent for a claimed job; raises NothingLeftToPrint."""
    with db.reading() as session:
        if design := test_design_of(session, catalog, mine.job_id):
            return labels.ruler_zpl(design, dpi=dpi)
        return labels.labels_zpl(contents_of_job(session, catalog, mine.job_id), dpi=dpi)


def test_label_pdf(catalog: Catalog, design: str) -> bytes:
    """The test label of a design as a PDF; raises UnknownLabelDesign."""
    found = catalog.label_designs.get(design)
    if found is None:
        raise labels.UnknownLabelDesign(design=design[:20])
    return labels.ruler_pdf(found)


def _card(session: Session, catalog: Catalog, found: PrintJob) -> JobCard:
    return _cards(session, catalog, [found])[0]


def _cards(session: Session, catalog: Catalog, found: Sequence[PrintJob]) -> list[JobCard]:
    wanted = labels.labels_of(session, [one.id for one in found])
    rows = samples.by_codes(session, list({label.code for of_job in wanted.values() for label in of_job}))
    names = staff.names(session, [one.asked_by for one in found])
    return [_card_of(session, catalog, one, wanted[one.id], rows, names) for one in found]


def _card_of(
    session: Session,
    catalog: Catalog,
    found: PrintJob,
    wanted: Sequence[PrintJobLabel],
    rows: dict[str, Sample],
    names: dict[int, str],
) -> JobCard:
    printer = catalog.printers.get(found.printer or "")
    return JobCard(
        id=found.id,
        name=found.name,
        state=found.state,
        printer=found.printer,
        printer_name=printer.name if printer else found.printer or "PDF",
        place=found.place,
        case_number=samples.case_by_id(session, found.case_id).number if found.case_id else "",
        asked_by=names.get(found.asked_by, ""),
        asked_at=found.asked_at,
        tries=found.tries,
        finished_at=found.finished_at,
        why=found.why,
        perhaps_twice=found.perhaps_twice,
        labels=tuple(_label(session, catalog, label, rows.get(label.code)) for label in wanted),
        printers=tuple(labels.printers_for(catalog, {label.design for label in wanted})),
    )


def _label(session: Session, catalog: Catalog, label: PrintJobLabel, sample: Sample | None) -> JobLabel:
    design = catalog.label_designs.get(label.design)
    words, out_of_use = _whose(session, catalog, label, sample)
    return JobLabel(
        code=label.code,
        words=words,
        design=design.name if design else label.design,
        copies=label.copies,
        out_of_use=out_of_use,
    )


def _whose(
    session: Session, catalog: Catalog, label: PrintJobLabel, sample: Sample | None
) -> tuple[str, bool]:
    """What the label is for, and whether its code is out of use."""
    if sample is not None:
        container = catalog.containers.get(sample.container)
        words = f"{sample.number:02d} {container.name if container else sample.container}"
        return words, sample.state == SampleState.NOT_OBTAINED
    if not label.code:
        return "Test label", False
    kit_code = labels.kit_of(session, label.code)
    if kit_code is None:
        return "Replaced by another code", True
    return f"Downtime kit {kit_code.kit_number}", kit_code.voided_at is not None
