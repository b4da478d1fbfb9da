"""What a test does with the page: wait for a verdict, or until nothing more can come."""

from __future__ import annotations

from playwright.sync_api import Page, expect

# Longer than the listener waits for anything, so that what has not happened will not.
QUIET_MS = 1500


def verdict_word(page: Page, word: str) -> None:
    """Waits until the band says this verdict."""
    expect(page.locator("#scan-word")).to_have_text(word)
