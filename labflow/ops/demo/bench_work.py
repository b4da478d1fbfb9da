"""The demo's tests at the bench: each from its queue to a verified result, at its own pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ... import orders, queues, samples
from ...catalog import Step, StepKind, Test
from ...foundation.act import Act, ReadBy
from ...journeys import bench, sign_out
from ...journeys.bench import Making
from .cast import PATHOLOGIST, SECOND_TECHNOLOGIST, TECHNOLOGIST, Player
from .findings import findings_of
from .laboratory import Laboratory, TakenCase
from .timeline import Story

# Hours from acceptance to the first step, and hours of work.
_PACE: Mapping[str, tuple[float, float]] = {
    "BM-FILM": (0.4, 1),
    "BM-MORPH": (0.6, 4),
    "BM-DIFF": (1.6, 2),
    "BM-IRON": (2.5, 4),
    "BM-CYTO": (4, 3),
    "BM-FLOW": (0.5, 3),
    "BM-MRD": (4, 20),
    "BM-KARYO": (1, 110),
    "BM-FISH": (1, 40),
    "BM-MOL": (3, 50),
    "BM-CHIM": (4, 60),
    "BM-CX-BACT": (0.5, 110),
    "BM-CX-AFB": (1, 900),
    "BM-CX-FUNG": (1, 480),
    "BONE-CX": (0.5, 100),
    "BONE-KK": (2, 24),
    "BM-TREPH": (2, 55),
    "BM-CLOT": (2, 55),
    "BM-HOLD": (2, 20),
}
_UNTIL_VERIFIED = timedelta(hours=1.5)


@dataclass(frozen=True, kw_only=True)
class OnQueue:
    """A test that waits, with the sample it is done on and the place of its bench."""

    case: TakenCase
    number: int
    sample_code: str
    terms: Test
    place: str

    @property
    def technologist(self) -> Player:
        return TECHNOLOGIST if self.terms.queue == "SMEAR" else SECOND_TECHNOLOGIST

    @property
    def at_bench(self) -> tuple[str, str]:
        """What the bench calls it."""
        return self.sample_code, self.terms.code

    @property
    def in_report(self) -> tuple[str, int]:
        """What the report calls it."""
        return self.case.number, self.number

    def act(self, lab: Laboratory) -> Act:
        """Its technologist at its bench."""
        return lab.act(self.technologist, self.place, ReadBy.SCANNED)


def open_tests(lab: Laboratory, case: TakenCase) -> list[OnQueue]:
    """The case's tests that are on their queues, by number."""
    with lab.db.reading() as session:
        order_id = samples.case_by_number(session, case.number).order_id
        tests = orders.tests_of(session, order_id)
        entries = queues.open_entries_of_tests(session, [test.id for test in tests])
        return [
            OnQueue(
                case=case,
                number=test.number,
                sample_code=samples.by_id(session, entries[test.id].sample_id).code,
                terms=orders.terms(test),
                place=lab.catalog.queues[entries[test.id].queue].place,
            )
            for test in tests
            if test.id in entries
        ]


def test_of(lab: Laboratory, case: TakenCase, test_code: str) -> OnQueue:
    """The one open test of this code."""
    return next(test for test in open_tests(lab, case) if test.terms.code == test_code)


def answer(lab: Laboratory, test: OnQueue) -> Story:
    """Examined at its own pace, then verified."""
    yield from examine(lab, test)
    yield _UNTIL_VERIFIED
    verify(lab, test)


def examine(lab: Laboratory, test: OnQueue, *, steps: int | None = None) -> Story:
    """So many of its steps (all when nothing is said), and then its result."""
    wait, work = _PACE[test.terms.code]
    pause = timedelta(hours=work) / (2 * len(test.terms.steps))
    yield timedelta(hours=wait)
    for step in test.terms.steps[:steps]:
        yield from _do(lab, test, step, pause)
    if steps is None:
        findings = findings_of(test.case.visit.indication, test.terms.code)
        sign_out.enter(*lab.house, *test.in_report, findings, act=test.act(lab))


def verify(lab: Laboratory, test: OnQueue, by: Player = PATHOLOGIST, *, version: int = 1) -> None:
    """A pathologist signs the version that waits."""
    password, act = lab.sign(by)
    sign_out.verify(*lab.house, *test.in_report, version=version, password=password, act=act)


def _do(lab: Laboratory, test: OnQueue, step: Step, pause: timedelta) -> Story:
    if step.kind == StepKind.WORK:
        bench.start(*lab.house, *test.at_bench, step.code, act=test.act(lab))
        yield pause
        bench.finish(*lab.house, *test.at_bench, step.code, act=test.act(lab))
    else:
        stain = "Romanowsky" if test.technologist == TECHNOLOGIST else ""
        making = Making(kind=step.kind, count=step.makes, stain=stain)
        bench.make_children(*lab.house, *test.at_bench, making, act=test.act(lab))
        lab.take_labels(test.act(lab))
    yield pause
