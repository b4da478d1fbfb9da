"""What a test does with the page: press keys of any layout, and wait for a verdict."""

from __future__ import annotations

from playwright.sync_api import Page, expect

# Longer than the listener waits for anything, so that what has not happened will not.
QUIET_MS = 500
_ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}


def verdict_word(page: Page, word: str) -> None:
    """Waits until the band says this verdict."""
    expect(page.locator("#scan-word")).to_have_text(word)


def press_enter(page: Page) -> None:
    """One Enter, as soon after the last key as the browser takes it."""
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", **_ENTER})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **_ENTER, "text": ""})
    keyboard.detach()
