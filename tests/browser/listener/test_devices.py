"""Scanners as they come: slow, uneven, set to another keyboard, Android devices that say no keys, pastes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge
from .hands import QUIET_MS, strokes, typed_signs, verdict_word

# US keys as the letters that a computer with this keyboard makes of them.
FRENCH = dict(zip("0123456789AQWZM]-", "à&é\"'(-è_çQAZW?$)", strict=True))
GERMAN = dict(zip("YZ]-/", "ZY+ß-", strict=True))


def through(keyboard: dict[str, str], text: str) -> str:
    return "".join(keyboard.get(sign, sign) for sign in text)


@pytest.mark.parametrize("text", [CODE, "]C1" + CODE, "W1234567890", "AZQYWM-1234567890"])
def test_a_scanner_set_to_a_french_keyboard_is_named(page: Page, edge: Edge, text: str) -> None:
    wedge(page, through(FRENCH, text))
    expect(page.locator("#scan-band")).to_contain_text("set to a French keyboard. Scan the set-up card.")
    expect(page.get_by_role("link", name="Open")).to_have_attribute("href", "/scan/check")
    assert edge.attempts == []


@pytest.mark.parametrize("text", ["]C1" + CODE, "AZQYWM-1234567890"])
def test_a_scanner_set_to_a_german_keyboard_is_named(page: Page, edge: Edge, text: str) -> None:
    wedge(page, through(GERMAN, text))
    expect(page.locator("#scan-band")).to_contain_text("set to a German keyboard. Scan the set-up card.")
    assert edge.attempts == []


def test_no_keyboard_moves_a_sign_of_labflows_own_codes(page: Page, edge: Edge) -> None:
    wedge(page, through(GERMAN, CODE))
    verdict_word(page, "OK")
    assert edge.codes == [CODE]


@pytest.mark.parametrize("focus", ["body", "#button", "[data-row]"])
@pytest.mark.parametrize("suffix", ["Enter", "Tab", None])
def test_a_slow_bluetooth_scanner_is_heard_outside_text_fields(
    page: Page, edge: Edge, focus: str, suffix: str | None
) -> None:
    if focus != "body":
        page.locator(focus).first.focus()
    ending = [{"key": suffix, "gap_ms": 250}] if suffix else []
    strokes(page, [{**key, "gap_ms": 250} for key in typed_signs(CODE)] + ending)
    verdict_word(page, "OK")
    assert edge.codes == [CODE]
    assert page.url.endswith("/")
    assert suffix not in page.evaluate("window.passed")


def test_slow_keys_that_are_no_whole_code_are_a_person(page: Page, edge: Edge) -> None:
    strokes(page, [{**key, "gap_ms": 250} for key in typed_signs(CODE[:-1] + "0")] + [{"key": "Enter"}])
    page.wait_for_timeout(QUIET_MS)
    verdict_word(page, "Ready to scan")
    assert edge.attempts == []


@pytest.mark.parametrize("focus", ["body", "#field-comment"])
def test_keys_two_and_ten_milliseconds_apart_mix(page: Page, edge: Edge, focus: str) -> None:
    if focus != "body":
        page.locator(focus).focus()
    for code in (CODE, OTHER):
        gaps = RNG.choices([2, 10], k=len(code))
        strokes(page, [{"key": sign, "gap_ms": gap} for sign, gap in zip(code, gaps, strict=True)])
        strokes(page, [{"key": "Enter"}])
    expect(page.locator("#scan-code")).to_have_text(OTHER)
    assert edge.codes == [CODE, OTHER]


def insert_keyless(page: Page, text: str) -> None:
    """An on-screen keyboard that says no keys: 229, then what it inserts, sign by sign."""
    keyboard = page.context.new_cdp_session(page)
    nameless = {"type": "rawKeyDown", "key": "Unidentified", "windowsVirtualKeyCode": 229}
    for sign in text:
        keyboard.send("Input.dispatchKeyEvent", nameless)
        keyboard.send("Input.insertText", {"text": sign})
    keyboard.detach()


def compose(page: Page, text: str) -> None:
    """An input method that composes: each sign is a longer composition, as Android keyboards send it."""
    keyboard = page.context.new_cdp_session(page)
    for length in range(1, len(text) + 1):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": text[:length], "selectionStart": length, "selectionEnd": length},
        )
    keyboard.detach()


def insert_at_once(page: Page, text: str) -> None:
    page.keyboard.insert_text(text)


def compose_at_once(page: Page, text: str) -> None:
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": 9, "selectionEnd": 9})
    keyboard.detach()


@pytest.mark.parametrize("send", [insert_keyless, compose, insert_at_once, compose_at_once])
def test_a_device_that_names_no_keys_scans_into_any_field(
    page: Page, edge: Edge, send: Callable[[Page, str], None]
) -> None:
    page.locator("#field-comment").focus()
    send(page, CODE)
    verdict_word(page, "OK")
    expect(page.locator("#field-comment")).to_have_value("Before")
    assert edge.codes == [CODE]


@pytest.mark.parametrize("send", [insert_at_once, compose_at_once])
def test_a_word_that_a_phone_completes_is_typing(
    page: Page, edge: Edge, send: Callable[[Page, str], None]
) -> None:
    page.locator("#field-comment").fill("")
    send(page, "Haemolysed")
    page.wait_for_timeout(QUIET_MS)
    expect(page.locator("#field-comment")).to_have_value("Haemolysed")
    verdict_word(page, "Ready to scan")


PASTE = """code => { const data = new DataTransfer(); data.setData("text", code);
    const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
    document.activeElement.dispatchEvent(paste); }"""


def test_a_code_pasted_on_the_page_is_a_scan(page: Page, edge: Edge) -> None:
    page.evaluate(PASTE, CODE + "\r\n")
    verdict_word(page, "OK")
    assert edge.codes == [CODE]


def test_a_damaged_code_pasted_on_the_page_is_said(page: Page, edge: Edge) -> None:
    page.evaluate(PASTE, CODE[:-1])
    expect(page.locator("#scan-band")).to_contain_text("Could not read that barcode.")
    assert edge.attempts == []


def test_a_paste_into_a_field_is_the_persons(page: Page, edge: Edge) -> None:
    page.locator("#field-comment").focus()
    page.evaluate(PASTE, CODE)
    page.wait_for_timeout(QUIET_MS)
    assert edge.attempts == []


def test_the_enter_of_a_person_in_a_long_text_makes_a_line(page: Page) -> None:
    page.locator("#field-notes").fill("")
    page.locator("#field-notes").press_sequentially("One", delay=80)
    page.keyboard.press("Enter")
    page.locator("#field-notes").press_sequentially("two", delay=80)
    expect(page.locator("#field-notes")).to_have_value("One\ntwo")
