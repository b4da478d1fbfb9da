"""Print jobs: asked for with the act that needs the labels, claimed and ended by a deliverer.

Nothing here commits, and nothing here reaches a printer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..catalog import Catalog, Printer
from ..foundation.act import Act
from ..foundation.errors import NotFound, Refused
from .lifecycle import JOB, JobAction, JobState
from .tables import PrintJob, PrintJobLabel

# Longer than any delivery takes; after it the job is another deliverer's.
LEASE = timedelta(minutes=2)
_LONGEST_WHY = 300
_PDF = "pdf"


class UnknownJob(NotFound):
    """There is no print job {name}.

    Look for it in the list of print jobs.
    """


class UnknownPrinter(NotFound):
    """There is no printer {code}.

    Choose one of the list, or take the labels as a PDF.
    """


class OtherLabels(Refused):
    """{printer} does not print labels of the design {design}: another stock is loaded.

    Choose another printer, or take the labels as a PDF.
    """


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One label to print; without a code it is the test label of the design."""

    code: str = ""
    design: str
    copies: int = 1


@dataclass(frozen=True)
class Claim:
    """A job that one deliverer has: `tries` tells its own claim from a later one."""

    job_id: int
    tries: int


def printer_at(catalog: Catalog, design: str, place: str | None) -> Printer | None:
    """The printer for labels of this design at this place; None where they are taken as a PDF."""
    return next((one for one in catalog.printers.values() if one.prints(design, at=place)), None)


def printers_for(catalog: Catalog, designs: Collection[str]) -> list[Printer]:
    """The printers that have the stock for all of these designs."""
    return [one for one in catalog.printers.values() if set(designs) <= set(one.designs)]


def queue_jobs(
    session: Session, catalog: Catalog, wanted: Sequence[Wanted], *, case_id: int | None = None, act: Act
) -> list[PrintJob]:
    """One job for each printer that the labels go to at the place of the act; the order is kept in each."""
    parts: dict[str | None, list[Wanted]] = {}
    for label in wanted:
        printer = printer_at(catalog, label.design, act.place)
        parts.setdefault(printer.code if printer else None, []).append(label)
    return [_add(session, code, labels, case_id, act) for code, labels in parts.items()]


def queue_job(
    session: Session,
    catalog: Catalog,
    printer: str | None,
    wanted: Sequence[Wanted],
    *,
    case_id: int | None = None,
    act: Act,
) -> PrintJob:
    """A job at this printer, or for a PDF without one; raises UnknownPrinter and OtherLabels."""
    if printer is not None:
        require_printer(catalog, printer, {label.design for label in wanted})
    return _add(session, printer, wanted, case_id, act)


def require_printer(catalog: Catalog, code: str, designs: Collection[str]) -> Printer:
    """The printer that has the stock for these designs; raises UnknownPrinter and OtherLabels."""
    printer = catalog.printers.get(code)
    if printer is None:
        raise UnknownPrinter(code=code)
    for design in designs:
        if design not in printer.designs:
            raise OtherLabels(printer=printer.name, design=design)
    return printer


def asked_before(session: Session, printer: str | None, *, act: Act) -> PrintJob | None:
    """The job that this act asked for when it was sent the first time."""
    return session.exec(select(PrintJob).where(PrintJob.name == _name(printer, act))).first()


def _name(printer: str | None, act: Act) -> UUID:
    return act.part(f"print {printer or _PDF}").event_id


def _add(
    session: Session, printer: str | None, wanted: Sequence[Wanted], case_id: int | None, act: Act
) -> PrintJob:
    job = PrintJob(
        name=_name(printer, act),
        printer=printer,
        case_id=case_id,
        place=act.place,
        asked_by=act.by,
        asked_at=act.at,
    )
    session.add(job)
    session.flush()
    rows = [_row(job, position, label) for position, label in enumerate(wanted, 1)]
    session.connection().execute(sa.insert(PrintJobLabel), rows)
    return job


def _row(job: PrintJob, position: int, label: Wanted) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "position": position,
        "code": label.code,
        "design": label.design,
        "copies": label.copies,
    }


def printers_with_work(session: Session, *, now: datetime) -> list[str]:
    """The printers that have jobs to deliver now."""
    return [code for code in session.exec(select(PrintJob.printer).where(_due(now)).distinct()) if code]


def claim(session: Session, printer: str, *, now: datetime) -> Claim | None:
    """The oldest job of this printer that nobody has; None when there is none.

    A job whose deliverer went away without a word comes again, and perhaps its labels do, too.
    """
    waiting = select(PrintJob).where(PrintJob.printer == printer, _due(now)).order_by(col(PrintJob.id))
    job = session.exec(waiting.limit(1).with_for_update(skip_locked=True)).first()
    if job is None:
        return None
    job.perhaps_twice |= job.state == JobState.PRINTING
    _advance(job, JobAction.CLAIM)
    job.tries += 1
    job.lease_until = now + LEASE
    return Claim(job.id, job.tries)


def _due(now: datetime) -> sa.ColumnElement[bool]:
    lease_until = col(PrintJob.lease_until)
    # a lease that reaches further than any could was taken while a clock was wrong
    is_over = sa.or_(lease_until < now, lease_until > now + 2 * LEASE)
    lapsed = sa.and_(col(PrintJob.state) == JobState.PRINTING, is_over)
    return sa.and_(col(PrintJob.printer).is_not(None), sa.or_(col(PrintJob.state) == JobState.QUEUED, lapsed))


def finish(session: Session, mine: Claim, *, at: datetime) -> None:
    """All labels came out. Nothing happens when another deliverer has the job by now."""
    if job := _held(session, mine):
        _advance(job, JobAction.FINISH)
        job.finished_at, job.lease_until, job.why = at, None, ""


def fail(session: Session, mine: Claim, why: str, *, perhaps_printed: bool) -> None:
    """The labels did not come out, or not all of them did, for a reason in plain words."""
    if job := _held(session, mine):
        _fail(job, why)
        job.perhaps_twice |= perhaps_printed


def fail_waiting(session: Session, printer: str, why: str) -> None:
    """What waits at a printer that has a fault fails for it, too: nobody waits for each in turn."""
    waiting = select(PrintJob).where(PrintJob.printer == printer, PrintJob.state == JobState.QUEUED)
    for job in session.exec(waiting.with_for_update(skip_locked=True)):
        _fail(job, why)


def _fail(job: PrintJob, why: str) -> None:
    _advance(job, JobAction.FAIL)
    job.why, job.lease_until = why[:_LONGEST_WHY], None


def _held(session: Session, mine: Claim) -> PrintJob | None:
    job = session.get_one(PrintJob, mine.job_id, with_for_update=True)
    return job if job.tries == mine.tries and job.state == JobState.PRINTING else None


def retry(session: Session, catalog: Catalog, job: PrintJob, printer: str | None = None) -> None:
    """A failed job waits again, perhaps for another printer.

    Raises UnknownPrinter, OtherLabels and StepOutOfOrder.
    """
    code = printer or job.printer or ""
    require_printer(catalog, code, {label.design for label in labels_of(session, [job.id])[job.id]})
    _advance(job, JobAction.RETRY)
    job.printer, job.why = code, ""


def fetched(job: PrintJob, *, at: datetime) -> None:
    """Somebody took the labels as a PDF: a job that nothing printed is done with that."""
    if JOB.allows(job.state, JobAction.FETCH) and (job.printer is None or job.state == JobState.FAILED):
        _advance(job, JobAction.FETCH)
        job.printer, job.finished_at, job.why = None, at, ""


def _advance(job: PrintJob, action: JobAction) -> None:
    """The one place that assigns a job's state; raises StepOutOfOrder."""
    job.state = JOB.next_state(job.state, action)


def job_by_name(session: Session, name: UUID, *, lock: bool = False) -> PrintJob:
    """The job of this name; raises UnknownJob."""
    found = select(PrintJob).where(PrintJob.name == name)
    job = session.exec(found.with_for_update() if lock else found).first()
    if job is None:
        raise UnknownJob(name=name)
    return job


def jobs_of_case(session: Session, case_id: int) -> list[PrintJob]:
    """The jobs with labels of this case, newest first."""
    asked = select(PrintJob).where(PrintJob.case_id == case_id).order_by(col(PrintJob.id).desc())
    return list(session.exec(asked))


def newest_jobs(
    session: Session, *, state: JobState | None = None, before: int | None = None, most: int
) -> list[PrintJob]:
    """At most so many jobs, newest first, older than the id `before`."""
    asked = select(PrintJob).order_by(col(PrintJob.id).desc()).limit(most)
    if state is not None:
        asked = asked.where(PrintJob.state == state)
    if before is not None:
        asked = asked.where(col(PrintJob.id) < before)
    return list(session.exec(asked))


def labels_of(session: Session, job_ids: Collection[int]) -> Mapping[int, list[PrintJobLabel]]:
    """The labels of these jobs in the order of printing, by job."""
    found: dict[int, list[PrintJobLabel]] = {job_id: [] for job_id in job_ids}
    asked = select(PrintJobLabel).where(col(PrintJobLabel.job_id).in_(job_ids))
    for label in session.exec(asked.order_by(col(PrintJobLabel.job_id), col(PrintJobLabel.position))):
        found[label.job_id].append(label)
    return found
