from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from labflow.catalog import Catalog, Side, Test
from labflow.procedures import (
    Child,
    DrawPlan,
    VolumeBlocked,
    VolumeLevel,
    VolumeNeedsReason,
    Wanted,
    blood_volume_ml,
    check_volume,
    plan_draw,
    require_within_limits,
)
from labflow.procedures.sites import offered_sites

Test.__test__ = False  # type: ignore[attr-defined]  # a laboratory test, not one of ours
TODAY = date(2026, 11, 20)
INFANT = Child(birth_date=date(2026, 5, 20), weight_kg=Decimal(6))
PAPER = ("BM-FILM", "BM-MORPH", "BM-FLOW", "BM-KARYO", "BM-FISH", "BM-MOL")


def wanted(catalog: Catalog, *codes: str, side: Side | None = None, first: int = 1) -> list[Wanted]:
    """These tests in this order of priority."""
    return [
        Wanted(number=number, priority=number, side=side, test=catalog.tests[code])
        for number, code in enumerate(codes, start=first)
    ]


def plan(catalog: Catalog, tests: list[Wanted], child: Child = INFANT, blood: str = "0") -> DrawPlan:
    return plan_draw(
        tests,
        child,
        containers=catalog.containers,
        blood_volumes=catalog.blood_volumes,
        limits=catalog.volume_limits,
        on=TODAY,
        blood_drawn_ml=Decimal(blood),
    )


def codes(plan: DrawPlan) -> list[list[list[str]]]:
    """The test codes of each part of each pull."""
    return [[[one.test.code for one in part.tests] for part in pull.parts] for pull in plan.pulls]


def alone(tests: list[Wanted]) -> list[Wanted]:
    """The same tests, each with a tube of its own."""
    return [replace(one, test=replace(one.test, may_share_with=())) for one in tests]


def test_the_worked_check_of_the_six_kilogram_infant(catalog: Catalog) -> None:
    seen = plan(catalog, alone(wanted(catalog, *PAPER)))
    assert seen.estimated_blood_ml == 450
    assert (seen.minimum.ml, seen.minimum.level) == (Decimal("5.1"), VolumeLevel.WARN)
    assert (seen.ideal.ml, seen.ideal.level) == (Decimal("13.0"), VolumeLevel.REASON)
    assert (f"{seen.minimum.percent:.1f}", f"{seen.ideal.percent:.1f}") == ("1.1", "2.9")


def test_fish_in_the_tube_of_the_karyotype_saves_its_volume(catalog: Catalog) -> None:
    seen = plan(catalog, wanted(catalog, *PAPER))
    assert ["BM-KARYO", "BM-FISH"] in codes(seen)[1]
    assert seen.ideal.ml == 11
    assert seen.minimum.ml == Decimal("4.1")


def test_films_come_first_and_later_pulls_move_the_needle(catalog: Catalog) -> None:
    seen = plan(catalog, wanted(catalog, "BM-MOL", "BM-FLOW", "BM-MORPH", "BM-FILM"))
    assert codes(seen) == [[["BM-FILM"], ["BM-MORPH"]], [["BM-FLOW"]], [["BM-MOL"]]]
    assert [pull.reposition for pull in seen.pulls] == [False, True, True]


def test_mrd_gets_the_rest_of_a_small_first_pull(catalog: Catalog) -> None:
    seen = plan(catalog, wanted(catalog, "BM-FILM", "BM-MORPH", "BM-MRD"))
    assert codes(seen) == [[["BM-FILM"], ["BM-MRD"]], [["BM-MORPH"]]]
    assert seen.pulls[0].ideal_ml == Decimal("2.5")


def test_both_sides_are_planned_one_after_the_other(catalog: Catalog) -> None:
    left = wanted(catalog, "BM-FILM", "BM-TREPH", side=Side.LEFT)
    right = wanted(catalog, "BM-FILM", "BM-TREPH", side=Side.RIGHT, first=3)
    seen = plan(catalog, left + right)
    assert [pull.side for pull in seen.pulls] == [Side.LEFT, Side.RIGHT]
    assert [part.side for part in seen.cores] == [Side.LEFT, Side.RIGHT]
    assert [pull.reposition for pull in seen.pulls] == [False, False]


def test_what_reads_films_needs_no_volume_and_says_when_there_are_none(catalog: Catalog) -> None:
    seen = plan(catalog, wanted(catalog, "BM-FILM", "BM-DIFF"))
    assert [one.test.code for one in seen.pulls[0].parts[0].readers] == ["BM-DIFF"]
    assert [one.test.code for one in plan(catalog, wanted(catalog, "BM-DIFF")).unserved] == ["BM-DIFF"]


def test_blood_of_the_same_visit_counts(catalog: Catalog) -> None:
    assert plan(catalog, wanted(catalog, "BM-FILM"), blood="12").ideal.level == VolumeLevel.REASON


@pytest.mark.parametrize(
    ("child", "weight_known", "age_known"),
    [
        (Child(birth_date=INFANT.birth_date, weight_kg=None), False, True),
        (Child(birth_date=None, weight_kg=Decimal(6)), True, False),
    ],
)
def test_the_plan_says_what_it_cannot_check(
    catalog: Catalog, child: Child, weight_known: bool, age_known: bool
) -> None:
    seen = plan(catalog, wanted(catalog, *PAPER), child)
    assert (seen.weight_known, seen.age_known) == (weight_known, age_known)
    assert seen.ideal.level == VolumeLevel.UNKNOWN
    assert seen.ideal.percent is None


@pytest.mark.parametrize(
    ("born", "ml_per_kg"),
    [(date(2026, 11, 19), 80), (date(2026, 10, 20), 75), (date(2022, 11, 20), 80), (date(2019, 11, 20), 85)],
)
def test_the_blood_volume_follows_age(catalog: Catalog, born: date, ml_per_kg: int) -> None:
    child = Child(birth_date=born, weight_kg=Decimal(10))
    assert blood_volume_ml(catalog.blood_volumes, child, TODAY) == ml_per_kg * 10


@pytest.mark.parametrize(
    ("ml", "level"),
    [
        ("10", "fine"),
        ("10.1", "warn"),
        ("25", "warn"),
        ("25.1", "reason"),
        ("50", "reason"),
        ("50.1", "block"),
    ],
)
def test_a_share_at_the_limit_is_within_it(catalog: Catalog, ml: str, level: str) -> None:
    assert check_volume(Decimal(ml), Decimal(1000), catalog.volume_limits).level == level


def test_a_reason_opens_the_second_limit_and_an_override_the_third(catalog: Catalog) -> None:
    limits = catalog.volume_limits
    much = check_volume(Decimal(30), Decimal(1000), limits)
    too_much = check_volume(Decimal(60), Decimal(1000), limits)
    with pytest.raises(VolumeNeedsReason):
        require_within_limits(much, limits, reason=" ", overridden=False)
    require_within_limits(much, limits, reason="one sedation only", overridden=False)
    with pytest.raises(VolumeBlocked):
        require_within_limits(too_much, limits, reason="one sedation only", overridden=False)
    with pytest.raises(VolumeNeedsReason):
        require_within_limits(too_much, limits, reason="", overridden=True)
    require_within_limits(too_much, limits, reason="one sedation only", overridden=True)


@pytest.mark.parametrize(("months", "usual"), [(17, True), (18, False), (None, False)])
def test_the_tibia_is_offered_under_eighteen_months(
    catalog: Catalog, months: int | None, usual: bool
) -> None:
    offers = offered_sites(catalog.sites, months)
    assert offers[0].site.code == "PIC"
    assert {offer.site.code: offer.usual for offer in offers}["TIBIA"] is usual
    assert {offer.site.code: offer.usual for offer in offers}["STERN"] is False
