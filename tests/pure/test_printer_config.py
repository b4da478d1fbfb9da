"""The printers of a configuration: an allow-list of plain hosts, checked as a whole."""

from __future__ import annotations

import pytest

from labflow.catalog import read_catalog
from labflow.foundation.hosts import is_host, may_connect

from .test_catalog_faults import EXAMPLE, faults_of

PRINTER = """
[printers.THEATRE1]
name = "Label printer, theatre 1"
host = "labels.hospital.example"
dpi = 203
places = ["P3R28GS03"]
designs = ["TUBE"]
"""


def edited(old: str, new: str) -> str:
    assert old in PRINTER
    return EXAMPLE + PRINTER.replace(old, new)


def test_a_printer_prints_designs_for_places_and_its_port_is_9100_unless_told() -> None:
    printer = read_catalog(EXAMPLE + PRINTER).printers["THEATRE1"]
    assert (printer.port, printer.dpi) == (9100, 203)
    assert printer.prints("TUBE", at="P3R28GS03")
    assert not printer.prints("TUBE", at="PF154XST7")
    assert not printer.prints("TUBE", at=None)


def test_a_laboratory_needs_no_printer() -> None:
    assert read_catalog(EXAMPLE).printers == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "expected"),
    [
        ('"P3R28GS03"', '"P00000000"', "places", "one of the places"),
        ('"TUBE"', '"TUBES"', "designs", "one of the label_designs"),
        ("dpi = 203", "dpi = 600", "dpi", "203 or 300"),
        ("dpi = 203", "dpi = 203\nport = 0", "port", "from 1 to 65535"),
        ("dpi = 203", 'dpi = 203\nurl = "x"', "url", "one of the settings name, host, port"),
        ('"labels.hospital.example"', '"http://labels.hospital.example"', "host", "a plain host name"),
        ('"labels.hospital.example"', '"169.254.169.254"', "host", "a plain host name"),
    ],
)
def test_a_faulty_printer_is_told(old: str, new: str, path: str, expected: str) -> None:
    (fault,) = faults_of(edited(old, new))
    assert fault.path == f"printers.THEATRE1.{path}"
    assert expected in fault.expected


def test_one_label_of_a_place_has_one_printer() -> None:
    (fault,) = faults_of(EXAMPLE + PRINTER + PRINTER.replace("THEATRE1", "THEATRE2"))
    assert fault.path == "printers.THEATRE2.designs"
    assert "THEATRE1 does not print" in fault.expected


@pytest.mark.parametrize(
    "host", ["printer", "zt410-3.hospital.example", "10.1.2.3", "127.0.0.1", "fd00::12", "::1"]
)
def test_plain_names_and_addresses_are_hosts(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "http://printer",
        "printer:9100",
        "user@printer",
        "printer/path",
        "printer name",
        "-printer",
        "printer.",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "printer.0x7f",
        "localhost",
        "a.localhost",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "[::1]",
        "пример",
        "p" * 64,
    ],
)
def test_everything_else_is_none(host: str) -> None:
    assert not is_host(host)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "0.0.0.0"])
def test_no_name_leads_to_this_machine_or_to_its_cloud(address: str) -> None:
    assert not may_connect(address, named=True)


def test_a_name_may_lead_into_the_hospital_network() -> None:
    assert may_connect("10.1.2.3", named=True)
