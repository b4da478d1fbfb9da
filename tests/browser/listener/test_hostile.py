"""Bursts that would press, submit, reload or open something: nothing happens, and it is said loudly."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ..support import wedge
from .edge import CODE, OTHER, Edge
from .hands import QUIET_MS, strokes, typed_signs, verdict_word

NEW_BURST_MS = 400  # the listener takes what comes after 300 ms for another code
ENTER: dict[str, Any] = {"key": "Enter"}
HOSTILE: dict[str, list[dict[str, Any]]] = {
    "Ctrl-J": [{"key": "j", "ctrlKey": True}],
    "Ctrl-J twice": [{"key": "j", "ctrlKey": True}] * 2,
    "F5": [{"key": "F5"}],
    "Alt and a menu key": [{"key": "Alt"}, {"key": "f", "altKey": True}],
    "Tab": [{"key": "Tab"}],
    "Esc": [{"key": "Escape"}],
    "GS": [{"key": "]", "ctrlKey": True}],
    "GS as a sign": [{"key": "\x1d"}],
    "NUL": [{"key": "@", "ctrlKey": True}],
    "NUL as a sign": [{"key": "\x00"}],
    "Backspace": [{"key": "Backspace"}],
    "arrow": [{"key": "ArrowDown"}],
    "Ctrl-W": [{"key": "w", "ctrlKey": True}],
}


def is_refused_loudly(page: Page, edge: Edge) -> None:
    """CHOOSE says that nothing could be read, nothing was sent, and page and focus are where they were."""
    expect(page.locator("#scan-band")).to_contain_text("Could not read that barcode.")
    expect(page.locator("#scan-band")).to_contain_text("Scan it again or type the number.")
    page.wait_for_timeout(QUIET_MS)
    assert edge.attempts == []
    assert page.url.endswith("/")
    assert page.evaluate("document.activeElement.id") == "button"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_control_key_inside_a_code_does_nothing_and_is_said(page: Page, edge: Edge, name: str) -> None:
    page.locator("#button").focus()
    shortcuts = {"F5", "Escape", "j", "f", "w", "@", "Backspace", "ArrowDown", "Enter"}
    for place in (1, 2, 5, 8):
        strokes(page, [*typed_signs(CODE[:place]), *HOSTILE[name], *typed_signs(CODE[place:]), ENTER])
        assert not shortcuts & set(page.evaluate("window.passed")), place
        page.wait_for_timeout(NEW_BURST_MS)
    is_refused_loudly(page, edge)


@pytest.mark.parametrize("sign", ["7", "S"])
def test_five_thousand_signs_press_nothing_and_are_said_once(page: Page, edge: Edge, sign: str) -> None:
    page.locator("#button").focus()
    strokes(page, [*typed_signs(sign * 5000), ENTER])
    is_refused_loudly(page, edge)
    expect(page.locator("#scan-last li")).to_have_count(1)


def test_a_code_behind_five_thousand_signs_is_no_scan(page: Page, edge: Edge) -> None:
    page.locator("#button").focus()
    strokes(page, [*typed_signs("7" * 5000 + CODE), ENTER])
    is_refused_loudly(page, edge)


@pytest.mark.parametrize("suffix", ["Enter", None])
def test_two_glued_codes_are_neither_of_them(page: Page, edge: Edge, suffix: str | None) -> None:
    page.locator("#button").focus()
    wedge(page, CODE + OTHER, suffix=suffix)
    is_refused_loudly(page, edge)


def test_a_burst_of_two_signs_does_not_press_the_button(page: Page, edge: Edge) -> None:
    page.locator("#button").focus()
    wedge(page, "S7")
    is_refused_loudly(page, edge)


def test_a_held_key_is_no_scan(page: Page, edge: Edge) -> None:
    repeats: list[dict[str, Any]] = [{"key": "7", "repeat": True, "gap_ms": 33}] * 30
    strokes(page, [{"key": "7"}, *repeats])
    page.wait_for_timeout(QUIET_MS)
    verdict_word(page, "Ready to scan")
    assert edge.attempts == []


def test_a_scan_after_a_held_key_is_whole(page: Page, edge: Edge) -> None:
    held: list[dict[str, Any]] = [{"key": "7"}, *([{"key": "7", "repeat": True}] * 5)]
    strokes(page, [*held, *typed_signs(CODE), ENTER])
    verdict_word(page, "OK")
    assert edge.codes == [CODE]


@pytest.mark.parametrize("text", ["7jx/?g", "/?gqx77", "gq1jk"])
def test_a_foreign_code_moves_ticks_and_opens_nothing(page: Page, edge: Edge, text: str) -> None:
    page.locator("[data-row]").first.focus()
    wedge(page, text, suffix=None)
    page.wait_for_timeout(QUIET_MS)
    assert page.url.endswith("/")
    expect(page.locator("#hotkeys")).to_be_hidden()
    expect(page.locator("[data-row]").first).to_be_focused()
    assert edge.attempts == []


def test_a_slow_scanner_runs_no_shortcut_once_its_first_key_meant_none(page: Page) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(60_000)
    for sign in "7jx?":
        strokes(page, [{"key": sign}])
        page.clock.run_for(250)
    expect(page.locator("#hotkeys")).to_be_hidden()
    assert page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4006381333931", "That is the barcode of a product."),
        ("]C10104006381333931", "That is a GS1 barcode, of a product or of another laboratory."),
        ("=W12342612345600", "That is an ISBT 128 barcode, of a blood bank."),
        ("AZQYWM-1234567890", "That is the scanner's test card."),
    ],
)
def test_a_code_of_others_is_named_as_what_it_is(page: Page, edge: Edge, text: str, words: str) -> None:
    wedge(page, text)
    expect(page.locator("#scan-band")).to_contain_text(words)
    assert page.locator("#scan-band").get_attribute("data-verdict") == "CHOOSE"
    assert edge.attempts == []
