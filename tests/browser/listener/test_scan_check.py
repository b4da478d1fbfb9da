"""The page that checks a scanner names what to change, and the sign-in page listens for badges alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code
from labflow.web.scan_check import TEST_CARD

from ..support import axe_faults, wedge
from .edge import CODE, RNG, Edge
from .hands import QUIET_MS, strokes, typed_signs

ENTER: dict[str, Any] = {"key": "Enter"}
FRENCH = "QWAYZ?)&é\"'(-è_çà"  # the test card through the keys of a French computer
GERMAN = "AYQZWMß1234567890"
FAULTS = [
    ([*typed_signs(FRENCH), ENTER], "The computer's keyboard is French"),
    ([*typed_signs(GERMAN), ENTER], "The computer's keyboard is German"),
    (typed_signs(TEST_CARD), "set the suffix to Enter"),
    ([{**key, "gap_ms": 120} for key in typed_signs(TEST_CARD)] + [ENTER], "The keys come slowly"),
    ([*typed_signs(TEST_CARD.lower()), ENTER], "Capitals come inverted"),
    ([*typed_signs("XY" + TEST_CARD), ENTER], "puts “XY” before the code"),
    ([*typed_signs(TEST_CARD[:-1]), ENTER], "neither the test card nor a labflow code"),
]


@pytest.fixture
def check(page: Page) -> Page:
    page.goto("/scan/check")
    return page


@pytest.mark.parametrize("text", [TEST_CARD, "]C1" + TEST_CARD, CODE])
@pytest.mark.parametrize("suffix", ["Enter", "Tab"])
def test_a_scanner_that_is_set_well_passes_and_nothing_is_sent(
    check: Page, edge: Edge, text: str, suffix: str
) -> None:
    wedge(check, text, suffix=suffix)
    expect(check.locator("#check-verdict")).to_have_text("✓ This scanner works.")
    expect(check.locator("#check-text")).to_have_text(text)
    expect(check.locator("#check-suffix")).to_have_text(suffix)
    check.wait_for_timeout(QUIET_MS)
    assert edge.attempts == []
    assert edge.asked == []


@pytest.mark.parametrize(("keys", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_a_fault_of_the_scanner_is_named_with_what_to_do(
    check: Page, keys: list[dict[str, Any]], words: str
) -> None:
    strokes(check, keys)
    expect(check.locator("#check-verdict")).to_have_text("▲ Something needs to be changed.")
    expect(check.locator("#check-fixes li")).to_have_count(1)
    expect(check.locator("#check-fixes")).to_contain_text(words)


def test_every_key_is_listed_as_it_came(check: Page) -> None:
    wedge(check, CODE)
    check.get_by_text("Each key that came").click()
    expect(check.locator("#check-keys tr")).to_have_count(len(CODE) + 1)
    expect(check.locator("#check-keys")).to_contain_text("Enter")


def test_the_page_of_the_check_has_no_fault_in_either_theme(check: Page) -> None:
    wedge(check, CODE)
    expect(check.locator("#check-verdict")).to_contain_text("works")
    for width in (320, 1280):
        check.set_viewport_size({"width": width, "height": 800})
        assert check.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_faults(check) == []
    check.emulate_media(color_scheme="dark")
    check.reload()
    assert axe_faults(check) == []


def test_a_badge_signs_in_and_the_wanted_page_comes(page: Page, edge: Edge) -> None:
    badge = new_code(CodeKind.PERSON, rng=RNG)
    edge.answers["/badge"] = lambda asked: {"verdict": "OK", "title": "", "detail": "", "url": None}
    page.goto("/sign-in")
    page.locator("#field-login").focus()
    wedge(page, badge)
    expect(page.get_by_role("heading", name="Bench")).to_be_visible()
    assert [(path, asked["badge"]) for path, asked in edge.asked] == [("/api/v1/badge", badge)]
    assert set(edge.asked[0][1]) == {"event_id", "badge", "occurred_at"}


def test_a_badge_without_an_open_shift_goes_to_where_the_password_opens_it(page: Page, edge: Edge) -> None:
    choose = {"verdict": "CHOOSE", "title": "", "detail": "", "url": "/elsewhere"}
    edge.answers["/badge"] = lambda asked: choose
    page.goto("/sign-in")
    wedge(page, new_code(CodeKind.PERSON, rng=RNG))
    page.wait_for_url("**/elsewhere")


def test_the_sign_in_page_takes_no_other_code_and_never_a_password(page: Page, edge: Edge) -> None:
    page.goto("/sign-in")
    wedge(page, CODE)
    expect(page.locator("#badge-words")).to_contain_text("That is no badge.")
    page.locator("#field-password").focus()
    wedge(page, new_code(CodeKind.PERSON, rng=RNG), suffix=None)
    page.wait_for_timeout(QUIET_MS)
    assert edge.asked == []
    assert axe_faults(page) == []


@pytest.mark.parametrize("rule", ["", "shift-needed"])
def test_a_badge_on_a_page_switches_the_person(page: Page, edge: Edge, rule: str) -> None:
    badge = new_code(CodeKind.PERSON, rng=RNG)
    verdict: dict[str, Any] = {"verdict": "CHOOSE" if rule else "OK", "title": "", "detail": "", "rule": rule}
    verdict["url"] = "/elsewhere" if rule else None
    edge.answer = lambda scan: verdict
    edge.answers["/badge"] = lambda asked: {**verdict, "event_id": asked["event_id"], "code": badge}
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    page.evaluate(
        "kept => sessionStorage.setItem('labflow.context', kept)",
        json.dumps({"badge": edge.badge, "action": {"code": card, "name": "Receive"}}),
    )
    page.reload()
    expect(page.locator("#context-action")).to_have_text("Receive")
    with page.expect_navigation(url="**/elsewhere" if rule else "**/"):
        wedge(page, badge)
    if not rule:
        expect(page.locator("#context-action")).to_have_text("No action set")
