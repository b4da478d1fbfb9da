"""Every main page as its people see it: phone and desktop, light and dark, for everybody's eyes and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.routing import Map, Rule

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings
from tests.served import LiveServer

from .site_map import ELSEWHERE, LOOKUPS, NOBODY, PAGES, filled
from .support import axe_faults, become, picture

PATHS = [(role, path) for role, paths in PAGES.items() for path in paths]
WIDTHS = (320, 768, 1280)
# How the page is looked at after it was looked at in light, and what may be wrong there only.
OTHER_EYES: list[dict[str, Any]] = [
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


@pytest.mark.parametrize(("role", "path"), PATHS, ids=lambda value: value)
def test_a_page_works_for_every_eye_and_width(
    page: Page, live_server: LiveServer, role: str, path: str
) -> None:
    if role != NOBODY:
        become(page, role)
    answer = page.goto(filled(path, live_server.data))
    assert answer is not None
    assert answer.status == 200
    for width in (*WIDTHS, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        scroll = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert scroll <= 0, f"{scroll} px of sideways scroll at {width} px"
        if width in WIDTHS:
            look(page, color_scheme="light", forced_colors="none", reduced_motion="reduce")
            assert axe_faults(page) == [], width
            for eyes in OTHER_EYES:
                look(page, **eyes)
                assert axe_faults(page, rules=COLOUR_RULES) == [], (width, eyes)


def look(page: Page, **eyes: Any) -> None:
    """The page as these eyes see it, painted anew."""
    page.emulate_media(**eyes)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_no_page_is_left_out(catalog: Catalog, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url="sqlite://", secret_key="none")
    urls = build(settings, catalog, Database("sqlite://")).url_map
    looked_at = {endpoint_of(urls, path) for paths in PAGES.values() for path in paths}
    assert looked_at & ELSEWHERE == set()
    assert {rule.endpoint for rule in pages(urls)} - looked_at - ELSEWHERE == set()


def pages(urls: Map) -> list[Rule]:
    """What a person can open, but no PDF and nothing of the API."""
    others = ("/api/", "/static/")
    return [
        rule
        for rule in urls.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.rule.startswith(others)
        and not rule.rule.endswith((".pdf", ".zip"))
    ]


def endpoint_of(urls: Map, path: str) -> str:
    """The endpoint of a path with words in braces."""
    words = {"bench": "S/tests/T", **dict.fromkeys(("working", "entered", "final"), "C/1")}
    for word in LOOKUPS:
        path = path.replace(f"{{{word}}}", words.get(word, "X"))
    endpoint: str = urls.bind("localhost").match(path)[0]
    return endpoint


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
