from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from labflow import custody, orders, procedures, samples
from labflow.catalog import Catalog, SampleKind, Side, UnknownReason
from labflow.custody import CustodyKind
from labflow.foundation.act import ImpossibleTime, ReadBy
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.journeys import bedside_plan
from labflow.journeys.bedside import NotAtABedside, Registered, RegisteredDifferently
from labflow.journeys.bedside_identity import (
    MayNotConfirm,
    NotAWristband,
    SamePerson,
    SecondPerson,
    TypedNeedsSecondPerson,
    Wristband,
)
from labflow.journeys.bedside_plan import NothingToCollect
from labflow.patients import TooFewIdentifiers, WristbandMismatch
from labflow.procedures import (
    ChecklistIncomplete,
    ImpossibleTimes,
    ImpossibleVolume,
    NewCore,
    Outcome,
    OutcomeContradicted,
    SiteNeedsConfirmation,
    UnknownChoice,
    UnknownSite,
    VolumeBlocked,
    VolumeLevel,
    VolumeNeedsReason,
)
from labflow.samples import Sample, SampleState
from labflow.staff import Role, WrongPassword

from ..conftest import MakeAct
from ..factories.bedside import BORN, MRN, Bedside, account, make_child, pulls
from ..factories.cases import THEATRE
from ..people import PASSWORD, make_person


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct) -> Bedside:
    return Bedside(database, catalog, make_act)


def obtained(done: Registered) -> list[Sample]:
    return [one for one in done.samples if one.state == SampleState.COLLECTED]


def test_a_procedure_becomes_a_case_with_labelled_films_and_tubes(here: Bedside) -> None:
    done = here.register()
    assert done.case_number.startswith("LF26-000001-")
    assert not done.uncovered
    assert {one.state for one in done.samples} == {SampleState.COLLECTED}
    assert [one.number for one in done.samples] == list(range(1, len(done.samples) + 1))
    assert sum(one.kind == SampleKind.SLIDE for one in done.samples) == 8
    assert [one.container for one in done.samples if one.kind == SampleKind.TUBE] == [
        "EDTA", "HEPARIN", "HEPARIN", "EDTA", "EDTA"
    ]  # fmt: skip
    assert all(one.site == "PIC" and one.side == Side.LEFT for one in done.samples)
    assert len({one.code for one in done.samples}) == len(done.samples)


def test_fish_shares_the_tube_of_the_karyotype_and_says_so(here: Bedside) -> None:
    done = here.register()
    with here.database.reading() as session:
        order = orders.by_number(session, here.child.order_number)
        tests = {test.id: test.test_code for test in orders.tests_of(session, order.id)}
        served = [{tests[one] for one in samples.tests_served(session, row.id)} for row in done.samples]
    assert {"BM-KARYO", "BM-FISH"} in served
    assert {"BM-FILM", "BM-DIFF", "BM-IRON"} in served


def test_custody_begins_in_the_operators_hands_at_the_bedside(here: Bedside) -> None:
    done = here.register()
    assert here.kinds(done.samples[0]) == [CustodyKind.COLLECTED, CustodyKind.LABELS_ISSUED]
    with here.database.reading() as session:
        chain = done.samples[0].chain_id
        position = custody.position(session, [chain])[chain]
    assert (position.holder, position.place) == (here.operator.badge, THEATRE)


@pytest.mark.parametrize(
    ("wristband", "rule"),
    [
        (Wristband(code="WB1000000002-20190714"), WristbandMismatch),
        (Wristband(code="WB1000000001-20190715"), WristbandMismatch),
        (Wristband(code="S7K2R04PX"), NotAWristband),
        (Wristband(code="nonsense"), NotAWristband),
        (Wristband(mrn=MRN, birth_date=BORN), TypedNeedsSecondPerson),
        (Wristband(), TypedNeedsSecondPerson),
    ],
)
def test_a_wristband_that_does_not_match_stops_hard_and_nothing_is_written(
    here: Bedside, wristband: Wristband, rule: type[LabError]
) -> None:
    before = here.rows()
    with pytest.raises(rule) as refused:
        here.register(wristband=wristband)
    assert here.rows() == before
    assert MRN not in str(refused.value.__dict__)


def test_one_identifier_is_not_enough(here: Bedside) -> None:
    here.child = make_child(
        here.database,
        here.catalog,
        here.at_theatre(),
        birth_date=None,
        mrn="1000000009",
        names=("Khan", "Baby Girl"),
    )
    with pytest.raises(TooFewIdentifiers):
        here.register(wristband=Wristband(code="WB1000000009-20190714"))


def test_a_typed_wristband_needs_the_password_of_somebody_else(here: Bedside) -> None:
    make_person(here.database, "nora", Role.OPERATOR)
    typed = Wristband(mrn=MRN, birth_date=BORN, confirmed_by=SecondPerson(login="nora", password="wrong"))
    with pytest.raises(WrongPassword):
        here.register(wristband=typed)
    myself = SecondPerson(login="olga", password=PASSWORD)
    with pytest.raises(SamePerson):
        here.register(wristband=replace(typed, confirmed_by=myself))
    make_person(here.database, "pete", Role.PORTER)
    porter = SecondPerson(login="pete", password=PASSWORD)
    with pytest.raises(MayNotConfirm):
        here.register(wristband=replace(typed, confirmed_by=porter))
    assert here.register(
        wristband=replace(typed, confirmed_by=SecondPerson(login="nora", password=PASSWORD))
    ).samples


def test_how_the_child_was_identified_is_kept(here: Bedside) -> None:
    nora = make_person(here.database, "nora", Role.OPERATOR)
    second = SecondPerson(login="nora", password=PASSWORD)
    done = here.register(wristband=Wristband(mrn=MRN, birth_date=BORN, confirmed_by=second))
    with here.database.reading() as session:
        case = samples.case_by_number(session, done.case_number)
        procedure = procedures.by_id(session, case.procedure_id)
    assert (procedure.identified_by, procedure.identified_with) == (ReadBy.TYPED, nora.id)


def test_a_missing_tick_is_named(here: Bedside) -> None:
    told = account(here.catalog, here.act, checked=("identity", "consent"))
    with pytest.raises(ChecklistIncomplete, match=r"Site and side agreed; .*Skin disinfected"):
        here.register(told=told)


@pytest.mark.parametrize("volume", ["60", "0", "-1"])
def test_an_impossible_volume_is_refused_in_words(here: Bedside, volume: str) -> None:
    with pytest.raises(ImpossibleVolume, match=f"{volume} mL cannot be right"):
        here.register(volume)


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"ended_at": timedelta(minutes=-30)}, ImpossibleTimes),
        ({"ended_at": timedelta(minutes=5)}, ImpossibleTime),
        ({"began_at": timedelta(days=-31)}, ImpossibleTime),
        ({"anaesthesia": "MAGIC"}, UnknownChoice),
        ({"complications": ("MAGIC",)}, UnknownChoice),
        ({"outcome": Outcome.DRY_TAP}, OutcomeContradicted),
        ({"pulls": ()}, OutcomeContradicted),
        ({"pulls": pulls("2", site="NOSE")}, UnknownSite),
        ({"pulls": pulls("2", site="STERN")}, UnknownSite),
    ],
)
def test_an_account_that_cannot_be_true_is_refused(
    here: Bedside, told: dict[str, object], rule: type[LabError]
) -> None:
    moved = {
        key: here.act.occurred_at + value if isinstance(value, timedelta) else value
        for key, value in told.items()
    }
    before = here.rows()
    with pytest.raises(rule):
        here.register(told=replace(account(here.catalog, here.act), **moved))  # type: ignore[arg-type]
    assert here.rows() == before


def test_a_guarded_site_needs_a_reason_and_a_second_person(here: Bedside) -> None:
    make_person(here.database, "nora", Role.OPERATOR)
    sternum = account(here.catalog, here.act, made=pulls("2.5", "8", "4", side=Side.MIDLINE, site="STERN"))
    second = SecondPerson(login="nora", password=PASSWORD)
    with pytest.raises(SiteNeedsConfirmation, match="tamponade"):
        here.register(told=replace(sternum, site_reason="both crests irradiated"))
    with pytest.raises(SiteNeedsConfirmation):
        here.register(told=sternum, site_confirmed_by=second)
    told = replace(sternum, site_reason="both crests irradiated")
    assert here.register(told=told, site_confirmed_by=second).samples


def test_the_tibia_of_a_seven_year_old_needs_a_second_person(here: Bedside) -> None:
    with pytest.raises(SiteNeedsConfirmation):
        here.register(told=account(here.catalog, here.act, made=pulls("2", site="TIBIA")))


def test_what_the_volume_does_not_cover_is_named_in_millilitres(here: Bedside) -> None:
    done = here.register("2.5", "1.2")
    short = {one.code: one.missing_ml for one in done.uncovered}
    assert short == {"BM-MOL": Decimal("0.4"), "BM-HOLD": Decimal(0)}


def test_parts_that_were_not_obtained_stay_visible_with_their_reason(here: Bedside) -> None:
    done = here.register("2.5", "0.6")
    missed = [one for one in done.samples if one.state == SampleState.NOT_OBTAINED]
    assert {one.state_reason for one in missed} == {"QNS"}
    assert here.kinds(missed[0]) == [CustodyKind.COLLECTION_FAILED]
    assert here.test_states()["BM-MOL"] == orders.TestState.NOT_POSSIBLE
    assert here.test_states()["BM-FILM"] == orders.TestState.PLANNED


def test_missing_parts_need_a_coded_reason(here: Bedside) -> None:
    before = here.rows()
    with pytest.raises(UnknownReason):
        here.register("1", not_obtained_reason="")
    assert here.rows() == before


def test_after_a_dry_tap_only_core_and_touch_preparations_remain(here: Bedside) -> None:
    here.child = make_child(
        here.database, here.catalog, here.at_theatre(), indication="PANCYT", mrn="1000000009"
    )
    told = account(
        here.catalog, here.act, made=(), outcome=Outcome.DRY_TAP, cores=(NewCore(site="PIC", side=Side.LEFT),)
    )
    done = here.register(
        told=told, wristband=Wristband(code="WB1000000009-20190714"), not_obtained_reason="DRY_TAP"
    )
    assert {one.kind for one in obtained(done)} == {SampleKind.SLIDE, SampleKind.CORE}
    assert {one.comment for one in obtained(done) if one.kind == SampleKind.SLIDE} == {"touch preparation"}
    missed = {one.container for one in done.samples if one.state == SampleState.NOT_OBTAINED}
    assert missed == {"EDTA", "HEPARIN"}


def test_an_abandoned_procedure_leaves_a_case_of_missed_parts(here: Bedside) -> None:
    told = account(here.catalog, here.act, made=(), outcome=Outcome.ABANDONED)
    done = here.register(told=told, not_obtained_reason="ABANDONED")
    assert not obtained(done)
    assert set(here.test_states().values()) == {orders.TestState.NOT_POSSIBLE}


def test_the_same_child_can_be_punctured_again_for_what_is_missing(here: Bedside) -> None:
    first = here.register("2.5", "0.6")
    second = here.register("9")
    assert second.case_number != first.case_number
    assert not second.uncovered
    assert SampleKind.SLIDE not in {one.kind for one in second.samples}
    with pytest.raises(NothingToCollect):
        here.register("5")


def test_the_same_registration_again_changes_nothing_and_answers_the_same(here: Bedside) -> None:
    act = here.at_theatre()
    first = here.register(act=act)
    before = here.rows()
    again = here.register(act=act)
    assert again.repeated
    assert [one.code for one in again.samples] == [one.code for one in first.samples]
    assert here.rows() == before
    with pytest.raises(RegisteredDifferently):
        here.register("1.5", "2", act=act)


def test_a_draw_over_the_limits_needs_a_reason_then_somebody_who_may_override(here: Bedside) -> None:
    light = make_child(here.database, here.catalog, here.at_theatre(), weight_kg="3.2", mrn="1000000009")
    here.child = light
    band = Wristband(code="WB1000000009-20190714")
    with pytest.raises(VolumeNeedsReason, match=r"3\.1 %"):
        here.register("2.5", "6", wristband=band)
    heavy = account(here.catalog, here.act, made=pulls("2.5", "8", "8"), volume_reason="one sedation only")
    with pytest.raises(VolumeBlocked, match=r"6\.8 %"):
        here.register(told=heavy, wristband=band)
    make_person(here.database, "paula", Role.PATHOLOGIST)
    paula = SecondPerson(login="paula", password=PASSWORD)
    assert here.register(told=heavy, wristband=band, volume_override_by=paula).samples


def test_without_a_weight_the_limits_are_not_guessed(here: Bedside) -> None:
    here.child = make_child(here.database, here.catalog, here.at_theatre(), weight_kg=None, mrn="1000000009")
    plan = bedside_plan.draw_plan(here.database, here.catalog, here.child.order_number, now=here.act.at)
    assert (plan.ideal.level, plan.weight_known, plan.age_known) == (VolumeLevel.UNKNOWN, False, True)
    assert here.register("2.5", "8", "4", wristband=Wristband(code="WB1000000009-20190714")).samples


def test_a_procedure_is_registered_at_a_bedside(here: Bedside) -> None:
    with pytest.raises(NotAtABedside):
        here.register(act=here.at_theatre().at_place(None))


def test_the_preview_names_what_is_missing_and_writes_nothing(here: Bedside) -> None:
    before = here.rows()
    seen = bedside_plan.preview(
        here.database, here.catalog, here.child.order_number, pulls("2.5", "1.2"), now=here.act.at
    )
    assert [one.code for one in seen.uncovered] == ["BM-MOL", "BM-HOLD"]
    assert here.rows() == before


def test_a_large_first_pull_is_said_to_dilute_mrd(here: Bedside) -> None:
    here.child = make_child(
        here.database, here.catalog, here.at_theatre(), indication="LEUK-MRD", mrn="1000000009"
    )
    seen = bedside_plan.preview(
        here.database, here.catalog, here.child.order_number, pulls("8"), now=here.act.at
    )
    assert seen.diluted == ("BM-MRD",)
