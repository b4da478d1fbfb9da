"""What happens to the demo's children, one story each; the timeline ends them where the present is.

Most stories are the same path, begun at different times. The others show what may go wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import TypeAlias

from ...journeys import bench, ordering, sign_out
from ...procedures import Outcome
from ...results import Amendment, Findings
from .bench_work import OnQueue, answer, examine, open_tests, test_of, verify
from .cast import CLINICIAN, OPERATOR, PATHOLOGIST, PORTER, RECEPTION, SECOND_PATHOLOGIST
from .laboratory import Laboratory, TakenCase, Visit
from .timeline import Story

Tale: TypeAlias = Callable[[Laboratory, Visit], Story]
Path: TypeAlias = Generator[timedelta, None, TakenCase]
BagPath: TypeAlias = Generator[timedelta, None, tuple[TakenCase, list[str]]]


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


# The path from the order to the queues ----------------------------------------------------------------------


def collected(lab: Laboratory, visit: Visit) -> Path:
    """Ordered, and two hours later registered at the bedside."""
    number = lab.order(visit)
    yield _minutes(120)
    return lab.do_procedure(number, visit)


def handed_over(lab: Laboratory, visit: Visit) -> BagPath:
    """Labelled, packed, and handed over at the bedside."""
    case = yield from collected(lab, visit)
    yield _minutes(4)
    lab.scan(OPERATOR, "scan_back", case.bedside, case.codes)
    lab.watch(case, "pressed", "dressing")
    yield _minutes(6)
    bags = lab.pack(case)
    lab.scan(OPERATOR, "hand_over", case.bedside, bags)
    return case, bags


def arrived(lab: Laboratory, visit: Visit) -> Path:
    """Carried to the hatch, every sample scanned out of its bag."""
    case, bags = yield from handed_over(lab, visit)
    yield _minutes(6)
    lab.scan(PORTER, "take", case.bedside, bags)
    yield _minutes(14)
    lab.scan(PORTER, "hand_over", lab.hatch, bags)
    yield _minutes(3)
    lab.scan(RECEPTION, "receive", lab.hatch, [*bags, *case.codes])
    for bag in bags:
        lab.close_bag(bag)
    return case


def accepted(lab: Laboratory, visit: Visit) -> Path:
    """Everything in good condition: the tests wait on their queues."""
    case = yield from arrived(lab, visit)
    yield _minutes(10)
    lab.scan(RECEPTION, "accept", lab.hatch, case.codes)
    return case


# Where the path leads ---------------------------------------------------------------------------------------


def waiting(lab: Laboratory, visit: Visit) -> Story:
    """An order that waits for its procedure."""
    lab.order(visit)
    yield from ()


def held_order(lab: Laboratory, visit: Visit) -> Story:
    number = lab.order(visit)
    yield _minutes(40)
    act = lab.act(CLINICIAN)
    ordering.hold_order(lab.db, number, "fever since this morning, the procedure is postponed", act=act)


def cancelled_order(lab: Laboratory, visit: Visit) -> Story:
    number = lab.order(visit)
    yield _minutes(90)
    ordering.cancel_order(lab.db, number, "the blood count recovered", act=lab.act(CLINICIAN))


def left_lying(lab: Laboratory, visit: Visit) -> Story:
    """Handed over, and nobody took it: a gap."""
    yield from handed_over(lab, visit)


def routine(lab: Laboratory, visit: Visit) -> Story:
    """Each test takes its course."""
    case = yield from accepted(lab, visit)
    _begin_all(lab, case)


def _begin_all(lab: Laboratory, case: TakenCase, *, but: str = "") -> None:
    """Each of the case's tests takes its course from now on."""
    for test in open_tests(lab, case):
        if test.terms.code != but:
            lab.timeline.begin(answer(lab, test))


def untouched(lab: Laboratory, visit: Visit) -> Story:
    """The tests wait, and their limits come near."""
    yield from accepted(lab, visit)


def unverified(lab: Laboratory, visit: Visit) -> Story:
    """Examined, and nobody has verified the results yet."""
    case = yield from accepted(lab, visit)
    for test in open_tests(lab, case):
        lab.timeline.begin(examine(lab, test))


def stored(lab: Laboratory, visit: Visit) -> Story:
    """All final, and the slides were put into the store."""
    case = yield from accepted(lab, visit)
    _begin_all(lab, case)
    yield timedelta(days=2)
    lab.store_slides(case)


def held(lab: Laboratory, visit: Visit) -> Story:
    """The bench waits for a decision and for a reagent."""
    case = yield from accepted(lab, visit)
    for code, reason, note in (
        ("BM-FILM", "AWAIT_DECISION", "Thick films: stain all or keep two unstained?"),
        ("BM-FLOW", "AWAIT_CONTROL", "New antibody lot, control comes with the next delivery."),
    ):
        test = test_of(lab, case, code)
        yield from examine(lab, test, steps=1)
        bench.hold(*lab.house, *test.at_bench, reason, note=note, act=test.act(lab))


def repeated(lab: Laboratory, visit: Visit) -> Story:
    """The stain was poor, so the films wait again at their first step."""
    case = yield from accepted(lab, visit)
    test = test_of(lab, case, "BM-FILM")
    yield from examine(lab, test, steps=3)
    bench.repeat(*lab.house, *test.at_bench, "POOR_STAIN", act=test.act(lab))


def without_metaphases(lab: Laboratory, visit: Visit) -> Story:
    """The culture did not grow: the karyotype is not possible, all else takes its course."""
    case = yield from accepted(lab, visit)
    _begin_all(lab, case, but="BM-KARYO")
    karyotype = test_of(lab, case, "BM-KARYO")
    yield from examine(lab, karyotype, steps=2)
    bench.mark_not_possible(*lab.house, *karyotype.at_bench, "NO_METAPHASES", act=karyotype.act(lab))


def clotted(lab: Laboratory, visit: Visit) -> Story:
    """One tube is clotted: refused, and asked for again."""
    case = yield from arrived(lab, visit)
    yield _minutes(10)
    tube = next(sample.code for sample in case.samples if sample.container == "EDTA")
    lab.reject(tube, "CLOTTED", "Large clot; the films are fine.")
    lab.scan(RECEPTION, "accept", lab.hatch, [code for code in case.codes if code != tube])
    _begin_all(lab, case)


def haemodilute(lab: Laboratory, visit: Visit) -> Story:
    """One tube is accepted with a deviation."""
    case = yield from arrived(lab, visit)
    yield _minutes(10)
    tube = next(sample.code for sample in case.samples if sample.container == "EDTA")
    lab.deviate(tube, "HAEMODILUTE", "Pale; the second pull was larger than planned.")
    lab.scan(RECEPTION, "accept", lab.hatch, [code for code in case.codes if code != tube])
    _begin_all(lab, case)


def nameless(lab: Laboratory, visit: Visit) -> Story:
    """One label cannot be read: the sample is set aside until two people have settled whose it is."""
    case = yield from arrived(lab, visit)
    yield _minutes(10)
    lab.quarantine(case.codes[-1], "NO_NAME", "The label is smeared with blood.")
    lab.scan(RECEPTION, "accept", lab.hatch, case.codes[:-1])


def dry_tap(lab: Laboratory, visit: Visit) -> Story:
    """Nothing could be aspirated: a core, and films touched from it."""
    number = lab.order(visit)
    yield _minutes(120)
    case = lab.do_procedure(number, visit, Outcome.DRY_TAP, "DRY_TAP")
    yield _minutes(5)
    lab.scan(OPERATOR, "scan_back", case.bedside, case.codes)
    yield _minutes(20)
    lab.scan(RECEPTION, "receive", lab.hatch, case.codes)
    lab.scan(RECEPTION, "accept", lab.hatch, case.codes)
    _begin_all(lab, case)


def abandoned(lab: Laboratory, visit: Visit) -> Story:
    """The procedure was given up before anything was drawn."""
    number = lab.order(visit)
    yield _minutes(120)
    lab.do_procedure(number, visit, Outcome.ABANDONED, "ABANDONED")


# After the answer -------------------------------------------------------------------------------------------


def _answered(lab: Laboratory, visit: Visit, then: Callable[[Laboratory, OnQueue], Story]) -> Story:
    """All tests take their course; to the films more happens."""
    case = yield from accepted(lab, visit)
    _begin_all(lab, case, but="BM-FILM")
    films = test_of(lab, case, "BM-FILM")
    yield from answer(lab, films)
    yield _minutes(200)
    yield from then(lab, films)


def amended(lab: Laboratory, visit: Visit) -> Story:
    """New information changed the answer; another pathologist verified it."""
    yield from _answered(lab, visit, _amend)


def amendment_waits(lab: Laboratory, visit: Visit) -> Story:
    """A corrected version waits to be verified; the first one is still the answer."""
    yield from _answered(lab, visit, _correct)


def withdrawn(lab: Laboratory, visit: Visit) -> Story:
    """The answer was taken back, and the test is at its bench again."""
    yield from _answered(lab, visit, _withdraw)


def returned(lab: Laboratory, visit: Visit) -> Story:
    """The pathologist sent a result back to the bench."""
    case = yield from accepted(lab, visit)
    films = test_of(lab, case, "BM-FILM")
    yield from examine(lab, films)
    yield _minutes(30)
    note = "Please stain one more film: the second is too thick."
    sign_out.return_(*lab.house, *films.in_report, note, act=lab.act(PATHOLOGIST))


def _amend(lab: Laboratory, films: OnQueue) -> Story:
    _second_version(lab, films, Amendment.AMENDED, "NEW_INFORMATION")
    yield _minutes(45)
    verify(lab, films, version=2)


def _correct(lab: Laboratory, films: OnQueue) -> Story:
    _second_version(lab, films, Amendment.CORRECTED, "TYPING_ERROR")
    yield from ()


def _withdraw(lab: Laboratory, films: OnQueue) -> Story:
    password, act = lab.sign(PATHOLOGIST)
    sign_out.withdraw(*lab.house, *films.in_report, "INVALID_METHOD", password=password, act=act)
    yield from ()


def _second_version(lab: Laboratory, films: OnQueue, kind: Amendment, reason: str) -> None:
    findings = Findings(
        fields={"adequacy": "PARTICLES_FEW", "films": 7, "unstained": 1},
        conclusion="Adequate with few particles; one more film was stained.",
    )
    act = lab.act(SECOND_PATHOLOGIST)
    sign_out.amend(*lab.house, *films.in_report, findings, kind, reason, act=act)
