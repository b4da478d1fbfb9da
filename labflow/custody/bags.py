"""Bags: what may travel together, what is in one, and who is missing when it arrives."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..catalog import Catalog, Temperature, Test
from ..foundation.act import Act
from ..foundation.codes import CodeKind
from ..foundation.errors import Conflict, NotFound, Refused
from ..foundation.lifecycle import words
from ..samples import Sample
from .contents import contents
from .lifecycle import BAG, RACK, BagAction, BagState
from .tables import Bag, BagSample

# Every receiving scan asks, and hardly any sample still lies in a bag.
_STAYS = sa.select(col(BagSample.id), col(BagSample.bag_id)).where(
    col(BagSample.sample_id).in_(sa.bindparam("samples", expanding=True)), col(BagSample.out_at).is_(None)
)


class UnknownBag(NotFound):
    """No bag or rack has the code {code}.

    Scan it again, or open a new one by scanning its code with the do-card "pack".
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
    """{code} is {state}; nothing more goes into it.

    Use another bag. A rack takes samples again when END closed it.
    """


class RackNeedsPlace(Refused):
    """Where does the rack {code} stand? A rack stays at a place.

    Scan the place card, then the rack again.
    """


def bag_by_code(session: Session, code: str) -> Bag:
    """The bag; raises UnknownBag."""
    bag = session.exec(select(Bag).where(Bag.code == code).with_for_update()).first()
    if bag is None:
        raise UnknownBag(code=code)
    return bag


def bags_of(session: Session, sample_ids: Iterable[int]) -> dict[int, str]:
    """The code of the bag or rack in which each sample lies, where it lies in one."""
    lies = select(BagSample.sample_id, Bag.code).join(Bag, col(Bag.id) == BagSample.bag_id)
    found = lies.where(col(BagSample.sample_id).in_(sample_ids), col(BagSample.out_at).is_(None))
    return dict(session.exec(found).all())


def open_bag(session: Session, code: str, temperature: Temperature, *, act: Act) -> Bag:
    """A new bag or rack with this (printed) code, or the one that has it already; raises RackNeedsPlace."""
    known = session.exec(select(Bag).where(Bag.code == code)).first()
    if known is not None:
        return known
    bag = Bag(code=code, temperature=temperature, opened_by=act.by, opened_at=act.at, from_place=act.place)
    if bag.is_rack and act.place is None:
        raise RackNeedsPlace(code=code)
    session.add(bag)
    session.flush()
    return bag


def advance_bag(bag: Bag, action: BagAction, *, at: datetime) -> None:
    """Take one step of the life of a bag or rack; raises StepOutOfOrder."""
    bag.state = (RACK if bag.is_rack else BAG).next_state(bag.state, action)
    if action == BagAction.SEAL:
        bag.sealed_at = at
    elif action == BagAction.HAND_OVER:
        bag.handed_over_at = at
    elif action == BagAction.RECEIVE:
        bag.received_at = at
    elif action == BagAction.RECONCILE:
        bag.reconciled_at = at


def stand_rack(rack: Bag, *, act: Act) -> None:
    """The rack came to a place: it stays there, and what lies in it is checked. Raises RackNeedsPlace."""
    if act.place is None:
        raise RackNeedsPlace(code=rack.code)
    rack.to_place, rack.check_began_at = act.place, act.at


def pack(
    session: Session, catalog: Catalog, bag: Bag, sample: Sample, tests: Iterable[Test], *, act: Act
) -> bool:
    """Put a sample into a bag or rack by the packing rules; False when it lies in there already."""
    if bag.state != BagState.OPEN:
        raise BagClosed(code=bag.code, state=words(bag.state))
    inside = {row.sample_id: row for row in _rows(session, bag)}
    if sample.id in inside and inside[sample.id].out_at is None:
        return False
    _check_temperature(bag, sample, tests)
    _check_company(catalog, sample, contents(session, bag))
    _repack(session, sample.id, at=act.at)
    if sample.id in inside:
        stay = inside[sample.id]
        stay.packed_at, stay.out_at, stay.repacked = act.at, None, False
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
    """Samples were scanned in: they come out of their bags, and those in racks are seen there.

    A sample whose bag was closed without it is a straggler, and no longer missing.
    """
    stays = _open_stays(session, sample_ids)
    for stay, bag in stays:
        if bag.is_rack:
            stay.seen_at = at
        else:
            stay.out_at, stay.straggler, stay.repacked = at, bag.state == BagState.RECONCILED, False
    if stays:
        session.flush()


def _repack(session: Session, sample_id: int, *, at: datetime) -> None:
    """The sample goes into another bag: where it did not arrive nobody waits for it any more."""
    for stay, bag in _open_stays(session, [sample_id]):
        arrived = not bag.is_rack and bag.state in (BagState.RECEIVED, BagState.RECONCILED)
        stay.out_at, stay.straggler, stay.repacked = at, bag.state == BagState.RECONCILED, not arrived
    session.flush()


def _open_stays(session: Session, sample_ids: Collection[int]) -> list[tuple[BagSample, Bag]]:
    found = session.connection().execute(_STAYS, {"samples": list(sample_ids)}).all()
    return [(session.get_one(BagSample, row.id), session.get_one(Bag, row.bag_id)) for row in found]


def open_bags(session: Session, *, limit: int) -> list[Bag]:
    """Bags that are not reconciled yet, oldest first."""
    unfinished = col(Bag.state) != BagState.RECONCILED.value
    bags = select(Bag).where(unfinished, col(Bag.code).startswith(CodeKind.BAG))
    return list(session.exec(bags.order_by(col(Bag.id)).limit(limit)))


def racks(session: Session, *, limit: int) -> list[Bag]:
    """Every rack, oldest first."""
    found = select(Bag).where(col(Bag.state) != BagState.RECONCILED, col(Bag.code).startswith(CodeKind.RACK))
    return list(session.exec(found.order_by(col(Bag.id)).limit(limit)))


def _rows(session: Session, bag: Bag) -> list[BagSample]:
    return list(session.exec(select(BagSample).where(BagSample.bag_id == bag.id)))
