"""Writing cases and samples. Nothing here commits; custody is recorded by the journey."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import ledger
from ..catalog import Catalog, SampleKind, Side, Temperature
from ..foundation.act import Act
from ..foundation.codes import CodeKind, new_code
from .lifecycle import SAMPLE, SampleAction, SampleState
from .numbers import case_number
from .queries import by_codes, used_codes
from .tables import Case, ReservedCode, RetiredCode, Sample, SampleTest

# One statement that both databases know; the row lock makes a second registration wait for the first.
_NEXT_RUNNING_NUMBER = sa.text(
    "INSERT INTO case_counters (year, last) VALUES (:year, 1) "
    "ON CONFLICT (year) DO UPDATE SET last = case_counters.last + 1 RETURNING last"
)


@dataclass(frozen=True, kw_only=True)
class NewSample:
    """A sample to register: `collected_at`, or `missed`, the coded reason why it was not obtained.

    `serves` maps ordered test ids to the millilitres meant for each (None where volume means nothing).
    """

    kind: SampleKind
    container: str
    pull_id: int | None = None
    site: str = ""
    side: Side | None = None
    volume_ml: Decimal | None = None
    temperature: Temperature = Temperature.ROOM
    comment: str = ""
    collected_at: datetime | None = None
    missed: str = ""
    serves: Mapping[int, Decimal | None] = field(default_factory=dict)


def open_case(
    session: Session, catalog: Catalog, *, procedure_id: int, order_id: int, patient_id: int, act: Act
) -> Case:
    """A new case with the next number of the laboratory's year."""
    year = act.at.astimezone(ZoneInfo(catalog.calendar.time_zone)).year
    running = session.connection().execute(_NEXT_RUNNING_NUMBER, {"year": year}).scalar_one()
    case = Case(
        number=case_number(catalog.laboratory.case_prefix, year, running),
        procedure_id=procedure_id,
        order_id=order_id,
        patient_id=patient_id,
        opened_at=act.at,
    )
    session.add(case)
    session.flush()
    return case


def register(session: Session, case: Case, wanted: Sequence[NewSample], *, act: Act) -> list[Sample]:
    """The samples of a new case in the order given, collected or not obtained, each with code and chain."""
    rows = _rows(session, case.id, 1, wanted, act)
    for row, new in zip(rows, wanted, strict=True):
        row |= _begun(SampleAction.MISS if new.missed else SampleAction.COLLECT, reason=new.missed)
    return _insert(session, rows, wanted)


def advance(session: Session, sample: Sample, action: SampleAction, *, reason: str = "") -> None:
    """The sample takes one step of its life; raises StepOutOfOrder."""
    sample.state = SAMPLE.next_state(sample.state, action)
    sample.state_reason = reason


def mark_labelled(session: Session, sample: Sample, *, at: datetime) -> None:
    """The label on this sample was scanned back; the first time counts."""
    if sample.labelled_at is None:
        sample.labelled_at = at


def take_back(sample: Sample, before: Mapping[str, str | None]) -> None:
    """Undo one step: the sample is in this `condition` again; raises StepOutOfOrder."""
    state = SampleState(before["state"] or "")
    if state != sample.state:
        sample.state = SAMPLE.step_back(sample.state, state)
    sample.state_reason, sample.comment = before["state_reason"] or "", before["comment"] or ""
    sample.temperature = Temperature(before["temperature"] or "")
    labelled_at = before["labelled_at"]
    sample.labelled_at = datetime.fromisoformat(labelled_at) if labelled_at else None


def condition(sample: Sample) -> dict[str, str | None]:
    """What the acts of a laboratory change of a sample. Equal again after an undo."""
    return {
        "state": sample.state.value,
        "state_reason": sample.state_reason,
        "comment": sample.comment,
        "temperature": sample.temperature.value,
        "labelled_at": sample.labelled_at.isoformat() if sample.labelled_at else None,
    }


def retire_code(session: Session, sample: Sample, *, replaced_by: str | None, reason: str, act: Act) -> None:
    """The sample's code goes out of use for a coded reason; it has the code `replaced_by` now, if any.

    A new code stands on a new label, which is unlabelled until it was scanned back.
    """
    row = RetiredCode(
        code=sample.code,
        sample_id=sample.id,
        replaced_by=replaced_by,
        reason=reason,
        retired_by=act.by,
        retired_at=act.at,
    )
    session.add(row)
    if replaced_by:
        sample.code, sample.labelled_at = replaced_by, None
    session.flush()


def free_code(session: Session, *, act: Act) -> str:
    """A new sample code that nothing has, had or reserved."""
    return _free_codes(session, 1, act.rng)[0]


def reserve_codes(session: Session, count: int, *, act: Act) -> list[str]:
    """New sample codes that no registration will draw, for labels printed before their samples exist."""
    codes = _free_codes(session, count, act.rng)
    session.connection().execute(
        sa.insert(ReservedCode), [{"code": code, "reserved_at": act.at} for code in codes]
    )
    return codes


def make_children(
    session: Session,
    parent: Sample,
    kind: SampleKind,
    container: str,
    count: int,
    *,
    serves: Sequence[int],
    act: Act,
    stain: str = "",
    volume_ml: Decimal | None = None,
) -> list[Sample]:
    """`count` slides or aliquots made from a sample, accepted as they are; `serves` are ordered test ids.

    They keep the parent's collection time, because their viability counts from there.
    """
    last = session.exec(select(sa.func.max(col(Sample.number))).where(Sample.case_id == parent.case_id)).one()
    new = NewSample(
        kind=kind,
        container=container,
        pull_id=parent.pull_id,
        site=parent.site,
        side=parent.side,
        volume_ml=volume_ml,
        temperature=parent.temperature,
        collected_at=parent.collected_at,
        serves=dict.fromkeys(serves),
    )
    made = {"parent_id": parent.id, "stain": stain} | _begun(SampleAction.COLLECT, SampleAction.ACCEPT)
    rows = [row | made for row in _rows(session, parent.case_id, last + 1, [new] * count, act)]
    return _insert(session, rows, [new] * count)


def _begun(*actions: SampleAction, reason: str = "") -> dict[str, Any]:
    """What a new row says of its state: these steps were taken on a planned sample."""
    state = SampleState.PLANNED
    for action in actions:
        state = SAMPLE.next_state(state, action)
    return {"state": state, "state_reason": reason}


def _rows(
    session: Session, case_id: int, first: int, wanted: Sequence[NewSample], act: Act
) -> list[dict[str, Any]]:
    """New rows with their codes and chains, not in the database yet."""
    names = [UUID(int=act.rng.getrandbits(128), version=4) for _ in wanted]
    chain_ids = ledger.open_chains(session, names)
    labelled = zip(wanted, _free_codes(session, len(wanted), act.rng), chain_ids, strict=True)
    return [
        {name: getattr(new, name) for name in _AS_WANTED}
        | {"code": code, "chain_id": chain_id, "case_id": case_id, "number": number}
        for number, (new, code, chain_id) in enumerate(labelled, start=first)
    ]


_AS_WANTED = tuple(field.name for field in fields(NewSample) if field.name not in ("missed", "serves"))


def _insert(session: Session, rows: Sequence[dict[str, Any]], wanted: Sequence[NewSample]) -> list[Sample]:
    """Two statements however many there are: the samples, and which tests they serve."""
    if not rows:
        return []
    session.connection().execute(sa.insert(Sample), rows)
    made = by_codes(session, [row["code"] for row in rows])
    samples = [made[row["code"]] for row in rows]
    served = [
        {"sample_id": sample.id, "ordered_test_id": test_id, "allocated_ml": ml}
        for sample, new in zip(samples, wanted, strict=True)
        for test_id, ml in new.serves.items()
    ]
    if served:
        session.connection().execute(sa.insert(SampleTest), served)
    return samples


def _free_codes(session: Session, count: int, rng: random.Random) -> list[str]:
    """New codes that no sample has: at a million samples one registration in a thousand meets a taken one."""
    codes: set[str] = set()
    while len(codes) < count:
        drawn = {new_code(CodeKind.SAMPLE, rng=rng) for _ in range(count - len(codes))}
        codes |= drawn - used_codes(session, drawn)
    return sorted(codes)
