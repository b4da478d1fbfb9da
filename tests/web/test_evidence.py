"""The page of the log, and the custody pack as a download."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from labflow import ledger
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.ops.sequencer import Sequencer
from labflow.staff import Role, StaffMember

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import MadeCase, make_case
from ..people import make_person
from .visitor import Visitor


@pytest.fixture
def quality(database: Database) -> StaffMember:
    return make_person(database, "quinn", Role.QUALITY, password=None)


@pytest.fixture
def made(database: Database, catalog: Catalog, make_act: MakeAct, quality: StaffMember) -> MadeCase:
    return make_case(database, catalog, make_act(by=quality.id, badge=quality.badge))


def sequence(database: Database, data: Path) -> None:
    Sequencer(database, data, origin="lab.example/marrow").run(now=NINE_O_CLOCK)


def test_the_page_shows_the_key_to_keep_on_paper(
    visitor: Visitor, quality: StaffMember, made: MadeCase, database: Database, tmp_path: Path
) -> None:
    visitor.signed_in(quality)
    assert "There is no log yet" in visitor.open("/evidence").text
    sequence(database, tmp_path)
    [key] = ledger.LogKeys(tmp_path).pinned()
    page = visitor.open("/evidence").text
    assert key.vkey in page.replace("&#43;", "+")
    assert "Nothing waits" in page


def test_an_alarm_about_the_log_stands_on_its_page(
    visitor: Visitor, quality: StaffMember, made: MadeCase, database: Database, tmp_path: Path
) -> None:
    sequence(database, tmp_path)
    (tmp_path / "log_key").unlink()
    with pytest.raises(ledger.LogKeyMissing):
        sequence(database, tmp_path)
    page = visitor.signed_in(quality).open("/evidence").text
    assert "nothing is signed" in page


def test_a_custody_pack_is_one_file_to_take_away(
    visitor: Visitor, quality: StaffMember, made: MadeCase, database: Database, tmp_path: Path
) -> None:
    address = f"/samples/{made.code()}/evidence.zip"
    early = visitor.signed_in(quality).open(address)
    assert (early.status_code, early.headers["Retry-After"]) == (503, "10")
    assert "Try again in 10 seconds" in early.text
    sequence(database, tmp_path)
    taken = visitor.client.get(address)
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{made.code()}.zip"'
    names = ZipFile(BytesIO(taken.data)).namelist()
    assert {"entries/0001.json", "proofs/0001.tlog-proof", "details/0001.json", "timeline.pdf"} <= set(names)
    without = ZipFile(BytesIO(visitor.client.get(f"{address}?details=no").data)).namelist()
    assert "details/0001.json" not in without
    assert address in visitor.open(f"/samples/{made.code()}/custody").text


def test_who_may_not_check_evidence_takes_none(visitor: Visitor, made: MadeCase, database: Database) -> None:
    visitor.signed_in(make_person(database, "tech", Role.TECHNOLOGIST, password=None))
    assert visitor.open(f"/samples/{made.code()}/evidence.zip").status_code == 403
    assert "evidence.zip" not in visitor.open(f"/samples/{made.code()}/custody").text
