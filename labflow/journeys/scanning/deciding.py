"""What becomes of one scan: a function of who scans, the context, the code and the stored state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ... import labels, patients, samples, staff
from ...catalog import match_outside_code
from ...custody import Held
from ...foundation.act import Act, ReadBy, possible_time
from ...foundation.codes import CodeKind, check_code
from ...foundation.errors import LabError, Refused
from ...foundation.wording import time_words
from ...samples import UnknownSample
from ...staff import Permission
from .bags import bag_permission, check_off, is_rack, scan_bag
from .cards import scan_card
from .moves import MOVES, Move, decide
from .round import Round
from .verdict import (
    MustStop,
    NotASample,
    OtherCase,
    Scan,
    Verdict,
    Word,
    WrongPatient,
    WrongSecond,
    refused,
)
from .work import DEEDS, do

_BAGS = (CodeKind.BAG, CodeKind.RACK)


class BadgeScanned(Refused):
    """That is a badge. It says who you are, and nothing about a sample.

    Scan it by itself: it signs its owner in at this station.
    """


class SecondNeeded(Refused):
    """A typed number needs a second identifier beside it.

    Type the child's MRN or birth date as it is printed on the label, too.
    """


class LabelCancelled(MustStop):
    """The label {code} was cancelled {at} by {name}. {instead} Nothing was saved.

    Stop. Find the label that belongs on this sample, and scan that.
    """


class OfDowntimeKit(Refused):
    """{code} is a label of downtime kit {kit}, and on record for no sample yet.

    Register the procedure first, then put the labels of the kit on record for its samples.
    """


def verdicts(this: Round, scans: Sequence[Scan]) -> list[Verdict]:
    """One verdict for each scan, with everything it changes written."""
    found = [_verdict(this, one) for one in scans]
    this.write()
    return found


def _verdict(this: Round, one: Scan) -> Verdict:
    act, before = this.act, ""
    try:
        act = _act_of(this, one)
        verdict, before = _dispatch(this, one, act)
        verdict = replace(verdict, undo_until=this.undo_until(one, verdict))
    except LabError as error:
        verdict = refused(error, sample=one.code if one.code in this.held else None)
        if isinstance(error, MustStop):
            this.stop(one, error)
    this.keep(one, act, verdict, before)
    return verdict


def _act_of(this: Round, one: Scan) -> Act:
    occurred_at = possible_time(one.occurred_at, now=this.act.at)
    late = one.late or this.act.at - occurred_at > timedelta(minutes=this.catalog.custody.late_minutes)
    return replace(this.act, event_id=one.event_id, occurred_at=occurred_at, read_by=one.read_by, late=late)


def _dispatch(this: Round, one: Scan, act: Act) -> tuple[Verdict, str]:
    """The verdict, and what UNDO will need (JSON)."""
    if match_outside_code(this.catalog, one.code) is not None:
        raise NotASample(code="That", found="wristband")
    kind = check_code(one.code)
    if kind == CodeKind.PERSON:
        raise BadgeScanned
    if kind == CodeKind.SAMPLE:
        return _scan_sample(this, one, act)
    job = this.job(act, one.choice)
    if kind in _BAGS:
        this.require(bag_permission(this.context.action))
    this.write()  # what lies in the bag, or is undone, may have been scanned just now
    with this.session.begin_nested():
        verdict = scan_bag(job, one.code) if kind in _BAGS else scan_card(job, one.code)
    this.reload()
    return verdict, json.dumps(job.before) if job.before else ""


def _scan_sample(this: Round, one: Scan, act: Act) -> tuple[Verdict, str]:
    sample = this.held.get(one.code)
    if sample is None or sample.state not in samples.MOVABLE:
        _require_in_use(this, one.code)
    if sample is None:
        raise UnknownSample(code=one.code)
    _same_child(this, sample)
    if one.read_by == ReadBy.TYPED:
        _require_second(this, sample, one.second)
    action = this.context.action
    if action is None:
        return _look_up(this, one, act), ""
    if action in MOVES:
        return _move(this, MOVES[action], sample, one.choice, act), ""
    return _do(this, one, act)


def _look_up(this: Round, one: Scan, act: Act) -> Verdict:
    """With no action set a sample only opens its card, or is seen in the rack that is being checked."""
    this.require(Permission.SCAN)
    if is_rack(this.context.bag):
        with this.session.begin_nested():
            if seen := check_off(this.job(act, one.choice), one.code):
                return seen
    return Verdict(verdict=Word.OK, title=f"Sample {one.code}", sample=one.code)


def _do(this: Round, one: Scan, act: Act) -> tuple[Verdict, str]:
    deed = DEEDS[this.context.action or ""]
    this.require(deed.permission)
    job = this.job(act, one.choice)
    with this.session.begin_nested():
        verdict = do(job, deed, samples.by_code(this.session, one.code))
    return verdict, json.dumps(job.before)


def _move(this: Round, move: Move, sample: Held, choice: str, act: Act) -> Verdict:
    this.require(move.permission)
    decided = decide(move, sample, choice=choice, act=act)
    if decided is None:
        return _already(this, move, sample)
    row, after = decided
    this.entries.append(row)
    this.held[sample.code] = this.moved[sample.code] = after
    return Verdict(verdict=Word.OK, title=move.past, sample=sample.code)


def _already(this: Round, move: Move, sample: Held) -> Verdict:
    last = sample.last
    assert last is not None  # noqa: S101  # `done` looked at it
    who = staff.names_by_badge(this.session, [last.actor]).get(last.actor, last.actor)
    return Verdict(
        verdict=Word.ALREADY,
        title=f"{move.past} {_clock(this, last.since)} by {who}",
        detail="Nothing was recorded twice.",
        sample=sample.code,
    )


def _require_in_use(this: Round, code: str) -> None:
    """Raises LabelCancelled when the code is out of use."""
    retired = samples.retired_code(this.session, code)
    if retired is None:
        _require_no_kit(this, code)
        return
    name = staff.names(this.session, [retired.retired_by]).get(retired.retired_by, "somebody")
    raise LabelCancelled(
        code=code,
        at=_clock(this, retired.retired_at),
        name=name,
        instead=f"The sample has the code {retired.replaced_by} now." if retired.replaced_by else "",
        sample_id=retired.sample_id,
    )


def _require_no_kit(this: Round, code: str) -> None:
    """A downtime kit's label waits for its registration; raises OfDowntimeKit, LabelCancelled."""
    of_kit = labels.kit_of(this.session, code)
    if of_kit is None or of_kit.sample_id is not None:
        return
    if of_kit.voided_at is None:
        raise OfDowntimeKit(code=code, kit=of_kit.kit_number)
    at = _clock(this, of_kit.voided_at)
    raise LabelCancelled(code=code, at=at, name=f"closing downtime kit {of_kit.kit_number}", instead="")


def _same_child(this: Round, sample: Held) -> None:
    if this.case_id is None or sample.case_id == this.case_id:
        return
    wanted = samples.case_by_id(this.session, this.case_id)
    found = samples.case_by_id(this.session, sample.case_id)
    if wanted.patient_id != found.patient_id:
        raise WrongPatient(code=sample.code, case=wanted.number)
    raise OtherCase(code=sample.code, found=found.number, case=wanted.number)


def _require_second(this: Round, sample: Held, second: str) -> None:
    """A typed number needs a second identifier of the child beside it; raises SecondNeeded, WrongSecond."""
    if not second.strip():
        raise SecondNeeded
    case = samples.case_by_id(this.session, sample.case_id)
    if not patients.is_second_identifier(patients.by_id(this.session, case.patient_id), second):
        raise WrongSecond(code=sample.code)


def _clock(this: Round, at: datetime) -> str:
    return time_words(at, ZoneInfo(this.catalog.calendar.time_zone))
