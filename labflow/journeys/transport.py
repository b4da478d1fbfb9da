"""From the bedside to reception: bags, hand-overs with two sides, and what a person carries.

The functions that take a `session` are steps of a larger act (a scan); the others are acts of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from .. import custody, ledger, orders, samples
from ..catalog import Catalog, Temperature
from ..custody import Bag, BagAction, BagState, CustodyKind
from ..foundation.act import Act
from ..foundation.codes import CodeKind, new_code, require_kind
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..orders import OrderedTest
from ..samples import Sample, SampleState

MOST_SHOWN = 200


class NotLabelledYet(Refused):
    """The label of {code} was not scanned back at the bedside.

    Scan the stuck label with the do-card "scan back", then hand over.
    """


class EmptyBag(Refused):
    """The bag {code} is empty.

    Pack the samples first, or hand over another bag.
    """


@dataclass(frozen=True, kw_only=True)
class BagSample:
    """A sample that was packed into a bag, and whether it came out again."""

    code: str
    case_number: str
    container: str
    arrived: bool


@dataclass(frozen=True, kw_only=True)
class BagCard:
    """A bag with what was packed into it."""

    code: str
    state: BagState
    temperature: Temperature
    opened_at: datetime
    handed_over_at: datetime | None
    received_at: datetime | None
    from_place: str | None
    samples: tuple[BagSample, ...]

    @property
    def missing(self) -> tuple[BagSample, ...]:
        return tuple(sample for sample in self.samples if not sample.arrived)


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
    """A new bag; without a (pre-printed) code it gets one."""
    with db.writing() as session:
        wanted = require_kind(code, CodeKind.BAG) if code else new_code(CodeKind.BAG, rng=act.rng)
        bag = custody.open_bag(session, wanted, temperature, act=act)
        return card_of(session, catalog, bag)


def bag_card(db: Database, catalog: Catalog, code: str) -> BagCard:
    """One bag; raises UnknownBag."""
    with db.reading() as session:
        return card_of(session, catalog, custody.bag_by_code(session, code))


def bags_on_the_way(db: Database, catalog: Catalog) -> list[BagCard]:
    """Bags that are not reconciled yet, oldest first."""
    with db.reading() as session:
        return [card_of(session, catalog, bag) for bag in custody.open_bags(session, limit=MOST_SHOWN)]


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


def pack_in(session: Session, catalog: Catalog, bag: Bag, sample: Sample, *, act: Act) -> bool:
    """`pack` within a larger act."""
    if sample.labelled_at is None:
        raise NotLabelledYet(code=sample.code)
    tests = [orders.terms(test) for test in _tests(session, sample)]
    packed = custody.pack(session, catalog, bag, sample, tests, act=act)
    if packed:
        custody.record(session, [sample.chain_id], CustodyKind.PACKED, act=act, details={"bag": bag.code})
    return packed


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


def card_of(session: Session, catalog: Catalog, bag: Bag) -> BagCard:
    packed = custody.packed(session, bag)
    numbers = case_numbers(session, [sample for sample, _ in packed])
    return BagCard(
        code=bag.code,
        state=bag.state,
        temperature=bag.temperature,
        opened_at=bag.opened_at,
        handed_over_at=bag.handed_over_at,
        received_at=bag.received_at,
        from_place=bag.from_place,
        samples=tuple(
            BagSample(
                code=sample.code,
                case_number=numbers[sample.case_id],
                container=container_name(catalog, sample),
                arrived=arrived,
            )
            for sample, arrived in packed
        ),
    )


def container_name(catalog: Catalog, sample: Sample) -> str:
    """What people call the sample's container; its code when the catalog dropped it since."""
    container = catalog.containers.get(sample.container)
    return container.name if container else sample.container


def case_numbers(session: Session, of: Sequence[Sample]) -> dict[int, str]:
    """Case number by case row, for many samples at once."""
    cases = {sample.case_id for sample in of}
    rows = session.exec(select(samples.Case.id, samples.Case.number).where(col(samples.Case.id).in_(cases)))
    return dict(rows.all())


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
