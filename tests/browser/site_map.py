"""Every page that people open, with who opens it; the words in braces are looked up in the demo's data."""

from __future__ import annotations

import sqlite3
from pathlib import Path

NOBODY = "nobody"
PAGES = {
    NOBODY: ["/sign-in", "/offline"],
    "operator": [
        "/",
        "/orders",
        "/orders/new",
        "/orders/new-child",
        "/orders/{order}",
        "/orders/{order}/procedure",
        "/cases/{labelling}/bedside",
        "/hand-over",
        "/scan/check",
        "/demo/codes",
    ],
    "quality": [
        "/printing",
        "/printing/{job}",
        "/printing/test-label",
        "/samples/{sample}/label",
        "/cases/{case}/labels",
        "/downtime-kits",
        "/downtime-kits/{kit}",
        "/sheets",
        "/quality/scans",
        "/evidence",
        "/alarms",
    ],
    "reception": [
        "/reception",
        "/reception/{collected}",
        "/overdue",
        "/reception/bags/{bag}",
        "/bags/{bag}",
        "/orders/to-reconcile",
    ],
    "technologist": [
        "/queues",
        "/queues/SMEAR",
        "/samples/{sample}",
        "/samples/{sample}/custody",
        "/samples/{bench}",
        "/cases/{case}",
        "/results/{working}/enter",
        "/results/{final}/amend",
    ],
    "pathologist": ["/verify", "/results/{entered}", "/results/{final}"],
    "clinician": ["/tracker", "/cases/{case}/readiness"],
    "administrator": [
        "/people",
        "/people/{badge}",
        "/people/new",
        "/tokens",
        "/tokens/new",
        "/backups",
        "/sheets/badges",
    ],
}
# Parts of the pages above, files, and pages that only an act leads to: their own tests look at them.
ELSEWHERE = {
    "static",
    "bench.worklist",
    "bulk.card",
    "bedside.coverage",
    "demo.scanner",
    "labels.case_jobs",
    "labels.preview",
    "offline.service_worker",
    "health.alive",
    "health.ready",
    "metrics.metrics",
    "scan_check.help_card",
    "scanning.stop",
    "signing_in.set_up",
    "transport.panel",
}

_TESTS = "SELECT c.number || '/' || t.number FROM ordered_tests t JOIN cases c ON c.order_id = t.order_id"
_RESULTS = f"{_TESTS} JOIN results r ON r.ordered_test_id = t.id"
LOOKUPS = {
    "order": "SELECT number FROM orders WHERE state = 'active' AND id NOT IN (SELECT order_id FROM cases)",
    "labelling": "SELECT c.number FROM cases c JOIN samples s ON s.case_id = c.id "
    "WHERE s.state = 'collected'",
    "collected": "SELECT code FROM samples WHERE state = 'collected'",
    "job": "SELECT name FROM print_jobs WHERE case_id IS NOT NULL",
    "kit": "SELECT number FROM downtime_kits",
    "bag": "SELECT code FROM bags WHERE state <> 'reconciled'",
    "sample": "SELECT s.code FROM samples s JOIN queue_entries q ON q.sample_id = s.id WHERE left_at IS NULL",
    "bench": "SELECT s.code || '/tests/' || t.test_code FROM samples s "
    "JOIN queue_entries q ON q.sample_id = s.id JOIN ordered_tests t ON t.id = q.ordered_test_id "
    "WHERE left_at IS NULL",
    "case": "SELECT number FROM cases WHERE id IN (SELECT case_id FROM queue_entries WHERE left_at IS NULL)",
    "working": f"{_TESTS} WHERE t.state = 'in_progress'",
    "entered": f"{_RESULTS} WHERE r.state = 'preliminary' AND t.state = 'entered'",
    "final": f"{_RESULTS} WHERE r.state = 'final'",
    "badge": "SELECT badge FROM staff",
}


def filled(path: str, data: Path) -> str:
    """The path with codes of the demo in place of its words."""
    connection = sqlite3.connect(data / "labflow.db")
    try:
        for word, query in LOOKUPS.items():
            if f"{{{word}}}" in path:
                path = path.replace(f"{{{word}}}", connection.execute(query).fetchone()[0])
        return path
    finally:
        connection.close()
