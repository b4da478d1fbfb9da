"""Every kind of fault in a configuration is found, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from labflow.catalog import ConfigurationFaults, Fault, describe_faults, load_catalog, read_catalog
from labflow.foundation.errors import Refused
from tests.support import ROOT

from .catalog_faults import FLOW, ONE_FAULT

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
