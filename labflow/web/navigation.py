"""The pages that a person may reach, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from ..staff import Permission, SignedIn


@dataclass(frozen=True)
class Page:
    label: str
    endpoint: str
    permission: Permission
    hotkey: str = ""


PAGES = (
    Page("Orders", "orders.index", Permission.ORDER, "g o"),
    Page("To reconcile", "orders.to_reconcile", Permission.RECONCILE_ORDERS),
    Page("Hand over", "transport.index", Permission.MOVE_SAMPLES, "g h"),
    Page("Reception", "reception.index", Permission.RECEIVE_SAMPLES, "g r"),
    Page("Overdue", "overdue.index", Permission.SEE_OVERDUE),
    Page("Queues", "bench.index", Permission.SEE_QUEUES, "g q"),
    Page("Verify", "sign_out.index", Permission.VERIFY_RESULTS, "g v"),
    Page("Is it ready?", "tracker.index", Permission.SEE_READINESS, "g t"),
    Page("Printing", "printing.index", Permission.PRINT_LABELS, "g p"),
    Page("Scanning quality", "quality.scans", Permission.SEE_QUALITY),
    Page("Evidence", "evidence.index", Permission.CHECK_LEDGER),
    Page("Alarms", "alarms.index", Permission.SEE_ALARMS),
    Page("Backups", "safekeeping.index", Permission.SEE_BACKUPS),
    Page("People", "administration.index", Permission.MANAGE_STAFF),
)


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    current: bool
    hotkey: str


def navigation(who: SignedIn | None) -> list[Link]:
    """The links of the header for this person."""
    if who is None:
        return []
    return [
        Link(url_for(page.endpoint), page.label, request.endpoint == page.endpoint, page.hotkey)
        for page in PAGES
        if page.permission in who.permissions
    ]
