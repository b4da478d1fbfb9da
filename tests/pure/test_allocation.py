from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from labflow.catalog import Catalog, Side
from labflow.procedures import Allocation, Obtained, Wanted, allocate, parts_of
from labflow.procedures.parts import Part

from .test_draw_plan import PAPER, wanted

ASPIRATES = (
    *PAPER,
    "BM-MRD",
    "BM-CHIM",
    "BM-CX-BACT",
    "BM-CX-AFB",
    "BM-HOLD",
    "BM-CLOT",
    "BM-DIFF",
    "BM-TREPH",
)


def obtained(*volumes: str, side: Side = Side.LEFT, first: int = 1) -> list[Obtained]:
    return [
        Obtained(number=number, site="PIC", side=side, volume_ml=Decimal(volume))
        for number, volume in enumerate(volumes, start=first)
    ]


def share(
    catalog: Catalog, tests: list[Wanted], pulls: list[Obtained], cores: tuple[Side, ...] = ()
) -> Allocation:
    return allocate(tests, pulls, cores, containers=catalog.containers, limits=catalog.volume_limits)


def volumes(seen: Allocation) -> dict[str, Decimal]:
    """What each test has, wherever it came from."""
    had: dict[str, Decimal] = {}
    for one in seen.filled:
        for test in one.part.tests:
            had[test.test.code] = had.get(test.test.code, Decimal(0)) + one.volume_ml
    return had


def short(seen: Allocation) -> dict[str, Decimal]:
    return {one.wanted.test.code: one.missing_ml for one in seen.uncovered}


def test_each_test_gets_its_minimum_before_any_gets_its_ideal(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-FILM", "BM-MORPH", "BM-FLOW"), obtained("1.6"))
    assert volumes(seen) == {"BM-FILM": Decimal("0.1"), "BM-MORPH": Decimal("0.5"), "BM-FLOW": Decimal(1)}
    assert not seen.uncovered


def test_the_rest_tops_up_by_priority(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-FILM", "BM-MORPH", "BM-FLOW"), obtained("3"))
    assert volumes(seen) == {"BM-FILM": Decimal("0.5"), "BM-MORPH": Decimal("1.5"), "BM-FLOW": Decimal(1)}


def test_what_is_missing_is_named_in_millilitres(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, *PAPER), obtained("2.5", "1.2"))
    assert short(seen) == {"BM-MOL": Decimal("0.4")}
    assert seen.uncovered[0].container == catalog.containers["EDTA"]


def test_two_tests_in_one_tube_need_the_larger_volume_only(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-KARYO", "BM-FISH"), obtained("1.5"))
    assert not seen.uncovered
    assert len(seen.filled) == 1
    assert [one.test.code for one in seen.filled[0].part.tests] == ["BM-KARYO", "BM-FISH"]


def test_mrd_is_served_by_the_first_pull_alone(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-FILM", "BM-MORPH", "BM-MRD"), obtained("1", "9"))
    assert short(seen) == {"BM-MRD": Decimal("1.1")}
    assert {one.pull for one in seen.filled if one.part.first_pull_only} == {1}
    assert {one.pull for one in seen.filled if one.part.lead.code == "BM-MORPH"} == {2}


def test_a_large_first_pull_dilutes_mrd(catalog: Catalog) -> None:
    tests = wanted(catalog, "BM-FILM", "BM-MRD")
    assert not share(catalog, tests, obtained("2.5")).diluted
    assert [one.test.code for one in share(catalog, tests, obtained("2.6")).diluted] == ["BM-MRD"]


def test_the_first_pull_of_each_puncture_counts_as_first(catalog: Catalog) -> None:
    pulls = obtained("0.5", "5") + obtained("2.5", side=Side.RIGHT, first=3)
    seen = share(catalog, wanted(catalog, "BM-FILM", "BM-MRD"), pulls)
    assert {one.pull for one in seen.filled if one.part.first_pull_only} <= {1, 3}
    assert not seen.uncovered


def test_a_side_is_filled_from_its_own_pulls(catalog: Catalog) -> None:
    tests = wanted(catalog, "BM-FILM", side=Side.LEFT) + wanted(catalog, "BM-FILM", side=Side.RIGHT, first=2)
    seen = share(catalog, tests, obtained("3"))
    assert [(one.wanted.side, one.missing_ml) for one in seen.uncovered] == [(Side.RIGHT, Decimal("0.1"))]


def test_a_container_is_not_overfilled(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-CLOT", "BM-CHIM"), obtained("20"))
    assert all(
        one.part.container.capacity_ml is None
        or one.volume_ml <= Decimal(str(one.part.container.capacity_ml))
        for one in seen.filled
    )


def test_a_clot_section_takes_what_the_others_leave(catalog: Catalog) -> None:
    seen = share(catalog, wanted(catalog, "BM-FLOW", "BM-CLOT"), obtained("4"))
    assert volumes(seen) == {"BM-FLOW": Decimal("2.5"), "BM-CLOT": Decimal("1.5")}
    assert seen.left_over_ml == 0


def test_after_a_dry_tap_films_are_touched_from_the_core(catalog: Catalog) -> None:
    tests = wanted(catalog, "BM-FILM", "BM-DIFF", "BM-MORPH", "BM-TREPH")
    seen = share(catalog, tests, [], cores=(Side.LEFT,))
    assert {one.part.lead.code for one in seen.filled} == {"BM-FILM", "BM-TREPH"}
    assert set(short(seen)) == {"BM-MORPH"}


def test_without_films_what_reads_them_is_uncovered_too(catalog: Catalog) -> None:
    assert set(short(share(catalog, wanted(catalog, "BM-FILM", "BM-DIFF"), []))) == {"BM-FILM", "BM-DIFF"}


sides = st.sampled_from([None, Side.LEFT, Side.RIGHT])
chosen = st.lists(st.tuples(st.sampled_from(ASPIRATES), sides), min_size=1, max_size=12, unique=True)
drawn = st.lists(
    st.tuples(st.decimals("0.1", "12", places=1), st.sampled_from([Side.LEFT, Side.RIGHT])), max_size=6
)


def drawn_pulls(made: list[tuple[Decimal, Side]]) -> list[Obtained]:
    return [
        Obtained(number=number, site="PIC", side=side, volume_ml=volume)
        for number, (volume, side) in enumerate(made, start=1)
    ]


def chosen_tests(catalog: Catalog, picked: list[tuple[str, Side | None]]) -> list[Wanted]:
    return [
        Wanted(number=number, priority=number, side=side, test=catalog.tests[code])
        for number, (code, side) in enumerate(picked, start=1)
    ]


def sources(part: Part, pulls: list[Obtained]) -> set[int]:
    """The pulls that may fill a part, told again in other words."""
    mine = [pull for pull in pulls if part.side is None or part.side == pull.side]
    if not part.first_pull_only:
        return {pull.number for pull in mine}
    return {min(one.number for one in mine if one.side == pull.side) for pull in mine}


@settings(max_examples=300, deadline=None)
@given(chosen, drawn)
def test_never_more_is_shared_out_than_was_pulled(
    catalog: Catalog, picked: list[tuple[str, Side | None]], made: list[tuple[Decimal, Side]]
) -> None:
    pulls = drawn_pulls(made)
    seen = share(catalog, chosen_tests(catalog, picked), pulls)
    for pull in pulls:
        assert sum(one.volume_ml for one in seen.filled if one.pull == pull.number) <= pull.volume_ml
    shared = sum((one.volume_ml for one in seen.filled), Decimal(0))
    assert shared + seen.left_over_ml == sum((pull.volume_ml for pull in pulls), Decimal(0))


@settings(max_examples=300, deadline=None)
@given(chosen, drawn)
def test_no_test_lacks_its_minimum_while_a_lower_one_drinks_from_its_pulls(
    catalog: Catalog, picked: list[tuple[str, Side | None]], made: list[tuple[Decimal, Side]]
) -> None:
    pulls, tests = drawn_pulls(made), chosen_tests(catalog, picked)
    seen = share(catalog, tests, pulls)
    parts = parts_of(tests, catalog.containers).parts
    for lacking in (one for one in seen.uncovered if one.missing_ml):
        part = next(part for part in parts if lacking.wanted in part.tests)
        mine = sources(part, pulls)
        for filled in seen.filled:
            if filled.pull in mine and filled.part != part:
                assert filled.part.tests[0].rank < lacking.wanted.rank


@settings(max_examples=100, deadline=None)
@given(chosen, drawn)
def test_the_same_pulls_are_always_shared_out_the_same_way(
    catalog: Catalog, picked: list[tuple[str, Side | None]], made: list[tuple[Decimal, Side]]
) -> None:
    tests, pulls = chosen_tests(catalog, picked), drawn_pulls(made)
    assert share(catalog, tests, pulls) == share(catalog, list(reversed(tests)), pulls)


@settings(max_examples=200, deadline=None)
@given(chosen, drawn)
def test_every_part_is_filled_or_named(
    catalog: Catalog, picked: list[tuple[str, Side | None]], made: list[tuple[Decimal, Side]]
) -> None:
    tests = chosen_tests(catalog, picked)
    seen = share(catalog, tests, drawn_pulls(made))
    filled = {test.number for one in seen.filled for test in (*one.part.tests, *one.part.readers)}
    assert filled | {one.wanted.number for one in seen.uncovered} == {one.number for one in tests}
