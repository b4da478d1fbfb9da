"""Code 128 bars as runs of modules, decoded by an independent reader before anybody gets them. Pure.

python-barcode 0.16.1 drops a leading "99" without a word (its issue 251), so such a code is refused here.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

import zxingcpp
from barcode.codex import Code128
from PIL import Image

from ..foundation.errors import Conflict

# ISO/IEC 15417: a quiet zone of ten modules on either side.
QUIET_MODULES = 10
_DOTS, _ROWS = 3, 40


class UnreadableBars(Conflict):
    """The bars of {code} do not read back as {code}, so the label was not printed.

    Call the laboratory: the code printed as text is still right.
    """


@lru_cache(maxsize=4096)
def code_128(code: str) -> str:
    """The modules of a code, "1" for dark, without quiet zones; raises UnreadableBars."""
    if code.startswith("99"):
        raise UnreadableBars(code=code)
    modules: str = Code128(code).build()[0]
    if _read(modules) != code:
        raise UnreadableBars(code=code)
    return modules


def dark_runs(modules: str) -> list[tuple[int, int]]:
    """First module and length of each bar."""
    runs, start = [], 0
    for dark, group in groupby(modules):
        length = len(list(group))
        if dark == "1":
            runs.append((start, length))
        start += length
    return runs


def _read(modules: str) -> str | None:
    """What an independent reader makes of the bars."""
    padded = "0" * QUIET_MODULES + modules + "0" * QUIET_MODULES
    row = bytes(0 if module == "1" else 255 for module in padded for _ in range(_DOTS))
    image = Image.frombytes("L", (len(row), _ROWS), row * _ROWS)
    found = zxingcpp.read_barcode(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128))
    return found.text if found else None
