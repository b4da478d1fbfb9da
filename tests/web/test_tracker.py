"""Readiness and home over HTTP."""

from __future__ import annotations

import pytest

from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.bench import make_waiting_case
from ..factories.cases import MadeCase
from ..people import make_person
from .visitor import Visitor


@pytest.fixture
def clinician(database: Database) -> StaffMember:
    return make_person(database, "doc", Role.CLINICIAN, password=None)


@pytest.fixture
def act_of_clinician(make_act: MakeAct, clinician: StaffMember) -> Act:
    return make_act(by=clinician.id, badge=clinician.badge)


@pytest.fixture
def made(database: Database, catalog: Catalog, act_of_clinician: Act) -> MadeCase:
    return make_waiting_case(database, catalog, act_of_clinician)


def test_my_cases_stand_on_the_first_page_with_their_sentence(
    visitor: Visitor, clinician: StaffMember, made: MadeCase
) -> None:
    for page in ("/", "/tracker"):
        text = visitor.signed_in(clinician).open(page).text
        assert made.case.number in text
        assert "0 of 1 final" in text


def test_a_name_is_searched_by_post_and_never_stands_in_an_address(
    visitor: Visitor, clinician: StaffMember, made: MadeCase
) -> None:
    found = visitor.signed_in(clinician).send("/tracker", text="test, child")
    assert found.status_code == 200
    assert made.case.number in found.text
    assert "text=" not in found.text
    assert "No case fits" in visitor.send("/tracker", text="nobody").text
    assert visitor.send("/tracker", text="").status_code == 422


def test_the_answer_of_a_case_comes_before_its_stages(
    visitor: Visitor, clinician: StaffMember, made: MadeCase
) -> None:
    text = visitor.signed_in(clinician).open(f"/cases/{made.case.number}/readiness").text
    assert text.index("0 of 1 final") < text.index("Morphology") < text.index("Stages of the case")
    assert 'aria-current="step"' in text


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home(visitor: Visitor, database: Database, made: MadeCase, role: Role) -> None:
    person = make_person(database, f"home-{role}", role, password=None)
    home = visitor.signed_in(person).open("/")
    assert home.status_code == 200
    assert "What waits for you" in home.text


def test_home_shows_only_what_the_role_may_see(visitor: Visitor, database: Database, made: MadeCase) -> None:
    porter = make_person(database, "porter", Role.PORTER, password=None)
    home = visitor.signed_in(porter).open("/").text
    assert "tile-bags" in home
    assert "tile-queues" not in home
    assert made.case.number not in home
