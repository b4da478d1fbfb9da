"""A stop stands until the right scan, or until the child is named with a reason."""

from __future__ import annotations

from uuid import UUID

import pytest

from labflow import custody, patients, samples
from labflow.catalog import Catalog
from labflow.custody import UnknownStop
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.database import Database
from labflow.journeys import scanning
from labflow.journeys.scanning import Word
from labflow.journeys.scanning.settling import NotThisChild, WhyNeeded

from ..conftest import MakeAct
from .scan_world import ScanWorld


@pytest.fixture
def world(database: Database, catalog: Catalog, make_act: MakeAct) -> ScanWorld:
    return ScanWorld(database, catalog, make_act)


def act(world: ScanWorld) -> Act:
    return world.make_act(by=world.who.id, badge=world.who.badge, at=world.at)


def standing(world: ScanWorld) -> UUID:
    found = scanning.standing_stop(world.database, world.who.id)
    assert found is not None
    return found


def settled_by(world: ScanWorld, code: str) -> bool:
    return scanning.settle_by_scan(
        world.database, standing(world), world.codes.get(code, code), act=act(world)
    )


def name(
    world: ScanWorld, initials: str, year: str, reason: str = "Wrong tube in the rack, put aside"
) -> None:
    scanning.settle_by_naming(
        world.database, standing(world), initials=initials, birth_year=year, reason=reason, act=act(world)
    )


def test_without_a_stop_nothing_stands(world: ScanWorld) -> None:
    world.play("~s take s1")
    assert scanning.standing_stop(world.database, world.who.id) is None


def test_another_childs_sample_is_settled_by_one_of_the_case_only(world: ScanWorld) -> None:
    world.play("~s take x1")
    for wrong in ("x1", "u1", "take", "hatch", "#rita", "rubbish", "stranger"):
        assert not settled_by(world, wrong)
    assert settled_by(world, "s2")
    assert scanning.standing_stop(world.database, world.who.id) is None
    assert world.kinds("x1") == world.kinds("s2") == [custody.CustodyKind.COLLECTED]


def test_the_stop_names_both_children(world: ScanWorld) -> None:
    world.play("~s take x1")
    view = scanning.stop_view(world.database, standing(world), staff_id=world.who.id)
    assert view.meant is not None
    assert view.found is not None
    assert (view.meant.mrn, view.found.mrn) == ("1000000001", "1000000002")
    assert (view.meant_case, view.found_case) == (world.cases["s"].case.number, world.cases["x"].case.number)


def test_naming_the_child_needs_initials_year_and_reason(world: ScanWorld) -> None:
    world.play("~s take x1")
    for initials, year in (
        ("ZZ", "2019"),
        ("CT", "2018"),
        ("", "2019"),
        ("CT", ""),
        ("CT", "19"),
        ("1", "2019"),
    ):
        with pytest.raises(NotThisChild):
            name(world, initials, year)
    with pytest.raises(WhyNeeded):
        name(world, "CT", "2019", reason="  ok ")
    name(world, "c t", "2019")
    assert scanning.standing_stop(world.database, world.who.id) is None


def test_the_end_of_the_mrn_stands_for_initials(world: ScanWorld) -> None:
    world.play("~s take x1")
    with pytest.raises(NotThisChild):
        name(world, "0002", "2019")
    name(world, "0001", "2019")
    assert scanning.standing_stop(world.database, world.who.id) is None


def test_a_settled_stop_is_settled_once(world: ScanWorld) -> None:
    world.play("~s take x1")
    event = standing(world)
    name(world, "CT", "2019")
    with pytest.raises(UnknownStop):
        scanning.stop_view(world.database, event, staff_id=world.who.id)
    with pytest.raises(UnknownStop):
        scanning.settle_by_scan(world.database, event, world.codes["s1"], act=act(world))


def test_nobody_settles_somebody_elses_stop(world: ScanWorld) -> None:
    world.play("~s take x1")
    event = standing(world)
    world.play("@rita")
    assert scanning.standing_stop(world.database, world.who.id) is None
    with pytest.raises(UnknownStop):
        scanning.settle_by_scan(world.database, event, world.codes["s1"], act=act(world))


def test_a_label_that_came_twice_is_settled_by_a_sample_that_waits(world: ScanWorld) -> None:
    world.play("~u scan_back u1 u1")
    assert not settled_by(world, "u1")
    assert not settled_by(world, "s1")
    assert settled_by(world, "u2")


def test_a_replaced_label_is_settled_by_the_one_that_replaced_it(world: ScanWorld) -> None:
    with world.database.writing() as session:
        sample = samples.by_code(session, world.codes["s1"])
        samples.retire_code(session, sample, replaced_by=world.codes["stranger"], reason="x", act=act(world))
    *_, verdict = world.play("take s1")
    assert (verdict.verdict, verdict.rule) == (Word.STOP, "label-cancelled")
    assert world.codes["stranger"] in verdict.title
    assert not settled_by(world, "s2")
    assert settled_by(world, "stranger")


def test_a_typed_number_needs_a_second_identifier_of_the_child(world: ScanWorld) -> None:
    world.play("take")
    typed = {"read_by": ReadBy.TYPED}
    assert world.scan(world.codes["s1"], **typed).rule == "second-needed"
    assert world.scan(world.codes["s1"], **typed, second="14-Jul-2019").verdict == Word.OK
    assert world.scan(world.codes["s2"], **typed, second="100 000 0001").verdict == Word.OK
    stopped = world.scan(world.codes["s3"], **typed, second="100 000 0002")
    assert (stopped.verdict, stopped.rule) == (Word.STOP, "wrong-second")
    assert not settled_by(world, "s2")
    assert settled_by(world, "s3")


@pytest.mark.parametrize(
    "typed", ["14-Jul-2019", "14 jul 2019", "14.07.2019", "2019-07-14", "14072019", "1000000001"]
)
def test_a_second_identifier_is_taken_in_any_usual_writing(world: ScanWorld, typed: str) -> None:
    with world.database.reading() as session:
        patient = patients.by_id(session, world.cases["s"].case.patient_id)
    assert patients.is_second_identifier(patient, typed)


@pytest.mark.parametrize("typed", ["", "2019", "15-Jul-2019", "07/14/2019", "1000000002", "100000000"])
def test_anything_else_is_no_second_identifier(world: ScanWorld, typed: str) -> None:
    with world.database.reading() as session:
        patient = patients.by_id(session, world.cases["s"].case.patient_id)
    assert not patients.is_second_identifier(patient, typed)


def test_late_scans_say_so_in_the_evidence(world: ScanWorld) -> None:
    world.play("take")
    world.scan(world.codes["s1"], late=True)
    world.scan(world.codes["s2"])
    with world.database.reading() as session:
        last = [
            custody.timeline(session, samples.by_code(session, world.codes[code]).chain_id)[-1].late
            for code in ("s1", "s2")
        ]
    assert last == [True, False]


def test_a_scan_sent_again_late_counts_once(world: ScanWorld) -> None:
    world.play("take")
    one = world.next_scan(world.codes["s1"])
    first = world.send([one])
    assert world.send([type(one)(**{**vars(one), "late": True})]) == first
    assert len(world.kinds("s1")) == 2


def test_quality_sees_how_codes_were_read_and_what_stopped(world: ScanWorld) -> None:
    world.play("theatre take s1 s2 ~s x1")
    world.scan(world.codes["s3"], read_by=ReadBy.TYPED, second="14072019")
    with world.database.reading() as session:
        [reading] = custody.readings_since(session, world.at.replace(hour=0))
        stops = custody.stops_since(session, world.at.replace(hour=0))
    assert (reading.scanned, reading.typed, reading.camera, reading.stopped) == (3, 1, 0, 1)
    assert reading.typed_percent == 25
    assert [stop.rule for stop in stops] == ["wrong-patient"]
