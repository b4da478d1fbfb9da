from __future__ import annotations

import pytest

from labflow import custody, samples
from labflow.catalog import Catalog, Temperature
from labflow.custody import BagAction, BagState
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.journeys import transport
from labflow.journeys.transport import EmptyBag, NotLabelledYet

from ..conftest import MakeAct
from ..factories.cases import HATCH, THEATRE, MadeCase, make_case, make_operator


@pytest.fixture
def doing(database: Database, make_act: MakeAct) -> MakeAct:
    """Acts of an operator who exists."""
    person = make_operator(database, make_act())

    def make(**given: object) -> Act:
        return make_act(by=person.id, badge=person.badge, **given)  # type: ignore[arg-type]

    return make


def made(
    database: Database, catalog: Catalog, doing: MakeAct, *containers: str, **kwargs: object
) -> MadeCase:
    return make_case(database, catalog, doing(), containers=containers or ("EDTA",), **kwargs)  # type: ignore[arg-type]


def test_a_bag_is_packed_sealed_by_its_hand_over_and_received(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing, "EDTA", "HEPARIN")
    bag = transport.open_bag(database, catalog, act=doing(place=THEATRE))
    for sample in case.samples:
        assert transport.pack(database, catalog, bag.code, sample.code, act=doing())
    assert not transport.pack(database, catalog, bag.code, case.code(), act=doing())
    handed = transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing())
    assert handed.state == BagState.HANDED_OVER
    received = transport.move_bag(database, catalog, bag.code, BagAction.RECEIVE, act=doing(place=HATCH))
    assert (received.state, len(received.missing)) == (BagState.RECEIVED, 2)


def test_smears_never_travel_with_formalin(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = made(database, catalog, doing, "SLIDE", "CORE-FORMALIN", tests=("BM-FILM",))
    bag = transport.open_bag(database, catalog, act=doing())
    transport.pack(database, catalog, bag.code, case.code(1), act=doing())
    with pytest.raises(LabError, match="must not travel in one bag"):
        transport.pack(database, catalog, bag.code, case.code(2), act=doing())
    assert [item.code for item in transport.bag_card(database, catalog, bag.code).samples] == [case.code(1)]


def test_formalin_first_keeps_the_smears_out_too(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing, "SLIDE", "CORE-FORMALIN", tests=("BM-FILM",))
    bag = transport.open_bag(database, catalog, act=doing())
    transport.pack(database, catalog, bag.code, case.code(2), act=doing())
    with pytest.raises(LabError, match="must not travel in one bag"):
        transport.pack(database, catalog, bag.code, case.code(1), act=doing())


def test_cultures_are_never_chilled(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    case = made(database, catalog, doing, "CX-PAED", tests=("BM-CX-BACT",))
    cold = transport.open_bag(database, catalog, act=doing(), temperature=Temperature.CHILLED)
    with pytest.raises(LabError, match="never be chilled"):
        transport.pack(database, catalog, cold.code, case.code(), act=doing())


def test_an_unlabelled_sample_does_not_leave_the_bedside(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing, labelled=False)
    bag = transport.open_bag(database, catalog, act=doing())
    with pytest.raises(NotLabelledYet):
        transport.pack(database, catalog, bag.code, case.code(), act=doing())


def test_an_empty_bag_is_not_handed_over(database: Database, catalog: Catalog, doing: MakeAct) -> None:
    bag = transport.open_bag(database, catalog, act=doing())
    with pytest.raises(EmptyBag):
        transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing())


def test_a_received_bag_is_not_handed_over_again(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing)
    bag = transport.open_bag(database, catalog, act=doing())
    transport.pack(database, catalog, bag.code, case.code(), act=doing())
    transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing())
    transport.move_bag(database, catalog, bag.code, BagAction.RECEIVE, act=doing(place=HATCH))
    with pytest.raises(StepOutOfOrder, match='cannot take the step "hand over"') as refused:
        transport.move_bag(database, catalog, bag.code, BagAction.HAND_OVER, act=doing())
    assert refused.value.next_step == "Allowed now: reconcile."


def test_a_sample_packed_anew_leaves_its_old_bag(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing)
    first, second = (transport.open_bag(database, catalog, act=doing()) for _ in range(2))
    transport.pack(database, catalog, first.code, case.code(), act=doing())
    transport.pack(database, catalog, second.code, case.code(), act=doing())
    with database.reading() as session:
        assert custody.contents(session, custody.bag_by_code(session, first.code)) == []


def test_what_i_carry_is_listed_until_i_hand_it_over(
    database: Database, catalog: Catalog, doing: MakeAct
) -> None:
    case = made(database, catalog, doing, "EDTA", "HEPARIN")
    act = doing()
    carried = transport.carried(database, catalog, act.badge)
    assert {item.code for item in carried} == {case.code(1), case.code(2)}
    assert carried[0].hand_over_by is not None  # the tightest limit first
    with database.writing() as session:
        chain = samples.by_code(session, case.code(1)).chain_id
        custody.record(session, [chain], custody.CustodyKind.DISPATCHED, act=doing(), holder=None, place=None)
    assert [item.code for item in transport.carried(database, catalog, act.badge)] == [case.code(2)]
