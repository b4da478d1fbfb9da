"""What an order, a wristband or a page means in the catalog."""

from __future__ import annotations

from datetime import date

import pytest

from labflow.catalog import Catalog, find_panel, find_test, match_outside_code, offered_tests


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("BM-FLOW", "BM-FLOW"),
        ("bm-flow", "BM-FLOW"),
        (" FLOW ", "BM-FLOW"),
        ("33719-6", "BM-FLOW"),
        ("101119-6", "BM-FLOW"),
        ("33893-9", "BM-KARYO"),
        ("81861-7", "BM-KARYO"),
        ("536-3", "BM-CX-AFB"),
    ],
)
def test_an_order_finds_a_test_by_code_loinc_or_alias(catalog: Catalog, named: str, code: str) -> None:
    found = find_test(catalog, named)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("named", ["", " ", "57021-8", "BM", "BM-FLOWW", "200"])
def test_an_unknown_test_is_never_guessed(catalog: Catalog, named: str) -> None:
    assert find_test(catalog, named) is None


@pytest.mark.parametrize(
    ("named", "indication"),
    [("LEUK-NEW", "LEUK-NEW"), ("New acute leukemia", "LEUK-NEW"), ("M86.1", "OSTEO"), ("D76.1", "HLH")],
)
def test_an_indication_is_found_by_code_text_or_icd_10(catalog: Catalog, named: str, indication: str) -> None:
    found = find_panel(catalog, named)
    assert found is not None
    assert found.indication == indication


@pytest.mark.parametrize("named", ["", "M8", "M861", "D76.10", "leukaemia", "C91.0"])
def test_an_indication_that_may_mean_two_things_is_not_guessed(catalog: Catalog, named: str) -> None:
    assert find_panel(catalog, named) is None


@pytest.mark.parametrize(
    ("age_years", "offered"), [(0, True), (4.9, True), (5, False), (17, False), (None, True)]
)
def test_kingella_is_offered_under_five_years_only(
    catalog: Catalog, age_years: float | None, offered: bool
) -> None:
    tests = offered_tests(catalog, catalog.panels["OSTEO"], age_years=age_years)
    assert ("BONE-KK" in [test.code for test in tests]) is offered


def test_a_panel_offers_its_tests_in_order_of_priority(catalog: Catalog) -> None:
    panel = catalog.panels["LEUK-MRD"]
    codes = [test.code for test in offered_tests(catalog, panel, age_years=7)]
    assert codes == [*panel.required, *panel.offered]
    assert [panel.priority(code) for code in codes] == sorted(panel.priority(code) for code in codes)
    assert panel.priority("BM-HOLD") == len(codes)


def test_a_wristband_says_whose_it_is(catalog: Catalog) -> None:
    match = match_outside_code(catalog, "WB0000012345-20210228")
    assert match is not None
    assert (match.kind, match.mrn, match.birth_date) == ("wristband", "0000012345", date(2021, 2, 28))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "WB0000012345-20210229",  # no such day
        "WB000012345-20210228",
        "WB0000012345-20210228 ",
        "XWB0000012345-20210228",
        "WB٠٠٠٠٠12345-20210228",  # digits of another script
        "SBCDEFGH0",
        "W" * 1_000_000,
    ],
)
def test_what_is_not_wholly_a_wristband_is_none(catalog: Catalog, text: str) -> None:
    assert match_outside_code(catalog, text) is None
