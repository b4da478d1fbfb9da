"""The receivers of a configuration: an allow-list of plain hosts, each told what its wire can carry."""

from __future__ import annotations

import pytest

from labflow.catalog import Tells, Wire, read_catalog

from .test_catalog_faults import EXAMPLE, faults_of

RECEIVER = """
[receivers.PAGING]
name = "Paging gateway"
wire = "webhook"
host = "paging.hospital.example"
port = 443
tells = ["overdue", "alarm"]
"""


def test_a_receiver_is_told_over_tls_unless_said_otherwise() -> None:
    receiver = read_catalog(EXAMPLE + RECEIVER).receivers["PAGING"]
    assert (receiver.wire, receiver.tls, receiver.path) == (Wire.WEBHOOK, True, "/")
    assert receiver.tells == (Tells.OVERDUE, Tells.ALARM)


def test_a_laboratory_needs_no_receiver() -> None:
    assert read_catalog(EXAMPLE).receivers == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "expected"),
    [
        ('"paging.hospital.example"', '"169.254.169.254"', "host", "a plain host name"),
        ('"paging.hospital.example"', '"0x7f000001"', "host", "a plain host name"),
        ("port = 443", 'port = 443\npath = "/a?b=1"', "path", "a path of letters"),
        ('"webhook"', '"mllp"', "tells", "sample_status alone over mllp"),
        ('"webhook"', '"mail"', "wire", "one of webhook, mllp"),
        ('"overdue", "alarm"', '"everything"', "tells", "one of sample_status"),
        ("port = 443", 'port = 443\napplication = "A|B"', "application", "letters, digits"),
    ],
)
def test_a_faulty_receiver_is_told(old: str, new: str, path: str, expected: str) -> None:
    assert old in RECEIVER
    fault = faults_of(EXAMPLE + RECEIVER.replace(old, new))[0]
    assert fault.path.startswith(f"receivers.PAGING.{path}")
    assert expected in fault.expected
