"""Finding cases and samples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import ledger
from ..foundation.codes import CodeKind, require_kind
from ..foundation.errors import NotFound
from .lifecycle import SampleState
from .numbers import check_case_number
from .tables import Case, ReservedCode, RetiredCode, Sample, SampleTest


class UnknownSample(NotFound):
    """No sample has the code {code}.

    Compare the code with the label; a label from elsewhere is not known here.
    """


class UnknownCase(NotFound):
    """No case has the number {number}.

    Compare it with the label, or search for the child's order.
    """


@dataclass(frozen=True)
class Node:
    """A sample with the samples made from it."""

    sample: Sample
    children: tuple[Node, ...]


def by_code(session: Session, code: str, *, lock: bool = False) -> Sample:
    """The sample with this code; raises UnknownSample, and what `require_kind` raises for other codes."""
    require_kind(code, CodeKind.SAMPLE)
    found = select(Sample).where(Sample.code == code)
    sample = session.exec(found.with_for_update() if lock else found).first()
    if sample is None:
        raise UnknownSample(code=code)
    return sample


def by_codes(session: Session, codes: Sequence[str]) -> dict[str, Sample]:
    """The samples that have these codes, by code; codes nobody has are left out."""
    found = session.exec(select(Sample).where(col(Sample.code).in_(codes)))
    return {sample.code: sample for sample in found}


def retired_code(session: Session, code: str) -> RetiredCode | None:
    """What became of a code that is out of use; None for one that is not."""
    return session.get(RetiredCode, code)


def used_codes(session: Session, codes: Collection[str]) -> set[str]:
    """Those of the codes that a sample has or had, or that are reserved."""
    now = select(Sample.code).where(col(Sample.code).in_(codes))
    once = select(RetiredCode.code).where(col(RetiredCode.code).in_(codes))
    reserved = select(ReservedCode.code).where(col(ReservedCode.code).in_(codes))
    return {*session.exec(now), *session.exec(once), *session.exec(reserved)}


def codes_of_chains(session: Session, names: Collection[UUID]) -> dict[UUID, str]:
    """By the name of a chain, the code of the sample that it is about, where it is about one."""
    wanted = select(ledger.Chain.name, Sample.code).join(Sample, col(Sample.chain_id) == ledger.Chain.id)
    return dict(session.exec(wanted.where(col(ledger.Chain.name).in_(names))).all())


def by_id(session: Session, sample_id: int) -> Sample:
    return session.get_one(Sample, sample_id)


def of_case(session: Session, case_id: int) -> list[Sample]:
    """All samples of a case by number, those that were not obtained too."""
    return list(session.exec(select(Sample).where(Sample.case_id == case_id).order_by(col(Sample.number))))


def tree(session: Session, case_id: int) -> list[Node]:
    """The samples of a case with their children, by number."""
    children: dict[int | None, list[Sample]] = {}
    for sample in of_case(session, case_id):
        children.setdefault(sample.parent_id, []).append(sample)
    return list(_nodes(children, None))


def _nodes(children: dict[int | None, list[Sample]], parent_id: int | None) -> tuple[Node, ...]:
    return tuple(Node(sample, _nodes(children, sample.id)) for sample in children.get(parent_id, ()))


def unlabelled(session: Session, case_id: int) -> list[Sample]:
    """Samples that left the child and whose label was not scanned back yet."""
    waiting = select(Sample).where(
        Sample.case_id == case_id,
        col(Sample.labelled_at).is_(None),
        col(Sample.parent_id).is_(None),
        Sample.state != SampleState.NOT_OBTAINED,
    )
    return list(session.exec(waiting.order_by(col(Sample.number))))


def case_by_number(session: Session, number: str) -> Case:
    """The case with this number; raises MalformedCaseNumber or UnknownCase."""
    number = check_case_number(number)
    case = session.exec(select(Case).where(Case.number == number)).first()
    if case is None:
        raise UnknownCase(number=number)
    return case


def case_by_id(session: Session, case_id: int) -> Case:
    return session.get_one(Case, case_id)


def case_of_procedure(session: Session, procedure_id: int) -> Case:
    return session.exec(select(Case).where(Case.procedure_id == procedure_id)).one()


def cases_of_order(session: Session, order_id: int) -> list[Case]:
    """The cases of an order, oldest first; more than one when the child was punctured again."""
    return list(session.exec(select(Case).where(Case.order_id == order_id).order_by(col(Case.id))))


def tests_served(session: Session, sample_id: int) -> list[int]:
    """The ids of the ordered tests that a sample serves."""
    served = select(SampleTest.ordered_test_id).where(SampleTest.sample_id == sample_id)
    return list(session.exec(served.order_by(col(SampleTest.ordered_test_id))))


def samples_serving(session: Session, ordered_test_id: int) -> list[Sample]:
    """The samples that serve an ordered test, by number."""
    serving = (
        select(Sample)
        .join(SampleTest, col(SampleTest.sample_id) == Sample.id)
        .where(SampleTest.ordered_test_id == ordered_test_id)
        .order_by(col(Sample.case_id), col(Sample.number))
    )
    return list(session.exec(serving))


def tests_sampled(session: Session, order_id: int, states: Collection[SampleState]) -> set[int]:
    """The ids of an order's tests that have a sample in one of these states."""
    wanted = {"order": order_id, "states": list(states)}
    return set(session.connection().execute(_SAMPLED, wanted).scalars())


_SAMPLED = (
    select(SampleTest.ordered_test_id)
    .join(Sample, col(Sample.id) == SampleTest.sample_id)
    .join(Case, col(Case.id) == Sample.case_id)
    .where(
        Case.order_id == sa.bindparam("order"), col(Sample.state).in_(sa.bindparam("states", expanding=True))
    )
)
