"""Downtime kits: codes reserved and printed beforehand, put on samples afterwards. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import samples
from ..catalog import Catalog
from ..foundation.act import Act
from ..foundation.errors import Conflict, NotFound
from ..samples import Sample
from .lifecycle import KIT, KitAction, KitState
from .tables import DowntimeKit, KitLabel


class UnknownKit(NotFound):
    """There is no downtime kit {number}.

    Look at the number on its sheet, or choose it from the list of kits.
    """


class NotOfThisKit(NotFound):
    """{code} is no code of the downtime kit {number}.

    Look at the kit number on the sheet that this label came from.
    """


class TwoLabelsOneCode(Conflict):
    """{code} of the downtime kit {kit} is on sample {sample} already: two samples carry one code.

    Stop. Keep both containers apart, find out which child each came from, and relabel one of them.
    """


class SampleHasKitLabel(Conflict):
    """Sample {sample} has the label {code} of a downtime kit already.

    Look at its container, and relabel it if another label is on it.
    """


class KitClosed(Conflict):
    """The downtime kit {kit} was closed and its unused codes are out of use, {code} too.

    Keep the container apart and relabel the sample.
    """


@dataclass(frozen=True, kw_only=True)
class KitCode:
    """A code of a downtime kit: `sample_id` is whose label it became, `voided_at` when it went out of use."""

    code: str
    container: str
    kit_number: str
    kit_state: KitState
    sample_id: int | None
    voided_at: datetime | None


def make_kit(session: Session, catalog: Catalog, containers: Sequence[str], *, act: Act) -> DowntimeKit:
    """A new kit with a reserved code for each of these containers, meant for the place of the act."""
    year = act.at.astimezone(ZoneInfo(catalog.calendar.time_zone)).year % 100
    kit = DowntimeKit(
        number=_next_number(session, f"K{year:02d}-"), place=act.place, made_by=act.by, made_at=act.at
    )
    session.add(kit)
    session.flush()
    reserved = samples.reserve_codes(session, len(containers), act=act)
    labels = zip(reserved, containers, strict=True)
    rows = [
        {"code": code, "kit_id": kit.id, "position": position, "container": container}
        for position, (code, container) in enumerate(labels, 1)
    ]
    session.connection().execute(sa.insert(KitLabel), rows)
    return kit


def _next_number(session: Session, prefix: str) -> str:
    """Numbers count within the year; two kits made at the same moment meet on the UNIQUE."""
    made = select(sa.func.count()).select_from(DowntimeKit).where(col(DowntimeKit.number).startswith(prefix))
    return f"{prefix}{session.exec(made).one() + 1:03d}"


def kits(session: Session, *, most: int) -> list[DowntimeKit]:
    """The newest kits."""
    return list(session.exec(select(DowntimeKit).order_by(col(DowntimeKit.id).desc()).limit(most)))


def kit_by_number(session: Session, number: str, *, lock: bool = False) -> DowntimeKit:
    """The kit of this number; raises UnknownKit."""
    found = select(DowntimeKit).where(DowntimeKit.number == number)
    kit = session.exec(found.with_for_update() if lock else found).first()
    if kit is None:
        raise UnknownKit(number=number)
    return kit


def kit_labels(session: Session, kit: DowntimeKit) -> list[KitLabel]:
    """The codes of a kit in the order of its sheet."""
    of_kit = select(KitLabel).where(KitLabel.kit_id == kit.id)
    return list(session.exec(of_kit.order_by(col(KitLabel.position))))


def kit_of(session: Session, code: str) -> KitCode | None:
    """What is known of a code that a downtime kit reserved; None for any other code."""
    label = session.get(KitLabel, code)
    if label is None:
        return None
    kit = session.get_one(DowntimeKit, label.kit_id)
    return KitCode(
        code=code,
        container=label.container,
        kit_number=kit.number,
        kit_state=kit.state,
        sample_id=label.sample_id,
        voided_at=label.voided_at,
    )


def use_kit_code(session: Session, kit: DowntimeKit, code: str, sample: Sample, *, act: Act) -> bool:
    """The code became this sample's label; False when it was recorded before.

    Raises NotOfThisKit, TwoLabelsOneCode, SampleHasKitLabel and KitClosed.
    """
    label = session.get(KitLabel, code, with_for_update=True)
    if label is None or label.kit_id != kit.id:
        raise NotOfThisKit(code=code, number=kit.number)
    if label.sample_id == sample.id:
        return False
    if label.sample_id is not None:
        other = samples.by_id(session, label.sample_id)
        raise TwoLabelsOneCode(code=code, kit=kit.number, sample=_words(session, other))
    if label.voided_at is not None:
        raise KitClosed(code=code, kit=kit.number)
    if had := session.exec(select(KitLabel.code).where(KitLabel.sample_id == sample.id)).first():
        raise SampleHasKitLabel(sample=sample.code, code=had)
    _advance(kit, KitAction.USE)
    label.sample_id, label.used_by, label.used_at = sample.id, act.by, act.at
    return True


def _words(session: Session, sample: Sample) -> str:
    return f"{sample.number:02d} of case {samples.case_by_id(session, sample.case_id).number}"


def reconcile_kit(session: Session, kit: DowntimeKit, *, act: Act) -> Sequence[str]:
    """The kit is closed; the codes that nothing carries go out of use. Raises StepOutOfOrder."""
    _advance(kit, KitAction.RECONCILE)
    kit.reconciled_at, kit.reconciled_by = act.at, act.by
    left = [label for label in kit_labels(session, kit) if label.sample_id is None]
    for label in left:
        label.voided_at = act.at
    return [label.code for label in left]


def _advance(kit: DowntimeKit, action: KitAction) -> None:
    """The one place that assigns a kit's state; raises StepOutOfOrder."""
    kit.state = KIT.next_state(kit.state, action)
