"""A keyboard-wedge scanner: real key events through the browser's own input, at a scanner's pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from playwright.async_api import CDPSession, Page

_SHIFT = 8
_ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}


class Wedge:
    """Scans into one page. Keys carry the times at which a scanner sends them.

    When the machine cannot keep up, a code begins later; its signs keep their distance.
    """

    def __init__(self, keyboard: CDPSession) -> None:
        self._keyboard = keyboard
        self._under_way: list[asyncio.Task[Any]] = []

    @classmethod
    async def of(cls, page: Page) -> Wedge:
        return cls(await page.context.new_cdp_session(page))

    async def scan(self, codes: Sequence[str], *, char_ms: float, gap_ms: float) -> None:
        """Each code and an Enter, a sign every `char_ms`, and `gap_ms` more between two codes."""
        due = time.time()
        for code in codes:
            due = max(due, time.time())
            for key in [*map(_sign, code), _ENTER]:
                await asyncio.sleep(max(0, due - time.time()))
                self._press(key | {"timestamp": due})
                due += char_ms / 1000
            due += gap_ms / 1000
            await self._catch_up(leave=4 * len(code))
        await self._catch_up(leave=0)

    def _press(self, key: dict[str, Any]) -> None:
        for kind, text in (("keyDown", key["text"]), ("keyUp", "")):
            sent = self._keyboard.send("Input.dispatchKeyEvent", {"type": kind, **key, "text": text})
            self._under_way.append(asyncio.ensure_future(sent))

    async def _catch_up(self, *, leave: int) -> None:
        """Waits until the browser took all keys but the last `leave`."""
        done = self._under_way[: max(0, len(self._under_way) - leave)]
        del self._under_way[: len(done)]
        await asyncio.gather(*done)


def _sign(sign: str) -> dict[str, Any]:
    key: dict[str, Any] = {"key": sign, "text": sign}
    if sign.isascii() and sign.isalnum():
        place = f"Digit{sign}" if sign.isdigit() else f"Key{sign.upper()}"
        key |= {"code": place, "windowsVirtualKeyCode": ord(sign.upper())}
    return key | {"modifiers": _SHIFT} if sign.isupper() else key
