"""At the bench: take a test, do its steps, make slides or aliquots, hold, repeat, or find it not possible.

A function that ends in `_on_sample` or `_of_sample` is one scan within a larger act: the place of the act
says which queue is meant. The others name the test and are acts of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from .. import custody, orders, queues, samples
from ..catalog import Catalog, Reason, ReasonUse, SampleKind, StepKind, require_reason
from ..custody import CustodyKind
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..queues import Work
from ..samples import Sample
from .printing import first_labels

_MAKES = {StepKind.MAKE_SLIDES: SampleKind.SLIDE, StepKind.MAKE_ALIQUOTS: SampleKind.ALIQUOT}


class NothingToPutItIn(Refused):
    """The catalog knows no container for a sample of the kind "{kind}".

    Ask the administrator to add one to the configuration.
    """


@dataclass(frozen=True, kw_only=True)
class BenchDone:
    """What a bench act did, what may be done next, in words, and the codes of the children it made."""

    sample_code: str
    test_code: str
    test_name: str
    queue: str
    did: str
    next: str
    children: tuple[str, ...] = ()
    recollection: str | None = None

    @property
    def title(self) -> str:
        """The verdict: `Aspirate morphology: Stain started`."""
        return f"{self.test_name}: {self.did}"

    @property
    def detail(self) -> str:
        """`Next: finish Stain.`, or nothing when the bench is done with it."""
        return f"Next: {self.next}." if self.next else ""


@dataclass(frozen=True, kw_only=True)
class Making:
    """Children to make of a sample: slides or aliquots, how many, and the stain that slides get."""

    kind: StepKind
    count: int
    stain: str = ""


def take(db: Database, catalog: Catalog, code: str, test_code: str, *, act: Act) -> BenchDone:
    """The test is in the hands of the person who acts."""
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        return _take(session, sample, work, act=act)


def start(
    db: Database, catalog: Catalog, code: str, test_code: str, step: str | None, *, act: Act
) -> BenchDone:
    """A step begins, the next one where none is named; raises StepOutOfOrder."""
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        return _start(session, sample, work, step, act=act)


def finish(
    db: Database, catalog: Catalog, code: str, test_code: str, step: str | None, *, note: str = "", act: Act
) -> BenchDone:
    """The started step is done; raises StepOutOfOrder."""
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        return _finish(session, sample, work, step, note, act=act)


def make_children(
    db: Database, catalog: Catalog, code: str, test_code: str, making: Making, *, act: Act
) -> BenchDone:
    """Slides or aliquots of a sample, with codes to print; the making step that waits for them is done."""
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        return _make(session, catalog, sample, work, making, act=act)


def hold(
    db: Database,
    catalog: Catalog,
    code: str,
    test_code: str,
    reason: str,
    *,
    note: str = "",
    until: datetime | None = None,
    act: Act,
) -> BenchDone:
    """The test waits for a coded reason, perhaps until a time."""
    why = require_reason(catalog, reason, ReasonUse.HOLD)
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        return _hold(session, sample, work, why, note=note, until=until, act=act)


def release(db: Database, catalog: Catalog, code: str, test_code: str, *, act: Act) -> BenchDone:
    """The held test waits for anybody again."""
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        queues.release(session, work)
        return _done(sample, work, "released")


def repeat(
    db: Database, catalog: Catalog, code: str, test_code: str, reason: str, *, note: str = "", act: Act
) -> BenchDone:
    """The test starts again at its first step, for a coded reason."""
    why = require_reason(catalog, reason, ReasonUse.REPEAT)
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        _record_failure(session, sample, work, why, note, act)
        queues.repeat(session, work, why.code, act=act)
        return _done(sample, work, f"to be repeated: {why.name}")


def mark_not_possible(
    db: Database,
    catalog: Catalog,
    code: str,
    test_code: str,
    reason: str,
    *,
    note: str = "",
    needs_sedation: bool | None = None,
    act: Act,
) -> BenchDone:
    """The test leaves its queue without an answer, for a coded reason.

    With `needs_sedation` given, an order for a new sample is made that says what it costs the child.
    """
    why = require_reason(catalog, reason, ReasonUse.NOT_POSSIBLE)
    with db.writing() as session:
        sample, work = _named(session, code, test_code)
        _record_failure(session, sample, work, why, note, act)
        queues.give_up(session, work.test, why.code, act=act)
        again = None
        if needs_sedation is not None:
            order = orders.by_id(session, work.test.order_id)
            again = orders.recollect(session, order, [work.test], needs_sedation=needs_sedation, act=act)
        orders.complete_if_all_answered(session, work.test.order_id)
        done = _done(sample, work, f"not possible: {why.name}")
        return replace(done, next="", recollection=again.number if again else None)


def start_on_sample(
    session: Session, catalog: Catalog, sample: Sample, *, test_code: str = "", act: Act
) -> BenchDone:
    """`start` of the next step by a scan at a bench; raises NothingWaiting, ChooseTest or StepOutOfOrder."""
    return _start(session, sample, _here(session, catalog, sample, test_code, act), None, act=act)


def finish_on_sample(
    session: Session, catalog: Catalog, sample: Sample, *, test_code: str = "", act: Act
) -> BenchDone:
    """`finish` of the started step by a scan at a bench; raises what `start_on_sample` raises."""
    return _finish(session, sample, _here(session, catalog, sample, test_code, act), None, "", act=act)


def hold_on_sample(
    session: Session, catalog: Catalog, sample: Sample, why: Reason, *, test_code: str = "", act: Act
) -> BenchDone:
    """`hold` by a scan at a bench; raises what `start_on_sample` raises."""
    return _hold(session, sample, _here(session, catalog, sample, test_code, act), why, act=act)


def make_slides_of_sample(
    session: Session,
    catalog: Catalog,
    sample: Sample,
    *,
    count: int | None = None,
    test_code: str = "",
    act: Act,
) -> BenchDone:
    """So many slides, or as many as the making step proposes; raises what `start_on_sample` raises."""
    work = _here(session, catalog, sample, test_code, act)
    count = count or work.proposed_children(StepKind.MAKE_SLIDES)
    return _make(session, catalog, sample, work, Making(kind=StepKind.MAKE_SLIDES, count=count), act=act)


def _named(session: Session, code: str, test_code: str) -> tuple[Sample, Work]:
    sample = samples.by_code(session, code)
    return sample, queues.work_on(session, sample, test_code=test_code)


def _here(session: Session, catalog: Catalog, sample: Sample, test_code: str, act: Act) -> Work:
    if test_code:
        return queues.work_on(session, sample, test_code=test_code)
    at_this_place = [queue.code for queue in catalog.queues.values() if queue.place == act.place]
    return queues.work_on_sample(session, sample, queues=at_this_place, by=act.by)


def _take(session: Session, sample: Sample, work: Work, *, act: Act) -> BenchDone:
    queues.take(session, work, act=act)
    _record(session, sample, CustodyKind.TAKEN, work, act, holder=act.badge)
    return _done(sample, work, "taken")


def _start(session: Session, sample: Sample, work: Work, step: str | None, *, act: Act) -> BenchDone:
    begun = queues.start_step(session, work, step, act=act)
    _record(session, sample, CustodyKind.STEP_STARTED, work, act, holder=act.badge, step=begun.code)
    return _done(sample, work, f"{begun.name} started", started=True)


def _finish(
    session: Session, sample: Sample, work: Work, step: str | None, note: str, *, act: Act
) -> BenchDone:
    done = queues.finish_step(session, work, step, note=note, act=act)
    _record(session, sample, CustodyKind.STEP_FINISHED, work, act, step=done.code, note=note)
    return _done(sample, work, f"{done.name} finished")


def _hold(
    session: Session,
    sample: Sample,
    work: Work,
    why: Reason,
    *,
    note: str = "",
    until: datetime | None = None,
    act: Act,
) -> BenchDone:
    _record_failure(session, sample, work, why, note, act)
    queues.hold(session, work, why.code, note=note, until=until, act=act)
    return _done(sample, work, f"on hold: {why.name}")


def _make(
    session: Session, catalog: Catalog, sample: Sample, work: Work, making: Making, *, act: Act
) -> BenchDone:
    step = queues.finish_making(session, work, making.kind, act=act)
    kind = _MAKES[making.kind]
    container = _container(catalog, kind)
    serves = [work.test.id]
    children = samples.make_children(
        session, sample, kind, container, making.count, serves=serves, stain=making.stain, act=act
    )
    first_labels(session, catalog, sample.case_id, children, act=act)
    codes = [child.code for child in children]
    details = {"children": codes, "step": step.code if step else ""}
    _record(session, sample, CustodyKind.CHILDREN_MADE, work, act, holder=act.badge, **details)
    chains = [child.chain_id for child in children]
    made = {"parent": sample.code, "test": work.test.test_code}
    custody.record(
        session, chains, CustodyKind.MADE, act=act, holder=act.badge, place=act.place, details=made
    )
    return replace(_done(sample, work, f"{len(codes)} made"), children=tuple(codes))


def _container(catalog: Catalog, kind: SampleKind) -> str:
    """What a child of this kind is put in: the first such container of the catalog."""
    fitting = (one.code for one in catalog.containers.values() if one.kind == kind)
    container = next(fitting, None)
    if container is None:
        raise NothingToPutItIn(kind=kind)
    return container


def _record_failure(session: Session, sample: Sample, work: Work, why: Reason, note: str, act: Act) -> None:
    """The step that stands could not be done, and why."""
    step = work.next_step.code if work.next_step else ""
    _record(session, sample, CustodyKind.STEP_FAILED, work, act, step=step, reason=why.code, note=note)


def _record(
    session: Session,
    sample: Sample,
    kind: CustodyKind,
    work: Work,
    act: Act,
    *,
    holder: str | None = None,
    **details: Any,
) -> None:
    """One entry on the sample's chain; without a holder or a place they stay what they were."""
    custody.record(
        session,
        [sample.chain_id],
        kind,
        act=act,
        holder=holder or custody.KEEP,
        place=act.place or custody.KEEP,
        details={"test": work.test.test_code, **details},
    )


def _done(sample: Sample, work: Work, did: str, *, started: bool = False) -> BenchDone:
    return BenchDone(
        sample_code=sample.code,
        test_code=work.test.test_code,
        test_name=work.terms.name,
        queue=work.entry.queue,
        did=did,
        next=work.allowed(started=started),
    )
