from __future__ import annotations

from datetime import timedelta

import pytest

from labflow import orders, queues, samples
from labflow.catalog import Catalog, ReasonUse, UnknownReason
from labflow.custody import BagAction, BagState, CustodyKind
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.journeys import reception, sample_card, transport
from labflow.journeys.reception import Decision, DeviationNeedsApproval
from labflow.orders import OrderSource, TestState
from labflow.samples import SampleState
from labflow.staff import Role, WrongPassword

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import HATCH, THEATRE, make_case, make_operator
from ..people import PASSWORD, make_person


@pytest.fixture
def doing(database: Database, make_act: MakeAct) -> MakeAct:
    """Acts of somebody who exists, at the hatch."""
    person = make_operator(database, make_act(), "rita")

    def make(**given: object) -> Act:
        return make_act(**{"by": person.id, "badge": person.badge, "place": HATCH} | given)  # type: ignore[arg-type]

    return make


def reason_for(catalog: Catalog, use: ReasonUse) -> str:
    return next(reason.code for reason in catalog.reasons.values() if use in reason.uses)


def test_accepting_queues_the_tests_of_the_sample(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing(place=THEATRE), tests=("BM-MORPH", "BM-MOL"))
    accepted = reception.accept(database, catalog, case.code(), act=doing())
    assert accepted.state == SampleState.ACCEPTED
    assert accepted.queued == {"BM-MORPH": "SMEAR", "BM-MOL": "MOLEC"}
    with database.reading() as session:
        assert queues.counts(session)["SMEAR"] == 1
        assert {test.state for test in orders.tests_of(session, case.order.id)} == {TestState.WAITING}


def test_a_second_tube_joins_the_waiting_test(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = make_case(database, catalog, doing(), containers=("EDTA", "EDTA"))
    reception.accept(database, catalog, case.code(1), act=doing())
    assert reception.accept(database, catalog, case.code(2), act=doing()).queued == {}
    with database.reading() as session:
        assert queues.counts(session)["SMEAR"] == 1


def test_a_sample_is_decided_on_once(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = make_case(database, catalog, doing())
    reception.accept(database, catalog, case.code(), act=doing())
    with pytest.raises(StepOutOfOrder):
        reception.accept(database, catalog, case.code(), act=doing())


def test_a_deviation_needs_somebody_who_may_approve(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing())
    make_person(database, "path", Role.PATHOLOGIST)
    make_person(database, "tech", Role.TECHNOLOGIST)
    reasons = (reason_for(catalog, ReasonUse.DEVIATION),)

    def decide(login: str, password: str = PASSWORD) -> reception.Accepted:
        decision = Decision(reasons=reasons, comment="clot", approver_login=login, approver_password=password)
        return reception.accept_with_deviation(database, catalog, case.code(), decision, act=doing())

    with pytest.raises(DeviationNeedsApproval):
        decide("tech")
    with pytest.raises(WrongPassword):
        decide("path", "something else entirely")
    assert decide("path").state == SampleState.ACCEPTED_WITH_DEVIATION
    view = sample_card.custody_view(database, catalog, case.code(), now=NINE_O_CLOCK)
    assert view.entries[-1].kind == CustodyKind.ACCEPTED_WITH_DEVIATION
    assert view.entries[-1].details["reasons"] == list(reasons)


def test_rejecting_offers_a_linked_recollection_that_says_its_burden(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing())
    decision = Decision(reasons=(reason_for(catalog, ReasonUse.REJECT),))
    rejected = reception.reject(database, catalog, case.code(), decision, needs_sedation=True, act=doing())
    assert rejected.tests_not_possible == ("BM-MORPH",)
    assert rejected.recollection is not None
    with database.reading() as session:
        again = orders.by_number(session, rejected.recollection)
        assert (again.recollects_order_id, again.needs_sedation) == (case.order.id, True)
        assert again.source == OrderSource.RECOLLECTION
        [test] = orders.tests_of(session, case.order.id)
        assert test.state == TestState.NOT_POSSIBLE


def test_a_test_with_another_sample_stays_possible(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing(), containers=("EDTA", "EDTA"))
    decision = Decision(reasons=(reason_for(catalog, ReasonUse.REJECT),))
    rejected = reception.reject(database, catalog, case.code(), decision, needs_sedation=True, act=doing())
    assert (rejected.tests_not_possible, rejected.recollection) == ((), None)


def test_reasons_are_coded(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = make_case(database, catalog, doing())
    for reasons in ((), ("banana",), (reason_for(catalog, ReasonUse.REPRINT),)):
        with pytest.raises(UnknownReason):
            reception.reject(
                database, catalog, case.code(), Decision(reasons=reasons), needs_sedation=None, act=doing()
            )
    with database.reading() as session:
        assert samples.by_code(session, case.code()).state == SampleState.COLLECTED


def test_a_bag_names_what_is_missing_and_a_straggler_still_joins(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing(), containers=("EDTA", "HEPARIN"))
    bag = transport.open_bag(database, catalog, act=doing())
    for sample in case.samples:
        transport.pack(database, catalog, bag.code, sample.code, act=doing())
    transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing())
    transport.move_bag(database, catalog, bag.code, BagAction.RECEIVE, act=doing())
    reception.accept(database, catalog, case.code(1), act=doing())
    with pytest.raises(LabError, match=r"tube 2 \(HEPARIN\)"):
        reception.reconcile_bag(database, catalog, bag.code, counted=1, reason=None, act=doing())
    reason = reason_for(catalog, ReasonUse.MISSING)
    closed = reception.reconcile_bag(database, catalog, bag.code, counted=1, reason=reason, act=doing())
    assert (closed.state, [item.code for item in closed.missing]) == (BagState.RECONCILED, [case.code(2)])
    reception.accept(database, catalog, case.code(2), act=doing())
    assert transport.bag_card(database, catalog, bag.code).missing == ()


def test_time_without_holder_or_place_is_a_named_gap(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing(place=THEATRE))
    bag = transport.open_bag(database, catalog, act=doing(place=THEATRE))
    transport.pack(database, catalog, bag.code, case.code(), act=doing(place=THEATRE))
    transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing(place=THEATRE))
    later = NINE_O_CLOCK + timedelta(minutes=42)
    reception.accept(database, catalog, case.code(), act=doing(at=later))
    [gap] = sample_card.custody_view(database, catalog, case.code(), now=later).gaps
    assert (gap.minutes, gap.from_place, gap.to_place) == (42, THEATRE, HATCH)


def test_taking_what_nobody_handed_over_is_named(
    database: Database, catalog: Catalog, doing: MakeAct, make_act: MakeAct
) -> None:
    giver = make_operator(database, make_act())
    case = make_case(database, catalog, make_act(by=giver.id, badge=giver.badge))
    reception.accept(database, catalog, case.code(), act=doing())
    [hand_over] = sample_card.custody_view(database, catalog, case.code(), now=NINE_O_CLOCK).one_sided
    assert hand_over.holder == giver.badge


def test_quarantine_waits_for_a_decision(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = make_case(database, catalog, doing())
    decision = Decision(reasons=(reason_for(catalog, ReasonUse.REJECT),))
    reception.quarantine(database, catalog, case.code(), decision, act=doing())
    assert reception.accept(database, catalog, case.code(), act=doing()).state == SampleState.ACCEPTED


def test_collected_samples_are_awaited_until_decided(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = make_case(database, catalog, doing(), containers=("EDTA", "HEPARIN"))
    assert {item.code for item in reception.awaited(database, catalog)} == {case.code(1), case.code(2)}
    reception.accept(database, catalog, case.code(1), act=doing())
    assert [item.code for item in reception.awaited(database, catalog)] == [case.code(2)]
