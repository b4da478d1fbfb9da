"""A scan that had to stop, until it is settled: by the scan that was right, or by naming the child and why.

Nothing else ends a stop. Initials and birth year are read from the label in the hand, so that somebody looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from ... import custody, patients, samples
from ...custody import Stop, UnknownStop
from ...foundation.act import Act
from ...foundation.codes import CodeKind
from ...foundation.database import Database
from ...foundation.errors import Refused
from ...patients import Banner, Patient
from ...samples import Sample, SampleState
from .verdict import WrongPatient
from .work import TwoLabelsOneCode

LEAST_REASON = 5


class NotThisChild(Refused):
    """These initials and this birth year are not the child's. The stop stands.

    Read both from the label in your hand: given name first, then family name, and four digits of the year.
    """


class WhyNeeded(Refused):
    """What happened? The stop needs a few words for those who look at it later.

    Write what was wrong and what you did about it.
    """


@dataclass(frozen=True, kw_only=True)
class StopView:
    """What stands on the screen while a stop stands. `meant` is the child of the page, `found` the scan's."""

    event_id: UUID
    rule: str
    code: str
    meant: Banner | None
    found: Banner | None
    meant_case: str | None
    found_case: str | None
    replaced_by: str | None


def standing_stop(db: Database, staff_id: int) -> UUID | None:
    """The stop that this person has to settle first; None when they may go on."""
    with db.reading() as session:
        return custody.standing_stop(session, staff_id)


def stop_view(db: Database, event_id: UUID, *, staff_id: int) -> StopView:
    """A stop of this person that stands; raises UnknownStop."""
    with db.reading() as session:
        stop = _standing(session, event_id, staff_id)
        meant = samples.case_by_id(session, stop.case_id) if stop.case_id else None
        sample = samples.by_id(session, stop.sample_id) if stop.sample_id else None
        found = samples.case_by_id(session, sample.case_id) if sample else None
        retired = samples.retired_code(session, stop.code)
        return StopView(
            event_id=stop.event_id,
            rule=stop.rule,
            code=stop.code,
            meant=_banner(session, meant.patient_id) if meant else None,
            found=_banner(session, found.patient_id) if found else None,
            meant_case=meant.number if meant else None,
            found_case=found.number if found else None,
            replaced_by=retired.replaced_by if retired else None,
        )


def settle_by_scan(db: Database, event_id: UUID, code: str, *, act: Act) -> bool:
    """Whether this is the scan that should have been, which settles the stop; raises UnknownStop."""
    with db.writing() as session:
        stop = _standing(session, event_id, act.by)
        if not _is_right(session, stop, code):
            return False
        custody.settle_stop(stop, code=code, act=act)
        return True


def settle_by_naming(
    db: Database, event_id: UUID, *, initials: str, birth_year: str, reason: str, act: Act
) -> None:
    """The person names the child and says what happened; raises UnknownStop, NotThisChild, WhyNeeded."""
    with db.writing() as session:
        stop = _standing(session, event_id, act.by)
        patient = _in_question(session, stop)
        told = bool(initials.strip()) and bool(re.fullmatch(r"[0-9]{4}", birth_year.strip()))
        named = patient is None or patients.is_named_by(patient, initials=initials, birth_year=birth_year)
        if not told or not named:
            raise NotThisChild
        if len(reason.strip()) < LEAST_REASON:
            raise WhyNeeded
        custody.settle_stop(stop, reason=reason.strip(), act=act)


def _standing(session: Session, event_id: UUID, staff_id: int) -> Stop:
    stop = custody.stop_of(session, event_id, staff_id=staff_id)
    if stop.resolved_at is not None:
        raise UnknownStop
    return stop


def _banner(session: Session, patient_id: int) -> Banner:
    return patients.banner(patients.by_id(session, patient_id))


def _in_question(session: Session, stop: Stop) -> Patient | None:
    """The child meant, or else the label's; None for a label that never was any child's."""
    case_id = stop.case_id
    if case_id is None and stop.sample_id is not None:
        case_id = samples.by_id(session, stop.sample_id).case_id
    if case_id is None:
        return None
    return patients.by_id(session, samples.case_by_id(session, case_id).patient_id)


def _is_right(session: Session, stop: Stop, code: str) -> bool:
    if not code.startswith(CodeKind.SAMPLE):
        return False
    sample = samples.by_codes(session, [code]).get(code)
    if sample is None or sample.state == SampleState.NOT_OBTAINED:
        return False
    if stop.rule == WrongPatient.code:
        return sample.case_id == stop.case_id
    return _is_right_label(session, stop, sample)


def _is_right_label(session: Session, stop: Stop, sample: Sample) -> bool:
    """A typed number is settled by scanning it, a label that came twice or is cancelled by the right one."""
    stopped = samples.by_id(session, stop.sample_id) if stop.sample_id else None
    if stopped is None:
        return False
    if stop.rule == TwoLabelsOneCode.code:
        return sample.case_id == stopped.case_id and sample.id != stopped.id and sample.labelled_at is None
    if sample.id == stopped.id:
        return True
    cancelled = samples.retired_code(session, stop.code)
    return cancelled is not None and not cancelled.replaced_by and sample.case_id == stopped.case_id
