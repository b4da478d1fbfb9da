"""What a test does with the page: wait for a verdict, or until nothing more can come."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

# Longer than the listener waits for anything, so that what has not happened will not.
QUIET_MS = 1500


def verdict_word(page: Page, word: str) -> None:
    """Waits until the band says this verdict."""
    expect(page.locator("#scan-word")).to_have_text(word)


def strokes(page: Page, keys: list[dict[str, Any]]) -> None:
    """These keys one after the other, as the page hears them: {key, code, ctrlKey, altKey, repeat, gap_ms}.

    For keys that the browser itself would act on (F5, Ctrl+J): it does so when the page lets them pass, and
    `passed` then names them. A key comes `gap_ms` (2) after the one before.
    """
    page.evaluate(
        """keys => {
            let at = performance.now();
            window.passed = [];
            for (const {gap_ms = 2, ...init} of keys) {
                at += gap_ms;
                const kind = {bubbles: true, composed: true, cancelable: true};
                const event = new KeyboardEvent("keydown", {...kind, ...init});
                Object.defineProperty(event, "timeStamp", {value: at});
                if (document.activeElement.dispatchEvent(event)) window.passed.push(init.key);
            }
        }""",
        keys,
    )


def typed_signs(text: str) -> list[dict[str, Any]]:
    """The keys of a scanner that sends this text."""
    return [{"key": sign} for sign in text]
