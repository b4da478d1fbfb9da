from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.journeys.bedside import register_procedure
from labflow.journeys.bedside_identity import Wristband

from ..conftest import MakeAct
from ..factories.bedside import Bedside, account, make_child, registration


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct) -> Bedside:
    return Bedside(database, catalog, make_act)


def test_the_same_registration_sent_side_by_side_makes_one_case(here: Bedside) -> None:
    act = here.at_theatre()
    with ThreadPoolExecutor(4) as hands:
        done = list(hands.map(lambda _: here.register(act=act), range(4)))
    assert len({one.case_number for one in done}) == 1
    assert [one.repeated for one in done].count(False) == 1


def test_four_procedures_at_once_are_four_whole_cases(here: Bedside) -> None:
    mrns = ["1000000011", "1000000012", "1000000013", "1000000014"]
    children = [make_child(here.database, here.catalog, here.at_theatre(), mrn=mrn) for mrn in mrns]
    told = account(here.catalog, here.act)
    sent = [
        registration(child.order_number, told, wristband=Wristband(code=f"WB{mrn}-20190714"))
        for child, mrn in zip(children, mrns, strict=True)
    ]
    acts = [here.at_theatre() for _ in sent]
    with ThreadPoolExecutor(4) as hands:
        calls = [
            hands.submit(register_procedure, here.database, here.catalog, one, act=act)
            for one, act in zip(sent, acts, strict=True)
        ]
    done = [call.result() for call in calls]
    assert len({one.case_number for one in done}) == 4
    assert len({sample.code for one in done for sample in one.samples}) == 4 * len(done[0].samples)
