"""The demo laboratory: complete, consistent, and true to the published codes."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from labflow.catalog import (
    CardAction,
    Catalog,
    ReasonUse,
    SampleKind,
    Side,
    StepKind,
    Temperature,
    Urgency,
    freeze_test,
    read_catalog,
    thaw_test,
)
from labflow.catalog.code_checks import is_loinc, is_snomed
from labflow.catalog.loading import load_catalog
from labflow.foundation.codes import CodeKind, check_code
from tests.support import ROOT

EXAMPLE = ROOT / "config.example.toml"
TERMINOLOGY = ROOT.parent / "shared" / "samples" / "terminology"
TESTS = [
    "BM-FILM",
    "BM-MORPH",
    "BM-DIFF",
    "BM-IRON",
    "BM-CYTO",
    "BM-MRD",
    "BM-FLOW",
    "BM-KARYO",
    "BM-FISH",
    "BM-MOL",
    "BM-CHIM",
    "BM-CX-BACT",
    "BM-CX-AFB",
    "BM-CX-FUNG",
    "BONE-CX",
    "BONE-KK",
    "BM-TREPH",
    "BM-CLOT",
    "BM-HOLD",
]
PANELS = [
    "LEUK-NEW",
    "LEUK-MRD",
    "ANAEM",
    "PANCYT",
    "OSTEO",
    "FUO",
    "NB-STAGE",
    "LYMPH",
    "STORAGE",
    "HLH",
    "HSCT",
    "OTHER",
]
QUEUES = [
    "SMEAR",
    "FLOW",
    "CYTOGEN",
    "MOLEC",
    "MICRO",
    "HISTO",
    "REFERRAL",
    "EXCEPTIONS",
]


def published(name: str, column: int, **wanted: str) -> set[str]:
    """One column of a published code list, or a skip where the samples are not beside the project."""
    path = TERMINOLOGY / name
    if not path.exists():
        pytest.skip("the published samples are not beside the project")
    with path.open(encoding="utf-8") as lines:
        rows = [
            row for row in csv.DictReader(lines) if all(row[key] == value for key, value in wanted.items())
        ]
    return {list(row.values())[column] for row in rows}


def test_the_demo_laboratory_offers_the_whole_catalogue(catalog: Catalog) -> None:
    assert list(catalog.tests) == TESTS
    assert list(catalog.panels) == PANELS
    assert list(catalog.queues) == QUEUES


def test_the_catalogue_keeps_the_order_of_the_file_and_its_codes(catalog: Catalog) -> None:
    document = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for name in ("containers", "tests", "queues", "places", "do_cards", "sites", "reasons", "label_designs"):
        table = getattr(catalog, name)
        assert list(table) == list(document[name])
        assert [row.code for row in table.values()] == list(table)


def test_values_come_out_in_the_types_that_code_relies_on(catalog: Catalog) -> None:
    morphology = catalog.tests["BM-MORPH"]
    assert isinstance(morphology.ideal_ml, float)
    assert morphology.stable_hours("EDTA", Temperature.ROOM) == 24
    assert morphology.stable_hours("EDTA", Temperature.FROZEN) is None
    assert morphology.target is not None
    assert morphology.target.hours_for(Urgency.URGENT) == 24
    assert morphology.steps[0].kind is StepKind.MAKE_SLIDES
    assert catalog.sites["STERN"].sides == (Side.MIDLINE,)
    assert catalog.tests["BM-HOLD"].target is None


def test_place_and_do_card_codes_are_valid_and_cover_every_action(catalog: Catalog) -> None:
    assert {check_code(code) for code in catalog.places} == {CodeKind.PLACE}
    assert {check_code(code) for code in catalog.do_cards} == {CodeKind.DO_CARD}
    assert {card.action for card in catalog.do_cards.values()} == set(CardAction)


def test_every_use_has_a_reason_and_every_kind_a_label(catalog: Catalog) -> None:
    assert {use for reason in catalog.reasons.values() for use in reason.uses} == set(ReasonUse)
    assert {kind for design in catalog.label_designs.values() for kind in design.for_kinds} == set(SampleKind)


def test_a_rejectable_sample_can_be_accepted_with_deviation_unless_its_identity_is_open(
    catalog: Catalog,
) -> None:
    identity = {"RM", "RI", "RA", "RE", "RS"}
    for reason in catalog.reasons.values():
        if ReasonUse.REJECT in reason.uses:
            assert (ReasonUse.DEVIATION in reason.uses) != (reason.spm21 in identity), reason.code


def test_every_published_code_has_a_right_check_digit(catalog: Catalog) -> None:
    loinc = [test.loinc for test in catalog.tests.values() if test.loinc]
    loinc += [field.loinc for test in catalog.tests.values() for field in test.result_fields if field.loinc]
    snomed = [row.snomed for row in catalog.containers.values() if row.snomed]
    snomed += [site.snomed for site in catalog.sites.values()]
    assert len(loinc) > 15
    assert len(snomed) > 6
    assert all(map(is_loinc, loinc))
    assert all(map(is_snomed, snomed))


@pytest.mark.parametrize("wrong", ["4469-9", "74466-5", "74452-5", "48807-3", "488072", "", "x-1"])
def test_a_wrong_loinc_check_digit_is_seen(wrong: str) -> None:
    assert not is_loinc(wrong)


@pytest.mark.parametrize("wrong", ["29850007", "92850006", "396997020", "29850", ""])
def test_a_wrong_snomed_check_digit_is_seen(wrong: str) -> None:
    assert not is_snomed(wrong)


def test_the_published_codes_themselves_pass() -> None:
    assert all(map(is_loinc, published("loinc_bone_marrow_subset.csv", 0)))
    assert all(map(is_snomed, published("snomed_bone_marrow_subset.csv", 0)))


@pytest.mark.parametrize(
    ("table", "name", "attribute"),
    [
        ("0490", "reasons", "spm21"),
        ("0493", "reasons", "spm24"),
        ("0371", "containers", "additive_hl7"),
        ("0550", "sites", "hl7"),
    ],
)
def test_hl7_codes_stand_in_their_tables(catalog: Catalog, table: str, name: str, attribute: str) -> None:
    used = {getattr(row, attribute) for row in getattr(catalog, name).values()} - {""}
    assert used
    assert used <= published("hl7v2_tables_subset.csv", 1, table=table)


def test_every_orderable_test_has_steps_fields_and_a_sample_to_read(catalog: Catalog) -> None:
    for test in catalog.tests.values():
        assert test.steps
        assert any(field.required for field in test.result_fields), test.code
        assert bool(test.containers) != bool(test.uses_samples_of), test.code


def test_cultures_and_cytogenetics_are_never_chilled(catalog: Catalog) -> None:
    never = {test.code for test in catalog.tests.values() if test.never_chilled}
    assert never == {"BM-KARYO", "BM-FISH", "BM-CX-BACT", "BM-CX-AFB", "BM-CX-FUNG", "BONE-CX"}
    assert not any(
        limit.temperature == Temperature.CHILLED for code in never for limit in catalog.tests[code].stability
    )


def test_the_differential_counts_fourteen_classes_in_percent(catalog: Catalog) -> None:
    counted = [field for field in catalog.tests["BM-DIFF"].result_fields if field.unit == "%"]
    assert len(counted) == 14
    assert all(field.required and (field.minimum, field.maximum) == (0, 100) for field in counted)


def test_neuroblastoma_is_staged_on_both_sides(catalog: Catalog) -> None:
    assert {"BM-FILM", "BM-MORPH", "BM-TREPH"} <= set(catalog.panels["NB-STAGE"].both_sides)


def test_the_posterior_iliac_crest_comes_first_and_others_are_guarded(catalog: Catalog) -> None:
    first, *others = catalog.sites.values()
    assert (first.code, first.guarded, first.warning) == ("PIC", False, "")
    assert {site.code: (site.guarded, site.below_months) for site in others} == {
        "TIBIA": (False, 18),
        "AIC": (True, None),
        "STERN": (True, None),
    }
    assert all(site.warning for site in others)


def test_observations_are_due_at_the_published_times(catalog: Catalog) -> None:
    assert [item.after_hours for item in catalog.checklists["observation"]] == [0.5, 2, 12, 24]


def test_a_six_kilogram_infant_gets_the_new_leukaemia_panel_within_the_limits(catalog: Catalog) -> None:
    """The worked check of the published rule: 13 mL ideal needs a reason, 5.1 mL minimum only warns."""
    months, weight_kg = 6, 6
    ml_per_kg = [row.ml_per_kg for row in catalog.blood_volumes if row.from_months <= months][-1]
    blood_ml = weight_kg * ml_per_kg
    panel = [catalog.tests[code] for code in catalog.panels["LEUK-NEW"].required]
    drawn = [test for test in panel if not test.takes_what_is_left]
    ideal, minimum = sum(test.ideal_ml for test in drawn), sum(test.minimum_ml for test in drawn)
    limits = catalog.volume_limits
    assert blood_ml == 450
    assert ideal == 13
    assert minimum == pytest.approx(5.1)
    assert limits.reason_percent < 100 * ideal / blood_ml < limits.block_percent
    assert limits.warn_percent < 100 * minimum / blood_ml < limits.reason_percent
    shared = [test for test in drawn if set(test.may_share_with) & set(catalog.panels["LEUK-NEW"].required)]
    assert [test.code for test in shared] == ["BM-FISH"]


@pytest.mark.parametrize("code", TESTS)
def test_an_ordered_test_keeps_its_values_through_json(catalog: Catalog, code: str) -> None:
    test = catalog.tests[code]
    kept = json.loads(json.dumps(freeze_test(test)))
    assert thaw_test(kept) == test
    assert set(kept) == {field.name for field in fields(test)}


def test_an_ordered_test_does_not_follow_a_later_configuration(catalog: Catalog) -> None:
    kept = freeze_test(catalog.tests["BM-FLOW"])
    later = read_catalog(EXAMPLE.read_text(encoding="utf-8").replace("ideal_ml = 2.5 ", "ideal_ml = 3.5 "))
    assert later.tests["BM-FLOW"].ideal_ml == 3.5
    assert thaw_test(kept).ideal_ml == 2.5


def test_values_of_the_catalogue_cannot_be_changed_by_accident(catalog: Catalog) -> None:
    with pytest.raises(AttributeError):
        catalog.tests["BM-FLOW"].ideal_ml = 9  # type: ignore[misc]


def test_every_figure_of_a_test_names_its_source_and_the_header_explains_every_mark() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    header, tests = text.split("[server]")[0], text[text.index("[tests.") : text.index("[panels.")]
    figures = ("minimum_ml", "ideal_ml", "target", "stability = [{", "{ container", "below_")
    sources = re.compile(r"#.*(\[[A-Z]|takes what is left|as BM-CX-BACT|as trephine)")
    lines = [line for line in tests.splitlines() if line.strip().startswith(figures)]
    assert len(lines) > 60
    assert [line for line in lines if not sources.search(line)] == []
    marks = {
        mark
        for line in text.splitlines()
        for mark in re.findall(r"\[[A-Z][A-Z0-9]*\]", line.partition("#")[2])
    }
    assert {mark for mark in marks if mark not in header} == set()


def test_the_file_can_be_loaded_from_its_path(tmp_path: Path) -> None:
    copy = tmp_path / "laboratory.toml"
    copy.write_bytes(EXAMPLE.read_bytes())
    assert load_catalog(copy) == load_catalog(EXAMPLE)
