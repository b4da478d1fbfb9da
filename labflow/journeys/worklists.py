"""Worklists on paper, which carry the checkpoint of the evidence log away from every computer."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from .. import labels, ledger
from ..catalog import Catalog
from ..foundation.database import Database
from ..labels import CheckpointOnPaper, WorklistLine
from ..queues import PageFilter
from .bench_queue import QueueRow, queue_page

_MOST_LINES = 200
_KEEP = "Keep this sheet: with it anybody can show that the record was not changed before it was printed."
_HOW = "The code holds the signed checkpoint: labflow ledger check --paper, or docs/evidence.md."


def worklist_pdf(db: Database, catalog: Catalog, code: str, *, now: datetime) -> bytes:
    """The next work of a queue on A4, at most 200 tests; raises UnknownQueue."""
    page = queue_page(db, catalog, code, filters=PageFilter(), limit=_MOST_LINES)
    shown = f"{len(page.rows)} of {page.open} tests" if page.next_key else f"{len(page.rows)} tests"
    return labels.worklist_pdf(
        f"Worklist: {page.queue.name}",
        f"{_printed(catalog, now)}. {shown}, the next work first.",
        [_line(row, _zone(catalog)) for row in page.rows],
        checkpoint_on_paper(db),
    )


def checkpoint_pdf(db: Database, catalog: Catalog, *, now: datetime) -> bytes:
    """The checkpoint alone on A4, for a folder or a safe."""
    title = "Checkpoint of the evidence log"
    return labels.checkpoint_pdf(title, _printed(catalog, now), checkpoint_on_paper(db))


def checkpoint_on_paper(db: Database) -> CheckpointOnPaper | None:
    """The newest checkpoint with the log's own signature; None before there is one."""
    with db.reading() as session:
        log = ledger.last_log(session)
        checkpoint = ledger.last_checkpoint(session, log.id) if log else None
        if log is None or checkpoint is None:
            return None
        said = f"Evidence: {log.origin}, {checkpoint.size} entries, root {checkpoint.root.hex()[:16]}…"
        return CheckpointOnPaper(
            note=ledger.own_note(checkpoint),
            words=(said, f"Verifier key: {log.verifier_key}", _KEEP, _HOW),
        )


def _zone(catalog: Catalog) -> ZoneInfo:
    return ZoneInfo(catalog.calendar.time_zone)


def _printed(catalog: Catalog, now: datetime) -> str:
    return f"{catalog.laboratory.name}, {now.astimezone(_zone(catalog)):%Y-%m-%d %H:%M}"


def _line(row: QueueRow, zone: ZoneInfo) -> WorklistLine:
    due = f"{row.due_at.astimezone(zone):%d.%m. %H:%M}" if row.due_at else "no target"
    side = f" ({row.side.value})" if row.side else ""
    return WorklistLine(
        due=f"URGENT {due}" if row.urgent else due,
        sample=f"{row.sample_code} {row.container}",
        case=row.case_number,
        test=f"{row.test_name}{side}",
        urgent=row.urgent,
    )
