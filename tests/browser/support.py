"""What a browser test does with its hands and eyes: scan like a wedge scanner, take a picture, ask axe."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, expect

from tests.support import ROOT

SCREENSHOTS = ROOT / "docs" / "screenshots"
AXE = ROOT / "tests" / "browser" / "vendor" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_SHIFT = 8
_SUFFIXES = {"Enter": (13, "\r"), "Tab": (9, "")}


def wedge(page: Page, code: str, *, char_ms: float = 2, suffix: str | None = "Enter") -> None:
    """A keyboard-wedge scanner reads `code`: a key press a sign, `char_ms` apart, then the suffix keys.

    The keys carry the times at which a scanner sends them, so that a busy machine is no slow scanner.
    """
    page.wait_for_load_state()  # nobody listens before the page's scripts have run
    keyboard = page.context.new_cdp_session(page)
    keys = [_sign_key(sign) for sign in code]
    for name in (suffix or "").split():
        number, text = _SUFFIXES[name]
        keys.append({"key": name, "code": name, "windowsVirtualKeyCode": number, "text": text})
    started = time.time()
    for position, key in enumerate(keys):
        _press(keyboard, key | {"timestamp": started + position * char_ms / 1000})
    keyboard.detach()


def _sign_key(sign: str) -> dict[str, Any]:
    key: dict[str, Any] = {"key": sign, "text": sign}
    if sign.isascii() and sign.isalnum():
        place = f"Digit{sign}" if sign.isdigit() else f"Key{sign.upper()}"
        key |= {"code": place, "windowsVirtualKeyCode": ord(sign.upper())}
    return key | {"modifiers": _SHIFT} if sign.isupper() else key


def _press(keyboard: Any, key: dict[str, Any]) -> None:
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown" if key["text"] else "rawKeyDown", **key})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **key, "text": ""})


def become(page: Page, role: str) -> None:
    """Sign in as the demo's person of this role."""
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_role("button", name=re.compile(f"^{role}", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What waits for you")


def picture(page: Page, name: str) -> None:
    """Keeps what the page shows for the documents, when LABFLOW_SCREENSHOTS=1 asks for pictures."""
    if os.environ.get("LABFLOW_SCREENSHOTS") == "1":
        page.screenshot(path=SCREENSHOTS / f"{name}.png")


def axe_faults(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds, each as rule and element: faults of WCAG 2.0 to 2.2, A and AA, or of these rules."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": AXE_TAGS}
    found: list[str] = page.evaluate(_ASK_AXE, only)
    return found


# Only what is wrong comes back: the whole report of what is right takes longer than the looking.
_ASK_AXE = """async only => {
  const report = await axe.run({runOnly: only, resultTypes: ["violations"], preload: false});
  return report.violations.flatMap(fault => fault.nodes.map(node => `${fault.id}: ${node.html}`));
}"""
