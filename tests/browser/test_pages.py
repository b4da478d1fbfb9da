"""Every main page as its people see it: phone and desktop, light and dark, for everybody's eyes and keys."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.served import LiveServer

from .support import axe_faults, become, picture

# Each role's pages; the words in braces are looked up in the demo's data.
PAGES = {
    "operator": ["/", "/orders", "/orders/{order}", "/orders/{order}/procedure", "/hand-over"],
    "quality": [
        "/printing",
        "/printing/{job}",
        "/printing/test-label",
        "/samples/{sample}/label",
        "/cases/{case}/labels",
        "/downtime-kits",
        "/downtime-kits/{kit}",
        "/sheets",
    ],
    "reception": ["/reception", "/reception/{collected}", "/bags/{bag}", "/orders/to-reconcile"],
    "technologist": ["/queues/SMEAR", "/samples/{sample}", "/samples/{sample}/custody", "/cases/{case}"],
    "pathologist": ["/verify"],
    "clinician": ["/tracker", "/cases/{case}/readiness"],
    "administrator": ["/people"],
}
PATHS = [(role, path) for role, paths in PAGES.items() for path in paths]
LOOKUPS = {
    "order": "SELECT number FROM orders WHERE state = 'active' AND id NOT IN (SELECT order_id FROM cases)",
    "collected": "SELECT code FROM samples WHERE state = 'collected'",
    "job": "SELECT name FROM print_jobs WHERE case_id IS NOT NULL",
    "kit": "SELECT number FROM downtime_kits",
    "bag": "SELECT code FROM bags WHERE state <> 'reconciled'",
    "sample": "SELECT s.code FROM samples s JOIN queue_entries q ON q.sample_id = s.id WHERE left_at IS NULL",
    "case": "SELECT number FROM cases WHERE id IN (SELECT case_id FROM queue_entries WHERE left_at IS NULL)",
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


@pytest.mark.parametrize(("role", "path"), PATHS, ids=lambda value: value)
def test_a_page_works_for_every_eye_and_width(
    page: Page, live_server: LiveServer, role: str, path: str
) -> None:
    become(page, role)
    url = filled(path, live_server.data)
    for width in (320, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == 200
        scroll = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert scroll <= 0, f"{scroll} px of sideways scroll at {width} px"
    assert axe_faults(page) == []
    page.emulate_media(color_scheme="dark")
    page.goto(url)
    assert axe_faults(page) == []


def test_reading_works_without_javascript(browser: Browser, page: Page, live_server: LiveServer) -> None:
    become(page, "clinician")
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=page.context.storage_state()
    )
    still = plain.new_page()
    for path in ("/tracker", "/cases/{case}/readiness", "/samples/{sample}/custody", "/orders"):
        still.goto(filled(path, live_server.data))
        expect(still.get_by_role("heading", level=1)).to_be_visible()
    plain.close()


def test_the_pictures_of_the_readme(page: Page, live_server: LiveServer) -> None:
    views = [
        ("technologist", "/queues/SMEAR", "queue-desktop", "light"),
        ("technologist", "/queues/SMEAR", "queue-dark", "dark"),
        ("technologist", "/samples/{sample}/custody", "custody", "light"),
        ("reception", "/reception", "reception", "light"),
        ("pathologist", "/verify", "verify", "light"),
    ]
    for role, path, name, scheme in views:
        become(page, role)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(filled(path, live_server.data))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        picture(page, name)
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="light")
    for role, path, name in (
        ("clinician", "/cases/{case}/readiness", "tracker-phone"),
        ("operator", "/orders/{order}/procedure", "bedside-phone"),
    ):
        become(page, role)
        page.goto(filled(path, live_server.data))
        picture(page, name)
