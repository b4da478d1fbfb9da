"""What there is to know of a sample, its case, and its chain of custody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from .. import custody, orders, patients, samples, staff
from ..catalog import Catalog
from ..custody import CustodyEntry, Gap, OneSided, Position
from ..foundation.database import Database
from ..orders import OrderedTest
from ..patients import Banner
from ..samples import Case, Node, Sample
from .reception import keeping_places


@dataclass(frozen=True, kw_only=True)
class SampleCard:
    """A sample with its case, tests, children and present position. `names` are people by badge."""

    sample: Sample
    case: Case
    order_number: str
    parent_code: str | None
    children: tuple[Sample, ...]
    tests: tuple[OrderedTest, ...]
    viable_until: datetime | None
    position: Position | None
    gaps: tuple[Gap, ...]
    banner: Banner
    names: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CaseCard:
    """A case with all its samples as a tree, and its tests."""

    case: Case
    order_number: str
    tree: tuple[Node, ...]
    positions: dict[int, Position]
    tests: tuple[OrderedTest, ...]
    unlabelled: tuple[Sample, ...]
    banner: Banner
    names: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CustodyView:
    """The whole chain of one sample, and what is missing in it."""

    code: str
    case_number: str
    entries: tuple[CustodyEntry, ...]
    gaps: tuple[Gap, ...]
    one_sided: tuple[OneSided, ...]
    position: Position | None
    banner: Banner
    names: dict[str, str]


def sample_card(db: Database, catalog: Catalog, code: str, *, now: datetime) -> SampleCard:
    """The card of one sample; raises UnknownSample."""
    with db.reading() as session:
        sample = samples.by_code(session, code)
        case = samples.case_by_id(session, sample.case_id)
        tests = _tests(session, case, samples.tests_served(session, sample.id))
        entries = custody.timeline(session, sample.chain_id)
        position = custody.position(session, [sample.chain_id]).get(sample.chain_id)
        limits = [samples.viable_until(orders.terms(test), sample) for test in tests]
        return SampleCard(
            sample=sample,
            case=case,
            order_number=orders.by_id(session, case.order_id).number,
            parent_code=samples.by_id(session, sample.parent_id).code if sample.parent_id else None,
            children=tuple(item for item in samples.of_case(session, case.id) if item.parent_id == sample.id),
            tests=tuple(tests),
            viable_until=min((limit for limit in limits if limit), default=None),
            position=position,
            gaps=tuple(_gaps(catalog, entries, now)),
            banner=_banner(session, case),
            names=_names(session, entries, [position] if position else []),
        )


def case_card(db: Database, case_number: str) -> CaseCard:
    """One case; raises UnknownCase."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        chains = {sample.chain_id: sample.id for sample in samples.of_case(session, case.id)}
        positions = custody.position(session, chains)
        return CaseCard(
            case=case,
            order_number=orders.by_id(session, case.order_id).number,
            tree=tuple(samples.tree(session, case.id)),
            positions={chains[chain]: position for chain, position in positions.items()},
            tests=tuple(orders.tests_of(session, case.order_id)),
            unlabelled=tuple(samples.unlabelled(session, case.id)),
            banner=_banner(session, case),
            names=_names(session, (), positions.values()),
        )


def custody_view(db: Database, catalog: Catalog, code: str, *, now: datetime) -> CustodyView:
    """The chain of custody of one sample; raises UnknownSample."""
    with db.reading() as session:
        sample = samples.by_code(session, code)
        case = samples.case_by_id(session, sample.case_id)
        entries = custody.timeline(session, sample.chain_id)
        return CustodyView(
            code=sample.code,
            case_number=case.number,
            entries=tuple(entries),
            gaps=tuple(_gaps(catalog, entries, now)),
            one_sided=tuple(custody.one_sided(entries)),
            position=custody.position(session, [sample.chain_id]).get(sample.chain_id),
            banner=_banner(session, case),
            names=_names(session, entries, ()),
        )


def _gaps(catalog: Catalog, entries: Sequence[CustodyEntry], now: datetime) -> list[Gap]:
    limit = timedelta(minutes=catalog.custody.gap_minutes)
    return custody.gaps(entries, keeps=keeping_places(catalog), limit=limit, now=now)


def _tests(session: Session, case: Case, served: Iterable[int]) -> list[OrderedTest]:
    wanted = set(served)
    return [test for test in orders.tests_of(session, case.order_id) if test.id in wanted]


def _banner(session: Session, case: Case) -> Banner:
    patient = patients.by_id(session, case.patient_id)
    return patients.banner(patient, similar_name=bool(patients.look_alikes(session, patient)))


def _names(
    session: Session, entries: Iterable[CustodyEntry], positions: Iterable[Position]
) -> dict[str, str]:
    badges = {badge for entry in entries for badge in (entry.actor, entry.holder, entry.from_holder) if badge}
    badges |= {badge for position in positions for badge in (position.actor, position.holder) if badge}
    return staff.names_by_badge(session, badges)
