"""Typing is not scanning: fields stay as they were, and the field that asks for a scan gets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ..support import wedge
from .edge import CODE, Edge
from .hands import QUIET_MS, verdict_word


@pytest.mark.parametrize("field", ["#field-comment", "#field-notes"])
def test_typing_fifteen_keys_a_second_is_no_scan(page: Page, edge: Edge, field: str) -> None:
    page.locator(field).fill("")
    page.locator(field).press_sequentially(CODE, delay=1000 / 15)
    page.wait_for_timeout(QUIET_MS)
    expect(page.locator(field)).to_have_value(CODE)
    verdict_word(page, "Ready to scan")
    assert edge.attempts == []


def test_the_enter_of_a_person_still_sends_the_form(page: Page) -> None:
    page.locator("#field-comment").press_sequentially("Clotted", delay=1000 / 15)
    page.keyboard.press("Enter")
    page.wait_for_url("**/elsewhere?*")


@pytest.mark.parametrize(
    ("field", "before"),
    [
        ("#field-comment", "Before"),
        ("#field-notes", "Two\nlines"),
        ("#field-drawn", "0.5"),
        ("#field-side", "left"),
    ],
)
@pytest.mark.parametrize("suffix", ["Enter", "Tab", None])
def test_a_scan_leaves_the_field_it_was_typed_into_as_it_was(
    page: Page, edge: Edge, field: str, before: str, suffix: str | None
) -> None:
    target = page.locator(field)
    if field == "#field-side":
        target.select_option(before)
    else:
        target.fill(before)
    target.focus()
    wedge(page, CODE, suffix=suffix)
    verdict_word(page, "OK")
    expect(target).to_have_value(before)
    expect(target).to_be_focused()
    assert edge.codes == [CODE]
    assert page.url.endswith("/")


def test_a_field_that_asks_for_a_scan_gets_the_code_whole(page: Page, edge: Edge) -> None:
    page.locator("#field-wristband").focus()
    wedge(page, "]C1W1234567890", suffix=None)
    expect(page.locator("#field-wristband")).to_have_value("W1234567890")
    assert edge.attempts == []


def test_a_person_not_the_scanner_sends_the_form_that_asked_for_a_scan(page: Page) -> None:
    page.locator("#field-wristband").focus()
    wedge(page, "W1234567890")
    expect(page.locator("#field-wristband")).to_have_value("W1234567890")
    assert page.url.endswith("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/elsewhere?wristband=W1234567890")


def test_a_damaged_scan_does_not_send_the_form_that_asked_for_one(page: Page) -> None:
    page.locator("#field-wristband").focus()
    wedge(page, "W123456789")
    verdict_word(page, "CHOOSE")
    assert page.url.endswith("/")


def test_a_registered_outside_code_is_a_scan(page: Page, edge: Edge) -> None:
    wedge(page, "W1234567890")
    verdict_word(page, "OK")
    assert edge.codes == ["W1234567890"]


def test_a_password_field_is_never_listened_to(page: Page, edge: Edge) -> None:
    page.locator("#field-secret").focus()
    wedge(page, CODE, suffix=None)
    page.wait_for_timeout(QUIET_MS)
    expect(page.locator("#field-secret")).to_have_value(CODE)
    assert edge.attempts == []
