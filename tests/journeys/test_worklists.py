"""The worklist on paper, and the paper witness (L10): its code fits the log later, or tells a fork."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from labflow import ledger
from labflow.catalog import Catalog, Urgency
from labflow.foundation.database import Database
from labflow.journeys import worklists
from labflow.journeys.bench_queue import UnknownQueue
from labflow.ops.sequencer import Sequencer
from labflow.staff import Role

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.bench import make_waiting_case
from ..factories.cases import MadeCase
from ..label_cases import pages
from ..people import make_person

PRINTER_DPI = 200


@pytest.fixture(autouse=True)
def technologist(database: Database) -> None:
    make_person(database, "tech", Role.TECHNOLOGIST, password=None)


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def scanned(pdf: bytes) -> list[str]:
    """What a scanner reads from each printed page."""
    return [found.text for page in pages(pdf, PRINTER_DPI) for found in zxingcpp.read_barcodes(page)]


def waiting(database: Database, catalog: Catalog, make_act: MakeAct, mrn: str) -> MadeCase:
    return make_waiting_case(database, catalog, make_act(), mrn=mrn, urgency=Urgency.URGENT)


def faults(database: Database, data: Path, kept: ledger.TreeHead) -> tuple[object, ...]:
    with database.reading() as session:
        keys = ledger.LogKeys(data).pinned()
        later = NINE_O_CLOCK + timedelta(days=30)
        return ledger.check_logs(session, data / "log", keys, now=later, kept=[kept]).faults


def test_a_worklist_names_the_work_and_no_child(
    database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    made = waiting(database, catalog, make_act, "1000000001")
    words = words_of(worklists.worklist_pdf(database, catalog, "SMEAR", now=NINE_O_CLOCK))
    assert made.code() in words
    assert "URGENT" in words
    assert "Worklist: " in words
    assert "1000000001" not in words
    assert "TEST" not in words
    with pytest.raises(UnknownQueue):
        worklists.worklist_pdf(database, catalog, "NONE", now=NINE_O_CLOCK)


def test_a_printed_checkpoint_fits_the_log_a_month_later(
    database: Database, catalog: Catalog, make_act: MakeAct, tmp_path: Path
) -> None:
    waiting(database, catalog, make_act, "1000000001")
    sequencer = Sequencer(database, tmp_path)
    sequencer.run(now=NINE_O_CLOCK)
    [text] = scanned(worklists.worklist_pdf(database, catalog, "SMEAR", now=NINE_O_CLOCK))
    assert scanned(worklists.checkpoint_pdf(database, catalog, now=NINE_O_CLOCK)) == [text]
    waiting(database, catalog, make_act, "1000000002")
    sequencer.run(now=NINE_O_CLOCK + timedelta(minutes=1))
    keys = ledger.LogKeys(tmp_path).pinned()
    kept = ledger.open_checkpoint(ledger.read_paper(text), keys, origin=keys[0].name)
    assert faults(database, tmp_path, kept) == ()


def test_a_printed_checkpoint_tells_that_the_log_was_forked(
    database: Database, catalog: Catalog, make_act: MakeAct, tmp_path: Path
) -> None:
    waiting(database, catalog, make_act, "1000000001")
    Sequencer(database, tmp_path).run(now=NINE_O_CLOCK)
    [text] = scanned(worklists.checkpoint_pdf(database, catalog, now=NINE_O_CLOCK))
    keys = ledger.LogKeys(tmp_path).pinned()
    kept = ledger.open_checkpoint(ledger.read_paper(text), keys, origin=keys[0].name)
    forked = ledger.TreeHead(kept.origin, kept.size, bytes(32))  # what another history would have printed
    assert faults(database, tmp_path, forked)
    assert faults(database, tmp_path, ledger.TreeHead(kept.origin, kept.size + 1, kept.root))
    changed = ledger.read_paper(text.replace(f"\n{kept.size}\n", f"\n{kept.size + 1}\n"))
    with pytest.raises(ledger.WrongSignature):
        ledger.open_checkpoint(changed, keys, origin=keys[0].name)
