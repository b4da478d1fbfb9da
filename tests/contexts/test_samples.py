from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from labflow import samples
from labflow.catalog import Catalog, SampleKind
from labflow.foundation.act import Act
from labflow.foundation.codes import CodeKind, WrongKindOfCode, new_code
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.samples import (
    MalformedCaseNumber,
    Sample,
    SampleAction,
    SampleState,
    UnknownCase,
    UnknownSample,
)
from labflow.samples.numbers import case_number

from ..conftest import MakeAct
from ..factories.cases import MadeCase, make_case, make_operator


class Replaying(random.Random):
    """Draws these signs first."""

    def __init__(self, signs: list[str]) -> None:
        super().__init__(9)
        self.signs = signs

    def choices(self, *args: Any, **options: Any) -> list[Any]:
        drawn, self.signs = self.signs, []
        return drawn or super().choices(*args, **options)


@pytest.fixture
def acting(database: Database, make_act: MakeAct) -> Act:
    person = make_operator(database, make_act())
    return make_act(by=person.id, badge=person.badge)


@pytest.fixture
def made(database: Database, catalog: Catalog, acting: Act) -> MadeCase:
    return make_case(database, catalog, acting, containers=("EDTA", "HEPARIN"), labelled=False)


def test_case_numbers_run_through_the_year(database: Database, catalog: Catalog, acting: Act) -> None:
    numbers = [
        make_case(database, catalog, acting.part(mrn), mrn=mrn).case.number
        for mrn in ("1000000001", "1000000002", "1000000003")
    ]
    assert [number[:11] for number in numbers] == ["LF26-000001", "LF26-000002", "LF26-000003"]
    with database.reading() as session:
        assert samples.case_by_number(session, numbers[1].lower()).number == numbers[1]


def test_a_sample_is_found_by_its_code_only(database: Database, made: MadeCase, acting: Act) -> None:
    with database.reading() as session:
        assert samples.by_code(session, made.code()).id == made.samples[0].id
        with pytest.raises(UnknownSample):
            samples.by_code(session, new_code(CodeKind.SAMPLE, rng=random.Random(5)))
        with pytest.raises(WrongKindOfCode):
            samples.by_code(session, acting.badge)
        assert set(samples.by_codes(session, [made.code(), "nonsense"])) == {made.code()}


def test_a_case_number_that_was_misread_is_not_another_case(database: Database, made: MadeCase) -> None:
    with database.reading() as session:
        with pytest.raises(MalformedCaseNumber):
            samples.case_by_number(session, made.case.number.replace("1", "2"))
        with pytest.raises(UnknownCase):
            samples.case_by_number(session, case_number("LF", 2026, 99))


def test_children_hang_under_their_parent_and_keep_its_clock(
    database: Database, made: MadeCase, acting: Act
) -> None:
    test = made.tests[0].id
    with database.writing() as session:
        parent = samples.by_code(session, made.code())
        samples.make_children(
            session, parent, SampleKind.SLIDE, "SLIDE", 3, serves=[test], act=acting, stain="Perls"
        )
    with database.reading() as session:
        tree = samples.tree(session, made.case.id)
        children = [node.sample for node in tree[0].children]
        assert [node.sample.number for node in tree] == [1, 2]
        assert [child.number for child in children] == [3, 4, 5]
        assert {child.state for child in children} == {SampleState.ACCEPTED}
        assert {child.collected_at for child in children} == {made.samples[0].collected_at}
        assert {child.stain for child in children} == {"Perls"}
        assert [samples.tests_served(session, child.id) for child in children] == [[test]] * 3
        assert len(samples.samples_serving(session, test)) == 5


def test_a_state_moves_along_its_lifecycle_only(database: Database, made: MadeCase) -> None:
    with database.writing() as session:
        sample = samples.by_code(session, made.code())
        samples.advance(session, sample, SampleAction.ACCEPT_WITH_DEVIATION, reason="CLOTTED")
        assert (sample.state, sample.state_reason) == (SampleState.ACCEPTED_WITH_DEVIATION, "CLOTTED")
        with pytest.raises(StepOutOfOrder, match="cannot take the step"):
            samples.advance(session, sample, SampleAction.COLLECT)


def test_a_label_counts_as_scanned_back_the_first_time(
    database: Database, made: MadeCase, make_act: MakeAct
) -> None:
    first = make_act().at
    with database.writing() as session:
        assert len(samples.unlabelled(session, made.case.id)) == 2
        sample = samples.by_code(session, made.code())
        samples.mark_labelled(session, sample, at=first)
        samples.mark_labelled(session, sample, at=first.replace(hour=23))
        assert sample.labelled_at == first
    with database.reading() as session:
        assert [one.code for one in samples.unlabelled(session, made.case.id)] == [made.code(2)]


def test_a_code_that_is_taken_is_drawn_again(
    database: Database, catalog: Catalog, made: MadeCase, acting: Act
) -> None:
    again = replace(acting.part("again"), rng=Replaying(list(made.code()[1:8])))
    with database.writing() as session:
        parent = samples.by_code(session, made.code(2))
        child = samples.make_children(
            session, parent, SampleKind.ALIQUOT, "CRYOVIAL", 1, serves=[], act=again
        )[0]
        assert child.code != made.code()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"volume_ml": Decimal(-1)}, "volume_not_negative"),
        ({"collected_at": None}, "collected_names_when"),
        ({"state": SampleState.NOT_OBTAINED}, "not_obtained_names_why"),
    ],
)
def test_the_database_refuses_what_the_code_forgot(
    database: Database, made: MadeCase, change: dict[str, object], rule: str
) -> None:
    row = sa.update(Sample).where(sa.column("code") == made.code()).values(**change)
    with database.reading() as session, pytest.raises(IntegrityError, match=rule):
        session.connection().execute(row)
