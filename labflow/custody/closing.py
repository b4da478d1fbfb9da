"""Closing a bag, checking a rack: what was not found is named on its chain until it turns up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from ..catalog import Catalog, ReasonUse, reasons_for, require_reason
from ..foundation.act import Act
from ..foundation.errors import Conflict, Refused
from ..samples import Sample
from .bags import advance_bag
from .contents import Content, InBag, contents_of, contents_of_all, named_by_case
from .lifecycle import BagAction, BagState, CustodyKind
from .operations import record
from .queries import position
from .tables import Bag, BagSample


class MissingNeedsReason(Refused):
    """{count} of {expected} not found in {code}: {names}.

    Look for them, or choose a reason and close it without them.
    """


class NotInThisRack(Conflict):
    """{code} is not on record in the rack {rack}. Nothing was saved.

    Scan the do-card "pack", the rack and the sample to put it in, or take it to where it belongs.
    """


def being_checked(bag: Bag) -> bool:
    """Whether there is something to close: a bag was received, or a rack is being checked."""
    return bag.state == BagState.RECEIVED or bag.check_began_at is not None


def close_bag(
    session: Session, catalog: Catalog, bag: Bag, *, reason: str | None, counted: int | None = None, act: Act
) -> list[Content]:
    """Close a received bag, or the check of a rack; what is in it or missing, as it was then.

    Samples that nobody found need a coded reason, which their chains keep; those that were missed before
    need none again. Raises MissingNeedsReason, UnknownReason and StepOutOfOrder.
    """
    contents = contents_of(session, catalog, bag)
    newly = [one for one in contents if one.state in (InBag.AWAITED, InBag.INSIDE)]
    if bag.state == BagState.RECEIVED or not bag.is_rack:
        advance_bag(bag, BagAction.RECONCILE, at=act.at)
    if newly:
        _name_missing(session, catalog, bag, newly, reason, expected=len(_expected(contents)), act=act)
    bag.check_began_at, bag.counted = None, counted
    bag.missing_reason = reason if newly else None
    session.add(bag)
    session.flush()
    return contents


def _expected(contents: Sequence[Content]) -> list[Content]:
    return [one for one in contents if one.state != InBag.OUT]


def _name_missing(
    session: Session,
    catalog: Catalog,
    bag: Bag,
    missing: Sequence[Content],
    reason: str | None,
    *,
    expected: int,
    act: Act,
) -> None:
    if not reason:
        raise MissingNeedsReason(
            count=len(missing),
            expected=expected,
            code=bag.code,
            names=named_by_case(catalog, missing),
            reasons=reasons_for(catalog, ReasonUse.MISSING),
        )
    require_reason(catalog, reason, ReasonUse.MISSING)
    for one in missing:
        one.stay.missing_at, one.stay.missing_reason = act.at, reason
    chains = [one.sample.chain_id for one in missing]
    # the holder stays who it was on record: nobody else answers for it; where it is, nobody knows
    details = {"bag": bag.code, "reason": reason}
    record(session, chains, CustodyKind.NOT_FOUND, act=act, place=None, details=details)


def begin_check(rack: Bag, *, act: Act) -> None:
    """Compare what lies in the rack with what should; a check that goes on goes on."""
    if rack.check_began_at is None:
        rack.check_began_at = act.at


def check_off(session: Session, rack: Bag, sample: Sample, *, act: Act) -> bool:
    """The sample was seen in the rack; False when this check saw it before. Raises NotInThisRack.

    What was missing, or on record somewhere else, is found by that.
    """
    own = select(BagSample).where(
        BagSample.bag_id == rack.id, BagSample.sample_id == sample.id, col(BagSample.out_at).is_(None)
    )
    stay = session.exec(own).first()
    if stay is None:
        raise NotInThisRack(code=sample.code, rack=rack.code)
    began = rack.check_began_at
    seen_before = stay.seen_at is not None and began is not None and stay.seen_at >= began
    where = position(session, [sample.chain_id]).get(sample.chain_id)
    if stay.is_missing or where is None or where.place != rack.stands_at:
        details = {"bag": rack.code}
        place = rack.stands_at
        record(
            session, [sample.chain_id], CustodyKind.FOUND, act=act, holder=None, place=place, details=details
        )
    elif seen_before:
        return False
    stay.seen_at = act.at
    session.flush()
    return True


def missing_anywhere(session: Session, catalog: Catalog, *, limit: int) -> list[tuple[Bag, Content]]:
    """Samples that a bag or rack was closed without and that nobody scanned since, the oldest first."""
    unseen = col(BagSample.seen_at).is_(None) | (col(BagSample.seen_at) < col(BagSample.missing_at))
    stays = session.exec(
        select(BagSample)
        .where(col(BagSample.missing_at).is_not(None), col(BagSample.out_at).is_(None), unseen)
        .order_by(col(BagSample.missing_at), col(BagSample.id))
        .limit(limit)
    ).all()
    bags = session.exec(select(Bag).where(col(Bag.id).in_({stay.bag_id for stay in stays}))).all()
    by_id = {bag.id: bag for bag in bags}
    found = contents_of_all(session, catalog, bags)
    by_stay = {one.stay.id: one for contents in found.values() for one in contents}
    return [(by_id[stay.bag_id], by_stay[stay.id]) for stay in stays if stay.id in by_stay]
