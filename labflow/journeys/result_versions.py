"""A test's result with all its versions, as people read it, and what locks it for whoever decides on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from .. import orders, patients, results, samples, staff
from ..catalog import Side, Test
from ..foundation.errors import NotFound
from ..foundation.seen import mark_of, require_seen, told
from ..orders import OrderedTest, TestState
from ..patients import Banner
from ..results import Amendment, Result, ResultState
from ..samples import Case

_NOT_READ = {"id", "ordered_test_id", "entered_by", "verified_by", "returned_by", "withdrawn_by"}


class NoSuchTest(NotFound):
    """Case {case_number} has no test number {number}.

    Look at the case: it lists its tests with their numbers.
    """


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a result as people read it; `changed` names the fields that differ from before."""

    version: int
    state: ResultState
    amends: Amendment | None
    fields: dict[str, Any]
    conclusion: str
    critical: bool
    reason: str
    entered_by: str
    entered_at: datetime
    verified_by: str | None
    verified_at: datetime | None
    returned_by: str | None
    returned_note: str
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    changed: frozenset[str] = frozenset()

    @property
    def last_act(self) -> tuple[datetime, str]:
        """When and what was done to it last; a version that was sent back does not say when."""
        if self.withdrawn_by and self.withdrawn_at:
            return self.withdrawn_at, self._words("withdrawn", told(self.withdrawn_by, self.withdrawn_at))
        if self.verified_by and self.verified_at:
            return self.verified_at, self._words("verified", told(self.verified_by, self.verified_at))
        if self.returned_by:
            return self.entered_at, self._words("sent back", self.returned_by)
        return self.entered_at, self._words("entered", told(self.entered_by, self.entered_at))

    def _words(self, done: str, who: str) -> str:
        return f"version {self.version} was {done} by {who}"


@dataclass(frozen=True, kw_only=True)
class TestResults:
    """A test of a case with every version of its result, newest first.

    `answer` is the version that counts, `waiting` the one that waits to be verified.
    """

    case_number: str
    order_number: str
    collected_at: datetime | None
    number: int
    side: Side | None
    terms: Test
    state: TestState
    banner: Banner
    sample_codes: tuple[str, ...]
    versions: tuple[Version, ...]
    answer: Version | None
    waiting: Version | None

    @property
    def mark(self) -> str:
        """Another one after every act on the result: who signs names what they read."""
        return mark_of(self.state.value, [(one.version, one.state.value) for one in self.versions])

    @property
    def last_change(self) -> str:
        """What was done last, by whom and when."""
        return max(version.last_act for version in self.versions)[1]

    @property
    def being_amended(self) -> bool:
        return self.answer is not None and self.waiting is not None


def locked(session: Session, case_number: str, number: int) -> tuple[Case, OrderedTest]:
    """The case and its test; nobody else changes the test until the transaction ends."""
    case = samples.case_by_number(session, case_number)
    test = find_test(session, case, number)
    session.refresh(test, with_for_update=True)
    return case, test


def as_seen(session: Session, case_number: str, number: int, seen: str | None) -> tuple[Case, OrderedTest]:
    """`locked`, when the result is still what was seen; raises ChangedSince."""
    case, test = locked(session, case_number, number)
    if seen is not None:
        present = read(session, case, test)
        require_seen(seen, present.mark, lambda: present.last_change)
    return case, test


def find_test(session: Session, case: Case, number: int) -> OrderedTest:
    of_case = orders.tests_of(session, case.order_id)
    test = next((test for test in of_case if test.number == number), None)
    if test is None:
        raise NoSuchTest(case_number=case.number, number=number)
    return test


def read(session: Session, case: Case, test: OrderedTest) -> TestResults:
    standing = results.current(session, [test.id]).get(test.id)
    rows = standing.versions if standing else ()
    listed = _versions(session, rows)
    by_version = {version.version: version for version in listed}
    serving = [sample for sample in samples.samples_serving(session, test.id) if sample.case_id == case.id]
    return TestResults(
        case_number=case.number,
        order_number=orders.by_id(session, case.order_id).number,
        collected_at=min((sample.collected_at for sample in serving if sample.collected_at), default=None),
        number=test.number,
        side=test.side,
        terms=orders.terms(test),
        state=test.state,
        banner=patients.banner(patients.by_id(session, case.patient_id)),
        sample_codes=tuple(sample.code for sample in serving),
        versions=listed,
        answer=by_version[standing.answer.version] if standing and standing.answer else None,
        waiting=by_version[standing.waiting.version] if standing and standing.waiting else None,
    )


def _versions(session: Session, rows: Sequence[Result]) -> tuple[Version, ...]:
    people = {
        person
        for row in rows
        for person in (row.entered_by, row.verified_by, row.returned_by, row.withdrawn_by)
        if person is not None
    }
    names: dict[int | None, str] = dict(staff.names(session, people).items())
    older = (*rows[1:], None)
    return tuple(_version(row, before, names) for row, before in zip(rows, older, strict=False))


def _version(row: Result, before: Result | None, names: Mapping[int | None, str]) -> Version:
    return Version(
        **row.model_dump(exclude=_NOT_READ),
        entered_by=names[row.entered_by],
        verified_by=names.get(row.verified_by),
        returned_by=names.get(row.returned_by),
        withdrawn_by=names.get(row.withdrawn_by),
        changed=_changed(row, before),
    )


def _changed(row: Result, before: Result | None) -> frozenset[str]:
    """The fields that differ from the version before; none in a first version."""
    if before is None:
        return frozenset()
    codes = row.fields.keys() | before.fields.keys()
    return frozenset(code for code in codes if row.fields.get(code) != before.fields.get(code))
