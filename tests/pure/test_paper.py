"""A checkpoint that went over paper and a scanner."""

from __future__ import annotations

import pytest

from labflow.ledger import read_paper

NOTE = (
    "labflow.invalid/test\n300\nTFxdIU4OKulp3mhFccAC5nGfs5HqG2Nl89ngBy3lNQk=\n\n"
    "— labflow.invalid/test 8HcVSqsWNCb6bR1IT7d2LAcrOdMNZWdwdVFq3KhfX9k=\n"
    "— labflow.invalid/test AAAAAAVb6bR1IT7d2LAcrOdMNZWdwdVFq3KhfX9k=\n"
)


@pytest.mark.parametrize(
    "scanned",
    [
        NOTE,
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("\n", "\r"),
        NOTE.replace("\n", "\\n"),
        NOTE.replace("\n", "  "),
        NOTE.replace("—", "?"),
        NOTE.replace("— ", ""),
        NOTE.replace("—", "â€”"),
        f"\ufeff \n{NOTE}\n\n".replace("\ufeff", ""),
    ],
)
def test_what_a_scanner_loses_is_put_back(scanned: str) -> None:
    assert read_paper(scanned) == NOTE
