"""What labels say, and which design a sample takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from labflow.catalog import Catalog, LabelDesign, LabelUse, SampleKind, Side
from labflow.labels import (
    NoLabelDesign,
    UnknownLabelDesign,
    badge_content,
    bag_content,
    design_for,
    kit_content,
    label_content,
    place_content,
)
from labflow.patients import Patient
from labflow.samples import Case, Sample
from tests.label_cases import CATALOG

TAKEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
JANE = Patient(
    mrn="1234567890",
    mrn_authority="DEMO",
    family_name="Smith",
    given_name="Jane",
    name_key="smith jane",
    birth_date=date(2019, 7, 14),
    registered_at=TAKEN,
)
CASE = Case(number="LF26-000123-X", procedure_id=1, order_id=1, patient_id=1, opened_at=TAKEN)


def sample(kind: str = "tube", container: str = "EDTA", **facts: Any) -> Sample:
    given: dict[str, Any] = {
        "kind": SampleKind(kind),
        "container": container,
        "code": "S7K2R04PX",
        "number": 3,
        **facts,
    }
    return Sample(**given)


@pytest.mark.parametrize(
    ("tube", "design"),
    [
        (sample(), "TUBE"),
        (sample("bottle", "CX-PAED"), "TUBE"),
        (sample("tube", "ISOLATOR"), "PAED-TUBE"),
        (sample("aliquot", "CRYOVIAL", parent_id=1), "CRYOVIAL"),
        (sample("core", "CORE-AZF"), "TUBE"),
        (sample("slide", "SLIDE"), "SLIDE"),
        (sample("slide", "SLIDE", parent_id=1), "SLIDE-LOW"),
        (sample("block", "CASSETTE", parent_id=1), "TUBE"),
        (sample("tube", "not of the catalogue"), "TUBE"),
    ],
)
def test_a_sample_takes_the_design_of_its_container_else_of_its_kind(tube: Sample, design: str) -> None:
    assert design_for(CATALOG, tube).code == design


def test_the_container_wins_over_a_kind_that_stands_earlier() -> None:
    designs = {code: CATALOG.label_designs[code] for code in ("TUBE", "PAED-TUBE")}
    catalog = replace(CATALOG, label_designs=designs)
    assert design_for(catalog, sample("tube", "ISOLATOR")).code == "PAED-TUBE"


def test_a_kind_without_a_design_is_refused_in_words() -> None:
    with pytest.raises(NoLabelDesign, match="slide"):
        design_for(without("SLIDE"), sample("slide", "SLIDE"))


def test_another_design_can_be_chosen_among_those_for_samples() -> None:
    chosen = label_content(CATALOG, JANE, CASE, sample(), pull_number=2, design="PAED-TUBE")
    assert chosen.design.code == "PAED-TUBE"
    for design in ("BADGE", "NONE"):
        with pytest.raises(UnknownLabelDesign):
            label_content(CATALOG, JANE, CASE, sample(), pull_number=2, design=design)


def test_a_label_from_the_bedside_names_the_child_by_two_identifiers_in_the_standards_order() -> None:
    tube = sample(site="PIC", side=Side.LEFT, collected_at=TAKEN)
    content = label_content(CATALOG, JANE, CASE, tube, pull_number=2)
    assert (content.name, content.identified_by) == ("SMITH, Jane", ("MRN 123 456 7890", "Born 14-Jul-2019"))
    assert content.must_identify
    assert content.details[0] == "Collected 20-Nov-2026 09:00"
    assert content.details[1] == "K2EDTA tube (lavender)"
    assert content.details[2].startswith("Left ")
    assert content.details[2].endswith(", pull 2")
    assert content.beside_code == "LF26-000123-X · 03"


def test_a_slide_made_in_the_laboratory_needs_its_linked_number_only_and_says_its_stain_first() -> None:
    slide = sample("slide", "SLIDE", parent_id=1, stain="Wright-Giemsa")
    content = label_content(CATALOG, JANE, CASE, slide, pull_number=None)
    assert not content.must_identify
    assert content.details[0] == "Wright-Giemsa"
    assert content.beside_code == "LF26-000123-X · 03"


def test_what_is_not_known_is_not_made_up() -> None:
    content = label_content(CATALOG, JANE, CASE, sample(), pull_number=None)
    assert content.details == ("K2EDTA tube (lavender)",)


def test_bag_place_and_badge_have_designs_of_their_own() -> None:
    place = next(iter(CATALOG.places.values()))
    made = [
        bag_content(CATALOG, "T7K2R04PX"),
        place_content(CATALOG, place),
        badge_content(CATALOG, code="H7K2R04PX", name="K. Osei", roles="Technologist"),
    ]
    assert [content.design.use for content in made] == [LabelUse.BAG, LabelUse.PLACE, LabelUse.BADGE]
    assert [content.name for content in made] == ["Bag of samples", place.name, "K. Osei"]
    assert bag_content(CATALOG, "R7K2R04PX").name == "Rack of samples"


def test_a_kit_label_has_lines_for_a_pen() -> None:
    content = kit_content(CATALOG, code="S7K2R04PX", kit="Kit 7", container="EDTA")
    assert content.identified_by == ("Name", "MRN", "Born", "Collected")
    assert (content.to_fill_in, content.beside_code, content.design.code) == (True, "Kit 7", "TUBE")


def without(*codes: str) -> Catalog:
    left: dict[str, LabelDesign] = {
        code: design for code, design in CATALOG.label_designs.items() if code not in codes
    }
    return replace(CATALOG, label_designs=left)
