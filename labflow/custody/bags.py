"""Bags: what may travel together, what is in one, and who is missing when it arrives."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..catalog import Catalog, Temperature, Test
from ..foundation.act import Act
from ..foundation.errors import Conflict, NotFound, Refused
from ..foundation.lifecycle import words
from ..samples import Sample
from .lifecycle import BAG, BagAction, BagState
from .tables import Bag, BagSample

# Every receiving scan asks, and hardly any sample still lies in a bag.
_STAYS = sa.select(col(BagSample.id)).where(
    col(BagSample.sample_id).in_(sa.bindparam("samples", expanding=True)), col(BagSample.out_at).is_(None)
)


class UnknownBag(NotFound):
    """No bag has the code {code}.

    Scan the bag again, or open a new one by scanning its code with the do-card "pack".
    """


class MustNotTravelTogether(Conflict):
    """{these} and {those} must not travel in one bag.

    Put {code} into another bag.
    """


class MustNotBeChilled(Conflict):
    """{code} serves {test}, which must never be chilled, and this bag is {temperature}.

    Put it into a bag at room temperature.
    """


class BagClosed(Conflict):
    """The bag {code} is {state}; nothing more goes into it.

    Open another bag.
    """


class MissingNeedsReason(Refused):
    """{count} of the bag's samples did not arrive: {codes}.

    Look for them, or close the bag with a reason.
    """


def bag_by_code(session: Session, code: str) -> Bag:
    """The bag; raises UnknownBag."""
    bag = session.exec(select(Bag).where(Bag.code == code).with_for_update()).first()
    if bag is None:
        raise UnknownBag(code=code)
    return bag


def open_bag(session: Session, code: str, temperature: Temperature, *, act: Act) -> Bag:
    """A new bag with this (printed) code, or the open one that has it already."""
    known = session.exec(select(Bag).where(Bag.code == code)).first()
    if known is not None:
        return known
    bag = Bag(code=code, temperature=temperature, opened_by=act.by, opened_at=act.at, from_place=act.place)
    session.add(bag)
    session.flush()
    return bag


def advance_bag(bag: Bag, action: BagAction, *, at: datetime) -> None:
    """Take one step of the bag's life; raises StepOutOfOrder."""
    bag.state = BAG.next_state(bag.state, action)
    if action == BagAction.SEAL:
        bag.sealed_at = at
    elif action == BagAction.HAND_OVER:
        bag.handed_over_at = at
    elif action == BagAction.RECEIVE:
        bag.received_at = at
    elif action == BagAction.RECONCILE:
        bag.reconciled_at = at


def pack(
    session: Session, catalog: Catalog, bag: Bag, sample: Sample, tests: Iterable[Test], *, act: Act
) -> bool:
    """Put a sample into a bag by the packing rules; False when it lies in there already."""
    if bag.state != BagState.OPEN:
        raise BagClosed(code=bag.code, state=words(bag.state))
    inside = {row.sample_id: row for row in _rows(session, bag)}
    if sample.id in inside and inside[sample.id].out_at is None:
        return False
    _check_temperature(bag, sample, tests)
    _check_company(catalog, sample, contents(session, bag))
    leave_bags(session, [sample.id], at=act.at)
    if sample.id in inside:
        inside[sample.id].out_at = None
        inside[sample.id].packed_at = act.at
    else:
        session.add(BagSample(bag_id=bag.id, sample_id=sample.id, packed_at=act.at))
    session.flush()
    return True


def _check_temperature(bag: Bag, sample: Sample, tests: Iterable[Test]) -> None:
    if bag.temperature == Temperature.ROOM:
        return
    for test in tests:
        if test.never_chilled:
            raise MustNotBeChilled(code=sample.code, test=test.name, temperature=bag.temperature)


def _check_company(catalog: Catalog, sample: Sample, others: Collection[Sample]) -> None:
    mine = _traits(catalog, sample)
    for rule in catalog.packing_rules:
        for these, those in ((rule.these, rule.those), (rule.those, rule.these)):
            if mine & set(these) and any(_traits(catalog, other) & set(those) for other in others):
                raise MustNotTravelTogether(
                    these=" and ".join(these), those=" and ".join(those), code=sample.code
                )


def _traits(catalog: Catalog, sample: Sample) -> set[str]:
    container = catalog.containers.get(sample.container)
    return {sample.container, sample.kind.value} | (
        {container.hazard} if container and container.hazard else set()
    )


def leave_bags(session: Session, sample_ids: Collection[int], *, at: datetime) -> None:
    """Take samples out of the bags they lie in."""
    stays = session.connection().execute(_STAYS, {"samples": list(sample_ids)}).scalars().all()
    for stay in stays:
        session.get_one(BagSample, stay).out_at = at
    if stays:
        session.flush()


def contents(session: Session, bag: Bag) -> list[Sample]:
    """What lies in the bag now, in the order of packing."""
    return list(
        session.exec(
            select(Sample)
            .join(BagSample, col(BagSample.sample_id) == Sample.id)
            .where(BagSample.bag_id == bag.id, col(BagSample.out_at).is_(None))
            .order_by(col(BagSample.id))
        )
    )


def packed(session: Session, bag: Bag) -> list[tuple[Sample, bool]]:
    """Everything that was packed, with whether it came out (arrived) again."""
    rows = session.exec(
        select(Sample, BagSample)
        .join(BagSample, col(BagSample.sample_id) == Sample.id)
        .where(BagSample.bag_id == bag.id)
        .order_by(col(BagSample.id))
    )
    return [(sample, row.out_at is not None) for sample, row in rows]


def reconcile(
    session: Session, bag: Bag, *, counted: int | None, reason: str | None, act: Act
) -> list[Sample]:
    """Close a received bag; the samples that did not arrive need a reason. Returns them."""
    missing = contents(session, bag)
    if missing and not reason:
        codes = ", ".join(sample.code for sample in missing)
        raise MissingNeedsReason(count=len(missing), codes=codes)
    advance_bag(bag, BagAction.RECONCILE, at=act.at)
    bag.counted, bag.missing_reason = counted, reason if missing else None
    session.add(bag)
    return missing


def open_bags(session: Session, *, limit: int) -> list[Bag]:
    """Bags that are not reconciled yet, oldest first."""
    unfinished = col(Bag.state) != BagState.RECONCILED.value
    return list(session.exec(select(Bag).where(unfinished).order_by(col(Bag.id)).limit(limit)))


def _rows(session: Session, bag: Bag) -> list[BagSample]:
    return list(session.exec(select(BagSample).where(BagSample.bag_id == bag.id)))
