"""Every kind of fault in a configuration is found, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from labflow.catalog import ConfigurationFaults, Fault, describe_faults, load_catalog, read_catalog
from labflow.foundation.errors import Refused
from tests.support import ROOT

EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")


def edited(*edits: tuple[str, str]) -> str:
    text = EXAMPLE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(ConfigurationFaults) as caught:
        read_catalog(text)
    return caught.value.faults


FLOW = '[tests.BM-FLOW]\nname = "Immunophenotyping by flow cytometry"'
ONE_FAULT = [
    # shape
    (FLOW, "[tests.BM-FLOW]", "tests.BM-FLOW.name", "a text", "nothing"),
    (FLOW, "[tests.BM-FLOW]\nname = 7", "tests.BM-FLOW.name", "a text", "7"),
    (FLOW, '[tests.BM-FLOW]\nname = ""', "tests.BM-FLOW.name", "a text", '""'),
    (FLOW, FLOW + '\nqueu = "FLOW"', "tests.BM-FLOW.queu", "one of the settings name, short_name", '"FLOW"'),
    ("[tests.BM-CLOT]", '[tests."BM CLOT"]', "tests.BM CLOT", "a code of 1 to 20", "a table"),
    (
        "gap_minutes = 15",
        "gap_minutes = 1.5",
        "custody.gap_minutes",
        "a whole number from 0 to 100000",
        "1.5",
    ),
    (
        "gap_minutes = 15",
        'gap_minutes = "15"',
        "custody.gap_minutes",
        "a whole number from 0 to 100000",
        '"15"',
    ),
    ("gap_minutes = 15", "gap_minutes = true", "custody.gap_minutes", "a whole number", "true"),
    ("gap_minutes = 15", "gap_minutes = -1", "custody.gap_minutes", "from 0", "-1"),
    (
        "largest_pull_ml = 20",
        "largest_pull_ml = inf",
        "volume_limits.largest_pull_ml",
        "a number",
        "Infinity",
    ),
    ("largest_pull_ml = 20", "largest_pull_ml = nan", "volume_limits.largest_pull_ml", "a number", "NaN"),
    ("block_percent = 5", "block_percent = 500", "volume_limits.block_percent", "from 0 to 100", "500"),
    ("weekdays = [0, 1,", "weekdays = [0, 7,", "calendar.weekdays[2]", "from 0 to 6", "7"),
    ("opens = 08:00:00", 'opens = "08:00"', "calendar.opens", "a time as 15:00:00", '"08:00"'),
    ("needs_text = true", 'needs_text = "yes"', "panels.OTHER.needs_text", "true or false", '"yes"'),
    ('kind = "clinic"', 'kind = "clinics"', "places.PRS27XE46.kind", "bedside, reception", '"clinics"'),
    ('sides = ["midline"]', 'sides = "midline"', "sites.STERN.sides", "a list", '"midline"'),
    ('BLEEDING = "Bleeding"', "BLEEDING = 1", "complications.BLEEDING", "a text", "1"),
    (
        "[checklists]",
        "checklist_of_the_ward = 1\n[checklists]",
        "complications.checklist_of_the_ward",
        "code",
        "",
    ),
    (
        '{ code = "hands", name = "Hands scrubbed, sterile gloves" }',
        '"hands"',
        "checklists.asepsis[1]",
        "a table",
        "",
    ),
    ("capacity_ml = 6", "capacity_ml = 0", "containers.HEPARIN.capacity_ml", "from 0.1 to 1000", "0"),
    ('aliases = ["AFB"]', 'aliases = [""]', "tests.BM-CX-AFB.aliases[1]", "a text", '""'),
    # references
    ('queue = "FLOW"', 'queue = "FLOWW"', "tests.BM-MRD.queue", "the queues: SMEAR, FLOW, CYTOGEN", "FLOWW"),
    ('place = "P08VK5R04"', 'place = "P00000000"', "queues.SMEAR.place", "the places", "P00000000"),
    (
        'containers = ["HEPARIN", "EDTA"]',
        'containers = ["HEPARIN", "EDTA", "GREEN"]',
        "tests.BM-FLOW.containers",
        "the containers",
        "GREEN",
    ),
    (
        'may_share_with = ["BM-KARYO"]',
        'may_share_with = ["KARYO"]',
        "tests.BM-FISH.may_share_with",
        "tests",
        "KARYO",
    ),
    (
        'uses_samples_of = "BM-FILM"\ntarget',
        'uses_samples_of = "FILM"\ntarget',
        "tests.BM-DIFF.uses_samples_of",
        "the tests",
        "FILM",
    ),
    (
        'required = ["BONE-CX"]',
        'required = ["BONE-CX", "BONE"]',
        "panels.OSTEO.required",
        "the tests",
        "BONE",
    ),
    ('these = ["SLIDE"]', 'these = ["SMEAR"]', "packing_rules[1].these", "containers or hazards", "SMEAR"),
    ('those = ["formalin"]', 'those = ["formol"]', "packing_rules[1].those", "formalin", "formol"),
    (
        '{ container = "SLIDE", temp',
        '{ container = "EDTA", temp',
        "tests.BM-FILM.stability[1].container",
        "this test's containers: SLIDE",
        "EDTA",
    ),
    (
        'both_sides = ["BM-FILM",',
        'both_sides = ["BM-CHIM", "BM-FILM",',
        "panels.NB-STAGE.both_sides",
        "requires or offers",
        "BM-CHIM",
    ),
    (
        'required = ["BONE-CX"]',
        'required = ["BONE-CX", "BM-DIFF"]',
        "panels.OSTEO",
        "BM-FILM too",
        "BONE-CX",
    ),
    # amounts and order
    (
        "minimum_ml = 1.5 ",
        "minimum_ml = 2.5 ",
        "tests.BM-FISH.minimum_ml",
        "at most ideal_ml, which is 2",
        "2.5",
    ),
    ("minimum_pieces = 4", "minimum_pieces = 9", "tests.BM-FILM.minimum_pieces", "at most pieces", "9"),
    (
        "urgent_hours = 4,",
        "urgent_hours = 48,",
        "tests.BM-FLOW.target.urgent_hours",
        "at most routine_hours",
        "48",
    ),
    (
        "preliminary_urgent_hours = 3 ",
        "preliminary_urgent_hours = 30 ",
        "tests.BM-MORPH.target.preliminary_urgent_hours",
        "at most urgent_hours",
        "30",
    ),
    (
        "minimum = 1, maximum = 2000",
        "minimum = 3000, maximum = 2000",
        "tests.BM-DIFF.result_fields[1].minimum",
        "at most maximum",
        "3000",
    ),
    ("warn_percent = 1 ", "warn_percent = 3 ", "volume_limits.warn_percent", "less than reason_percent", "3"),
    (
        "reason_percent = 2.5",
        "reason_percent = 5",
        "volume_limits.reason_percent",
        "less than block_percent",
        "5",
    ),
    ("from_months = 48", "from_months = 1", "blood_volumes", "ascending from 0", "0, 1, 1, 84"),
    ("from_months = 0 ", "from_months = 0.5 ", "blood_volumes", "ascending from 0", "0.5, 1, 48, 84"),
    ("closes = 18:00:00", "closes = 07:00:00", "calendar.opens", "before closes", "08:00:00"),
    # parts of a test
    (
        'kind = "make_slides", makes = 6',
        'kind = "make_slides"',
        "tests.BM-KARYO.steps[3].makes",
        "1 or more",
        "0",
    ),
    (
        'name = "Harvest" },\n    { code = "spreads"',
        'name = "Harvest", makes = 2 },\n    { code = "spreads"',
        "tests.BM-KARYO.steps[2].makes",
        "else none",
        "2",
    ),
    (
        'choices = ["easy", "difficult", "dry tap"]',
        "choices = []",
        "tests.BM-MORPH.result_fields[2].choices",
        "choices for a field",
        "none",
    ),
    ('containers = ["CLOT-FORMALIN"] ', "", "tests.BM-CLOT.containers", "a container", "neither"),
    (
        'containers = ["CLOT-FORMALIN"]',
        "containers = []",
        "tests.BM-CLOT.containers",
        "a container",
        "neither",
    ),
    (
        'uses_samples_of = "BM-FILM"\ntarget',
        'uses_samples_of = "BM-IRON"\ntarget',
        "tests.BM-DIFF.uses_samples_of",
        "containers of its own",
        "BM-IRON",
    ),
    (
        'uses_samples_of = "BM-FILM"\ntarget',
        'uses_samples_of = "BM-FILM"\ncontainers = ["SLIDE"]\ntarget',
        "tests.BM-DIFF.containers",
        "none, because",
        "SLIDE",
    ),
    # said twice
    ('aliases = ["AFB"]', 'aliases = ["mrd"]', "tests.BM-CX-AFB.aliases", "BM-MRD does not have", "mrd"),
    (
        'aliases = ["AFB"]',
        'aliases = ["10355-6"]',
        "tests.BM-CX-AFB.aliases",
        "BM-FILM does not have",
        "10355-6",
    ),
    ('aliases = ["M86"]', 'aliases = ["R50"]', "panels.FUO.aliases", "OSTEO does not have", "R50"),
    ('code = "count_2"', 'code = "count_1"', "tests.BM-DIFF.steps", "each code once", "count_1 2 times"),
    ('code = "npm1"', 'code = "flt3"', "tests.BM-MOL.result_fields", "each code once", "flt3 2 times"),
    ('code = "skin"', 'code = "hands"', "checklists.asepsis", "each code once", "hands 2 times"),
    (
        'offered = ["BM-IRON", "BM-TREPH"]',
        'offered = ["BM-FILM", "BM-TREPH"]',
        "panels.STORAGE.offered",
        "each test once",
        "BM-FILM 2 times",
    ),
    # codes that their standard checks
    ("[places.P2D7FX80R]", "[places.P2D7FX80S]", "places.P2D7FX80S", "a place code", "wrongly"),
    ("[places.P2D7FX80R]", "[places.DS9DBG2C6]", "places.DS9DBG2C6", "a place code", "is a do-card"),
    ("[do_cards.DX3F4D06S]", "[do_cards.END]", "do_cards.END", "a do-card", "not a labflow code"),
    ('action = "end"', 'action = "ende"', "do_cards.DX3F4D06S.action", "hand_over, take", "ende"),
    ('loinc = "47286-0"', 'loinc = "47286-1"', "tests.BM-DIFF.loinc", "LOINC", "47286-1"),
    ('"101119-6"', '"101119-7"', "tests.BM-FLOW.aliases", "LOINC", "101119-7"),
    ('loinc = "11138-5"', 'loinc = "11138-6"', "tests.BM-DIFF.result_fields[16].loinc", "LOINC", "11138-6"),
    ('snomed = "12611008"', 'snomed = "12611009"', "sites.TIBIA.snomed", "SNOMED CT", "12611009"),
    # patterns, days, completeness
    ("(?P<mrn>[0-9]{10})", "(?P<mrn[0-9]{10})", "outside_codes[1].pattern", "a regular expression", "mrn"),
    ("(?P<birth_date>", "(?P<born>", "outside_codes[1].pattern", "the groups birth_date and mrn", "born"),
    (
        'mrn_pattern = "[0-9]{10}"',
        'mrn_pattern = "[0-9"',
        "laboratory.mrn_pattern",
        "a regular expression",
        "[0-9",
    ),
    ('case_prefix = "LF"', 'case_prefix = "../x"', "laboratory.case_prefix", "letters A to Z", "../x"),
    ("Europe/London", "Europe/Londinium", "calendar.time_zone", "a time zone", "Europe/Londinium"),
    ("Europe/London", "../../etc/passwd", "calendar.time_zone", "a time zone", "../../etc/passwd"),
    ('"2026-04-03"', '"2026-02-30"', "calendar.holidays", "dates", "2026-02-30"),
    ('"2026-04-03"', '"20260403"', "calendar.holidays", "dates", "20260403"),
    (
        'for_kinds = ["tube", "bottle",',
        'for_kinds = ["tube",',
        "label_stock",
        "for the kind bottle",
        "0 stocks",
    ),
    ("pressure = [", "press = [", "checklists.pressure", "a list of check items", "nothing"),
]


@pytest.mark.parametrize(("old", "new", "path", "expected", "found"), ONE_FAULT)
def test_one_fault_is_found_where_it_is(old: str, new: str, path: str, expected: str, found: str) -> None:
    faults = faults_of(edited((old, new)))
    assert [fault.path for fault in faults] == [path], describe_faults(faults)
    assert expected in faults[0].expected
    assert found in faults[0].found


def test_ten_faults_of_one_file_are_told_at_once_a_line_each() -> None:
    text = edited(
        ("gap_minutes = 15", 'gap_minutes = "15"'),
        (FLOW, "[tests.BM-FLOW]"),
        ('queue = "FLOW"', 'queue = "FLOWW"'),
        ("minimum_ml = 1.5 ", "minimum_ml = 2.5 "),
        ('loinc = "47286-0"', 'loinc = "47286-1"'),
        ("[places.P2D7FX80R]", "[places.P2D7FX80S]"),
        ("Europe/London", "Europe/Londinium"),
        ("(?P<birth_date>", "(?P<born>"),
        ("block_percent = 5 ", "block_percents = 5 "),
        ('aliases = ["AFB"]', 'aliases = ["MRD"]'),
    )
    lines = describe_faults(faults_of(text)).splitlines()
    paths = [line.split(": expected ")[0] for line in lines]
    assert sorted(paths) == [
        "calendar.time_zone",
        "custody.gap_minutes",
        "outside_codes[1].pattern",
        "places.P2D7FX80S",
        "tests.BM-CX-AFB.aliases",
        "tests.BM-DIFF.loinc",
        "tests.BM-FISH.minimum_ml",
        "tests.BM-FLOW.name",
        "tests.BM-MRD.queue",
        "volume_limits.block_percent",
        "volume_limits.block_percents",
    ]
    assert all("; found " in line for line in lines)


def test_a_line_says_where_what_was_expected_and_what_was_found() -> None:
    fault = Fault(path="tests.BM-FLOW.queue", expected="one of the queues: SMEAR, FLOW", found="FLOWW")
    assert describe_faults([fault]) == (
        "tests.BM-FLOW.queue: expected one of the queues: SMEAR, FLOW; found FLOWW"
    )


@pytest.mark.parametrize("use", ["withdraw", "reprint", "volume", "missing"])
def test_every_use_needs_a_reason(use: str) -> None:
    text = EXAMPLE.replace(f'"{use}"', '"hold"')
    assert [fault.expected for fault in faults_of(text)] == [f"a reason for the use {use}"]


def test_a_kind_has_one_label_stock_and_not_two() -> None:
    second = '\n[label_stock.SLIDE]\nname = "Slide"\nwidth_mm = 22\nheight_mm = 15\nfor_kinds = ["slide"]\n'
    (fault,) = faults_of(EXAMPLE + second)
    assert (fault.path, fault.found) == ("label_stock", "2 stocks")


def test_a_syntax_fault_names_its_line() -> None:
    (fault,) = faults_of(edited(("gap_minutes = 15", "gap_minutes 15")))
    line = 1 + EXAMPLE[: EXAMPLE.index("gap_minutes")].count("\n")
    assert fault.expected == "TOML"
    assert f"line {line}" in fault.found


def test_a_code_declared_twice_is_a_syntax_fault() -> None:
    (fault,) = faults_of(EXAMPLE + '\n[queues.SMEAR]\nname = "Again"\n')
    assert "queues" in fault.found


def test_an_empty_file_names_every_missing_table() -> None:
    paths = {fault.path for fault in faults_of("")}
    assert {"laboratory", "calendar", "tests", "panels", "queues", "volume_limits", "outside_codes"} <= paths


def test_a_table_of_the_wrong_type_is_one_fault_and_no_crash() -> None:
    table = EXAMPLE[EXAMPLE.index("[anaesthesia]") : EXAMPLE.index("[complications]")]
    (fault,) = faults_of("anaesthesia = 3\n" + EXAMPLE.replace(table, ""))
    assert (fault.path, fault.expected, fault.found) == ("anaesthesia", "a table", "3")


def test_an_unknown_table_is_refused_and_the_servers_own_is_let_through() -> None:
    (fault,) = faults_of(EXAMPLE + "\n[servers]\nport = 1\n")
    assert fault.path == "servers"
    read_catalog(edited(("idle_minutes = 5", "idle_minutes = 5\nanything = 1")))


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFaults, match="No such file"):
        load_catalog(tmp_path / "absent.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes("name = 'Kindersp\xe4tdienst'".encode("latin-1"))
    with pytest.raises(ConfigurationFaults, match="UTF-8"):
        load_catalog(latin)


def test_faults_are_a_rule_of_the_laboratory_with_a_next_step() -> None:
    with pytest.raises(Refused) as caught:
        read_catalog("")
    assert "check-config" in caught.value.next_step
