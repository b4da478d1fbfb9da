"""What the bedside sees before anything is written: the draw plan, and what a volume would cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session

from .. import orders, patients, procedures, samples
from ..catalog import Catalog, Side
from ..foundation.database import Database
from ..foundation.errors import Conflict
from ..orders import Order, OrderedTest, OrderState, TestState
from ..patients import Banner, Patient
from ..procedures import (
    Allocation,
    Child,
    DrawPlan,
    NewCore,
    NewPull,
    Obtained,
    SiteOffer,
    VolumeCheck,
    Wanted,
)
from ..samples import SampleState

# A test that has one of these needs no new sample.
_LIVE = frozenset(SampleState) - {
    SampleState.NOT_OBTAINED,
    SampleState.REJECTED,
    SampleState.LOST,
    SampleState.DISPOSED,
}


class NothingToCollect(Conflict):
    """Order {number} is {state}, or every test of it has its samples already.

    Look at the order; a new sample needs a recollection order.
    """


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """A test that the volume does not cover; `missing_ml` is 0 where a core, a film or a rest is missing."""

    number: int
    code: str
    name: str
    container: str
    missing_ml: Decimal


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the pulls so far cover. `diluted` are tests whose first pull was larger than it may be."""

    allocation: Allocation
    uncovered: tuple[Uncovered, ...]
    diluted: tuple[str, ...]
    volume: VolumeCheck


@dataclass(frozen=True, kw_only=True)
class BedsideCard:
    """Everything that the registration page shows of an order before the procedure."""

    order: Order
    tests: tuple[OrderedTest, ...]
    banner: Banner
    age_months: int | None
    weight_kg: Decimal | None
    weighed_on: date | None
    plan: DrawPlan
    sites: tuple[SiteOffer, ...]


@dataclass(frozen=True, kw_only=True)
class Collectable:
    """An order with what of it can be collected now."""

    order: Order
    patient: Patient
    child: Child
    tests: dict[int, OrderedTest]
    wanted: tuple[Wanted, ...]


def bedside_card(db: Database, catalog: Catalog, order_number: str, *, now: datetime) -> BedsideCard:
    """The order with its draw plan and the sites for this child; raises UnknownOrder, NothingToCollect."""
    with db.reading() as session:
        found = collectable(session, orders.by_number(session, order_number))
        weight = patients.latest_weight(session, found.patient.id)
        similar = bool(patients.look_alikes(session, found.patient))
    age_months = found.child.age_months(today(catalog, now))
    return BedsideCard(
        order=found.order,
        tests=tuple(found.tests.values()),
        banner=patients.banner(found.patient, similar_name=similar),
        age_months=age_months,
        weight_kg=found.child.weight_kg,
        weighed_on=weight.measured_on if weight else None,
        plan=plan(catalog, found, now=now),
        sites=tuple(procedures.offered_sites(catalog.sites, age_months)),
    )


def draw_plan(db: Database, catalog: Catalog, order_number: str, *, now: datetime) -> DrawPlan:
    """The plan of an order's pulls; raises UnknownOrder, NothingToCollect."""
    with db.reading() as session:
        return plan(catalog, collectable(session, orders.by_number(session, order_number)), now=now)


def preview(
    db: Database,
    catalog: Catalog,
    order_number: str,
    pulls: tuple[NewPull, ...],
    cores: tuple[NewCore, ...] = (),
    *,
    blood_drawn_ml: Decimal = Decimal(0),
    now: datetime,
) -> Preview:
    """What these pulls cover while more can still be drawn; raises ImpossibleVolume. Nothing is written."""
    procedures.require_possible_pulls(pulls, catalog)
    with db.reading() as session:
        found = collectable(session, orders.by_number(session, order_number))
    allocation = allocate(catalog, found, pulls, cores)
    drawn = sum((pull.volume_ml for pull in pulls), blood_drawn_ml)
    return Preview(
        allocation=allocation,
        uncovered=uncovered(allocation),
        diluted=tuple(wanted.test.code for wanted in allocation.diluted),
        volume=check_volume(catalog, found.child, drawn, now=now),
    )


def collectable(session: Session, order: Order) -> Collectable:
    """The order with its child and the tests that wait for a sample; raises NothingToCollect."""
    sampled = samples.tests_sampled(session, order.id, _LIVE)
    tests = {
        test.number: test
        for test in orders.tests_of(session, order.id)
        if test.state in (TestState.PLANNED, TestState.NOT_POSSIBLE) and test.id not in sampled
    }
    if order.state == OrderState.CANCELLED or not tests:
        raise NothingToCollect(number=order.number, state=order.state.value.replace("_", " "))
    patient = patients.by_id(session, order.patient_id)
    weight = patients.latest_weight(session, patient.id)
    return Collectable(
        order=order,
        patient=patient,
        child=Child(birth_date=patient.birth_date, weight_kg=weight.kg if weight else None),
        tests=tests,
        wanted=tuple(_wanted(test) for test in tests.values()),
    )


def plan(catalog: Catalog, found: Collectable, *, now: datetime) -> DrawPlan:
    return procedures.plan_draw(
        found.wanted,
        found.child,
        containers=catalog.containers,
        blood_volumes=catalog.blood_volumes,
        limits=catalog.volume_limits,
        on=today(catalog, now),
    )


def allocate(
    catalog: Catalog, found: Collectable, pulls: Sequence[NewPull], cores: Sequence[NewCore]
) -> Allocation:
    obtained = [
        Obtained(number=number, site=pull.site, side=pull.side, volume_ml=pull.volume_ml)
        for number, pull in enumerate(pulls, start=1)
    ]
    sides: list[Side] = [core.side for core in cores]
    return procedures.allocate(
        found.wanted, obtained, sides, containers=catalog.containers, limits=catalog.volume_limits
    )


def check_volume(catalog: Catalog, child: Child, drawn_ml: Decimal, *, now: datetime) -> VolumeCheck:
    estimated = procedures.blood_volume_ml(catalog.blood_volumes, child, today(catalog, now))
    return procedures.check_volume(drawn_ml, estimated, catalog.volume_limits)


def uncovered(allocation: Allocation) -> tuple[Uncovered, ...]:
    """The shortfalls in the words of the order."""
    return tuple(
        Uncovered(
            number=one.wanted.number,
            code=one.wanted.test.code,
            name=one.wanted.test.name,
            container=one.container.name if one.container else "",
            missing_ml=one.missing_ml,
        )
        for one in allocation.uncovered
    )


def today(catalog: Catalog, now: datetime) -> datetime:
    """The moment in the laboratory's own calendar."""
    return now.astimezone(ZoneInfo(catalog.calendar.time_zone))


def _wanted(test: OrderedTest) -> Wanted:
    return Wanted(number=test.number, priority=test.priority, side=test.side, test=orders.terms(test))
