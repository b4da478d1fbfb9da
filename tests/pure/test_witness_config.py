"""The witnesses of a configuration: plain hosts, and keys of witnesses."""

from __future__ import annotations

import pytest

from labflow.catalog import read_catalog
from labflow.ledger import COSIGNATURE, Signer

from .test_catalog_faults import EXAMPLE, faults_of

KEY = Signer("witness.example/a", bytes(32), kind=COSIGNATURE).verifier.vkey
WITNESS = f"""
[witnesses.PHARMACY]
name = "Witness of the pharmacy"
host = "witness.pharmacy.example"
port = 443
key = "{KEY}"
"""


def test_a_witness_is_asked_over_tls_unless_said_otherwise() -> None:
    witness = read_catalog(EXAMPLE + WITNESS).witnesses["PHARMACY"]
    assert (witness.tls, witness.path, witness.key) == (True, "", KEY)
    assert read_catalog(EXAMPLE).witnesses == {}


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("witness.pharmacy.example", "169.254.169.254", "host"),
        (KEY, KEY.replace("/a+", "/b+"), "key"),
        (KEY, Signer("log.example", bytes(32)).verifier.vkey, "key"),
        ("port = 443", 'port = 443\npath = "/a?b"', "path"),
    ],
)
def test_a_faulty_witness_is_told(old: str, new: str, path: str) -> None:
    [fault] = faults_of(EXAMPLE + WITNESS.replace(old, new))
    assert fault.path == f"witnesses.PHARMACY.{path}"
