"""From the bedside to reception: bags, hand-overs with two sides, and what a person carries.

The functions that take a `session` are steps of a larger act (a scan); the others are acts of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .. import custody, ledger, orders, samples
from ..catalog import Catalog, Temperature
from ..custody import Bag, BagAction, BagState, CustodyKind, InBag
from ..foundation.act import Act
from ..foundation.codes import CodeKind, check_code, kind_words, new_code
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..orders import OrderedTest
from ..samples import Sample, SampleState
from .transport_bags import (
    BagCard,
    Missing,
    card_of,
    cards_of,
    case_numbers,
    container_name,
    missing_of,
    missing_words,
)

MOST_SHOWN = 200


class NotLabelledYet(Refused):
    """The label of {code} was not scanned back at the bedside.

    Scan the stuck label with the do-card "scan back", then hand over.
    """


class EmptyBag(Refused):
    """The bag {code} is empty.

    Pack the samples first, or hand over another bag.
    """


class NotABag(Refused):
    """{code} is a {found}. A bag or rack is needed here.

    Scan the code on the bag or rack.
    """


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What END did with a bag or rack, in words."""

    title: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A sample in somebody's hands on its way to the laboratory, with the tightest limit it must meet."""

    code: str
    case_number: str
    container: str
    since: datetime
    labelled: bool
    hand_over_by: datetime | None


def open_bag(
    db: Database,
    catalog: Catalog,
    *,
    act: Act,
    code: str | None = None,
    temperature: Temperature = Temperature.ROOM,
) -> BagCard:
    """A new bag, or a rack by its printed code; without a code a bag gets one."""
    with db.writing() as session:
        wanted = code or new_code(CodeKind.BAG, rng=act.rng)
        return card_of(
            session, catalog, open_bag_in(session, catalog, wanted, temperature=temperature, act=act)
        )


def bag_card(db: Database, catalog: Catalog, code: str) -> BagCard:
    """One bag or rack; raises UnknownBag."""
    with db.reading() as session:
        return card_of(session, catalog, custody.bag_by_code(session, code))


def bags_on_the_way(db: Database, catalog: Catalog) -> list[BagCard]:
    """Bags that are not reconciled yet, oldest first."""
    with db.reading() as session:
        return cards_of(session, catalog, custody.open_bags(session, limit=MOST_SHOWN))


def racks(db: Database, catalog: Catalog) -> list[BagCard]:
    """Every rack, oldest first."""
    with db.reading() as session:
        return cards_of(session, catalog, custody.racks(session, limit=MOST_SHOWN))


def missing(db: Database, catalog: Catalog) -> list[Missing]:
    """Samples that a bag or rack was closed without and that nobody scanned since, the longest first."""
    with db.reading() as session:
        return missing_of(session, catalog, limit=MOST_SHOWN)


def pack(db: Database, catalog: Catalog, bag_code: str, code: str, *, act: Act) -> bool:
    """Put a sample into a bag; False when it lies in there already."""
    with db.writing() as session:
        return pack_in(
            session, catalog, custody.bag_by_code(session, bag_code), samples.by_code(session, code), act=act
        )


def move_bag(db: Database, catalog: Catalog, bag_code: str, action: BagAction, *, act: Act) -> BagCard:
    """Hand over, take or receive a bag with everything in it."""
    with db.writing() as session:
        bag = custody.bag_by_code(session, bag_code)
        move_bag_in(session, bag, action, act=act)
        return card_of(session, catalog, bag)


def carried(db: Database, catalog: Catalog, badge: str) -> list[Carried]:
    """What this person holds of the samples that reception has not decided on, tightest limit first."""
    with db.reading() as session:
        rows = _held_by(session, badge)
        held = [sample for sample, _ in rows]
        numbers, limits = case_numbers(session, held), _limits(session, held)
    found = [
        Carried(
            code=sample.code,
            case_number=numbers[sample.case_id],
            container=container_name(catalog, sample),
            since=entry.occurred_at,
            labelled=sample.labelled_at is not None,
            hand_over_by=limits.get(sample.id),
        )
        for sample, entry in rows
    ]
    return sorted(found, key=lambda item: item.hand_over_by or samples.NO_LIMIT)


def _held_by(session: Session, badge: str) -> Sequence[tuple[Sample, ledger.Entry]]:
    """Collected samples whose last entry names this holder, with that entry."""
    last = (col(ledger.Entry.chain_id) == ledger.Chain.id) & (col(ledger.Entry.number) == ledger.Chain.length)
    return session.exec(
        select(Sample, ledger.Entry)
        .join(ledger.Chain, col(ledger.Chain.id) == Sample.chain_id)
        .join(ledger.Entry, last)
        .where(Sample.state == SampleState.COLLECTED, ledger.Entry.holder == badge)
        .order_by(col(Sample.collected_at), col(Sample.id))
        .limit(MOST_SHOWN)
    ).all()


def open_bag_in(
    session: Session, catalog: Catalog, code: str, *, temperature: Temperature = Temperature.ROOM, act: Act
) -> Bag:
    """`open_bag` within a larger act. A rack is as cold as the place where it stands."""
    kind = check_code(code)
    if kind not in (CodeKind.BAG, CodeKind.RACK):
        raise NotABag(code=code, found=kind_words(kind))
    place = catalog.places.get(act.place or "")
    if kind == CodeKind.RACK and place is not None:
        temperature = place.temperature
    return custody.open_bag(session, code, temperature, act=act)


def pack_in(session: Session, catalog: Catalog, bag: Bag, sample: Sample, *, act: Act) -> bool:
    """`pack` within a larger act. What goes into a rack lies at the rack's place from then on."""
    if sample.labelled_at is None:
        raise NotLabelledYet(code=sample.code)
    tests = [orders.terms(test) for test in _tests(session, sample)]
    packed = custody.pack(session, catalog, bag, sample, tests, act=act)
    packed = packed or _is_out(session, catalog, bag, sample)
    if packed:
        details = {"bag": bag.code}
        custody.record(
            session, [sample.chain_id], CustodyKind.PACKED, act=act, details=details, **_laid(catalog, bag)
        )
    return packed


def _is_out(session: Session, catalog: Catalog, bag: Bag, sample: Sample) -> bool:
    """Whether the sample belongs to this rack and is on record somewhere else."""
    if not bag.is_rack:
        return False
    own = [one.state for one in custody.contents_of(session, catalog, bag) if one.sample.id == sample.id]
    return own in ([InBag.OUT], [InBag.MISSING])


def _laid(catalog: Catalog, bag: Bag) -> dict[str, Any]:
    """Holder and place of what is put into this bag or rack, where that changes them."""
    place = catalog.places.get(bag.stands_at or "") if bag.is_rack else None
    if place is None:
        return {}
    return {"place": place.code} | ({"holder": None} if place.keeps else {})


def move_bag_in(session: Session, bag: Bag, action: BagAction, *, act: Act) -> int:
    """`move_bag` within a larger act; how many samples are in the bag.

    A bag is sealed by handing it over. Receiving a bag is not receiving its samples: each is scanned for
    itself.
    """
    inside = custody.contents(session, bag)
    if action == BagAction.HAND_OVER and bag.state == BagState.OPEN:
        if not inside:
            raise EmptyBag(code=bag.code)
        custody.advance_bag(bag, BagAction.SEAL, at=act.at)
    if action == BagAction.TAKE and bag.state == BagState.OPEN:
        custody.advance_bag(bag, BagAction.SEAL, at=act.at)
    custody.advance_bag(bag, action, at=act.at)
    if bag.is_rack and action == BagAction.RECEIVE:
        custody.stand_rack(bag, act=act)
    session.add(bag)
    kind, holder = {
        BagAction.HAND_OVER: (CustodyKind.DISPATCHED, None),
        BagAction.TAKE: (CustodyKind.TAKEN, act.badge),
        BagAction.RECEIVE: (None, None),
    }[action]
    if kind is not None:
        chains = [sample.chain_id for sample in inside]
        custody.record(session, chains, kind, act=act, holder=holder, place=None, details={"bag": bag.code})
    session.flush()
    return len(inside)


def close_bag(session: Session, catalog: Catalog, bag: Bag, *, reason: str | None, act: Act) -> Closed:
    """What END does with a bag that was received or a rack that is checked.

    Raises MissingNeedsReason, UnknownReason and StepOutOfOrder.
    """
    thing = "Rack" if bag.is_rack else "Bag"
    contents = custody.close_bag(session, catalog, bag, reason=reason, act=act)
    lost = missing_words(catalog, contents)
    count = sum(one.scanned for one in contents)
    title = (
        f"{thing} {bag.code}: {count} of {len([one for one in contents if one.state != InBag.OUT])} scanned"
    )
    detail = f"Missing until somebody scans it: {lost}." if lost else "Nothing is missing."
    return Closed(title=title, detail=detail)


def _tests(session: Session, sample: Sample) -> list[OrderedTest]:
    served = samples.tests_served(session, sample.id)
    return list(session.exec(select(OrderedTest).where(col(OrderedTest.id).in_(served))))


def _limits(session: Session, carried: Sequence[Sample]) -> dict[int, datetime]:
    """The earliest viability limit of each sample, over the tests it serves."""
    by_id = {sample.id: sample for sample in carried}
    rows = session.exec(
        select(samples.SampleTest.sample_id, OrderedTest)
        .join(OrderedTest, col(OrderedTest.id) == samples.SampleTest.ordered_test_id)
        .where(col(samples.SampleTest.sample_id).in_(by_id))
    )
    limits: dict[int, datetime] = {}
    for sample_id, test in rows:
        until = samples.viable_until(orders.terms(test), by_id[sample_id])
        if until is not None:
            limits[sample_id] = min(until, limits.get(sample_id, until))
    return limits
