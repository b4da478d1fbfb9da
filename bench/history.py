"""The rows of a laboratory's history, made in bulk.

Every case has one procedure, six tests and eight samples with a chain each. The tests of the newest cases
wait in their queues; all others are verified.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from labflow import custody, ledger
from labflow.catalog import Catalog, SampleKind, Side, Urgency, freeze_test
from labflow.custody import CustodyKind
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.codes import CodeKind, new_code
from labflow.ledger.chain import EMPTY_HEAD
from labflow.orders import OrderSource, OrderState, TestState
from labflow.patients import name_key
from labflow.procedures import Outcome, Particles
from labflow.results import ResultState
from labflow.samples import SampleState
from labflow.samples.numbers import case_number

SAMPLES_A_CASE = 8
TESTS = ("BM-FILM", "BM-MORPH", "BM-DIFF", "BM-FLOW", "BM-KARYO", "BM-IRON")
# Tests wait in the newest cases: a share of all, and at least enough that a queue fills its page.
OPEN_SHARE = 0.03
FEWEST_OPEN_CASES = 100
_KINDS = (SampleKind.SLIDE,) * 4 + (SampleKind.TUBE,) * 4
_CONTAINERS = ("SLIDE",) * 4 + ("EDTA", "EDTA", "HEPARIN", "EDTA")
_SERVES = (0, 1, 2, 5, 3, 3, 4, 1)  # which test each sample is for
_ONE_CASE_EVERY = timedelta(minutes=20)
_EPOCH = date(2012, 1, 1)


class History:
    """Rows by table, on their way into the database. Ids are given here, so no insert tells them back."""

    def __init__(self, catalog: Catalog, act: Act, verifier: int, *, cases: int) -> None:
        self.samples: list[str] = []
        self.cases: list[str] = []
        self._catalog, self._act, self._verifier, self._count = catalog, act, verifier, cases
        self.closed = cases - max(int(cases * OPEN_SHARE), min(cases, FEWEST_OPEN_CASES))
        self._terms = [freeze_test(catalog.tests[code]) for code in TESTS]
        self._rows: dict[str, list[dict[str, Any]]] = {}

    @property
    def rng(self) -> random.Random:
        return self._act.rng

    def case(self, number: int) -> None:
        """The rows of the case of this number, counted from 1."""
        at = self._act.at - _ONE_CASE_EVERY * (self._count - number + 4)
        closed = number <= self.closed
        self._patient(number, at)
        self._order(number, at, OrderState.COMPLETED if closed else OrderState.ACTIVE)
        self._tests(number, TestState.VERIFIED if closed else TestState.WAITING)
        self._procedure(number, at)
        self._case(number, at)
        for place in range(SAMPLES_A_CASE):
            self._sample(number, place, at)
        for place in range(len(TESTS)):
            if closed:
                self._result(number, place, at)
            else:
                self._queue_entry(number, place, at)

    def counters(self) -> None:
        """What labflow counts as it goes, after the last case."""
        opened = dict.fromkeys((self._catalog.tests[code].queue for code in TESTS), 0)
        for code in TESTS:
            opened[self._catalog.tests[code].queue] += self._count - self.closed
        for queue, count in opened.items():
            self._add("queue_counts", queue=queue, open=count)
        self._add("case_counters", year=self._act.at.year, last=self._count)

    def store(self, session: Session) -> None:
        """Write the rows made so far, parents first."""
        for table in SQLModel.metadata.sorted_tables:
            if rows := self._rows.pop(table.name, None):
                session.connection().execute(sa.insert(table), rows)

    def _patient(self, number: int, at: datetime) -> None:
        family, given = f"Invented{number % 997}", f"Child {number}"
        born = _EPOCH + timedelta(days=number % 4000)
        mrn, authority = f"{number:010d}", self._catalog.laboratory.mrn_authority
        named = {"family_name": family, "given_name": given, "name_key": name_key(family, given)}
        self._add(
            "patients",
            id=number,
            mrn=mrn,
            mrn_authority=authority,
            birth_date=born,
            registered_at=at,
            **named,
        )
        self._add("weights", patient_id=number, kg=20, measured_on=at.date())

    def _order(self, number: int, at: datetime, state: OrderState) -> None:
        self._add(
            "orders",
            id=number,
            number=f"O{at.year % 100}-{number:06d}",
            patient_id=number,
            state=state,
            source=OrderSource.TYPED,
            indication="PANCYT",
            urgency=Urgency.ROUTINE,
            ordered_at=at,
            received_at=at,
            event_id=self._uuid(),
            entered_by=self._act.by,
        )

    def _tests(self, number: int, state: TestState) -> None:
        for place, code in enumerate(TESTS):
            self._add(
                "ordered_tests",
                id=_test_id(number, place),
                order_id=number,
                number=place + 1,
                test_code=code,
                priority=place,
                state=state,
                terms=self._terms[place],
            )

    def _procedure(self, number: int, at: datetime) -> None:
        self._add(
            "procedures",
            id=number,
            order_id=number,
            outcome=Outcome.OBTAINED,
            identified_by=ReadBy.SCANNED,
            operator_id=self._act.by,
            place=self._act.place,
            anaesthesia="GENERAL",
            checklist={},
            complications=[],
            began_at=at,
            ended_at=at,
        )
        pull = {"number": 1, "site": "PIC", "side": Side.LEFT, "volume_ml": 5, "particles": Particles.SEEN}
        self._add("pulls", id=number, procedure_id=number, pulled_at=at, **pull)

    def _case(self, number: int, at: datetime) -> None:
        named = case_number(self._catalog.laboratory.case_prefix, at.year, number)
        self.cases.append(named)
        links = dict.fromkeys(("id", "procedure_id", "order_id", "patient_id"), number)
        self._add("cases", number=named, opened_at=at, **links)

    def _sample(self, number: int, place: int, at: datetime) -> None:
        code, row = new_code(CodeKind.SAMPLE, rng=self.rng), (number - 1) * SAMPLES_A_CASE + place + 1
        self.samples.append(code)
        self._chain(row, at)
        self._add(
            "samples",
            id=row,
            code=code,
            chain_id=row,
            case_id=number,
            number=place + 1,
            pull_id=number,
            kind=_KINDS[place],
            container=_CONTAINERS[place],
            state=SampleState.ACCEPTED,
            collected_at=at,
            labelled_at=at,
        )
        self._add("sample_tests", sample_id=row, ordered_test_id=_test_id(number, _SERVES[place]))

    def _chain(self, row: int, at: datetime) -> None:
        name = self._uuid()
        act = replace(self._act, at=at, occurred_at=at, event_id=self._uuid())
        empty = ledger.End(chain_id=row, name=name, length=0, head=EMPTY_HEAD)
        entry, end = custody.link(
            empty, CustodyKind.ACCEPTED, act=act, holder=act.badge, place=act.place, details={}
        )
        self._add("chains", id=row, name=name, length=end.length, head=end.head)
        self._add("entries", **entry)

    def _result(self, number: int, place: int, at: datetime) -> None:
        self._add(
            "results",
            ordered_test_id=_test_id(number, place),
            version=1,
            state=ResultState.FINAL,
            fields={},
            conclusion="Invented conclusion.",
            entered_by=self._act.by,
            entered_at=at,
            verified_by=self._verifier,
            verified_at=at,
        )

    def _queue_entry(self, number: int, place: int, at: datetime) -> None:
        self._add(
            "queue_entries",
            queue=self._catalog.tests[TESTS[place]].queue,
            ordered_test_id=_test_id(number, place),
            sample_id=(number - 1) * SAMPLES_A_CASE + _SERVES.index(place) + 1,
            case_id=number,
            urgency_rank=int(number % 5 > 0),
            viable_until=at + timedelta(hours=24),
            due_at=at + timedelta(hours=48),
            entered_at=at,
        )

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def _add(self, table: str, **row: Any) -> None:
        self._rows.setdefault(table, []).append(row)


def _test_id(number: int, place: int) -> int:
    return (number - 1) * len(TESTS) + place + 1
