"""Data Matrix (ECC 200) as rows of cells, decoded by an independent reader before anybody gets it. Pure."""

from __future__ import annotations

from functools import lru_cache

import zxingcpp
from PIL import Image
from ppf.datamatrix import DataMatrix

from .bars import UnreadableBars

_DOTS, _QUIET_CELLS = 4, 2


@lru_cache(maxsize=4096)
def data_matrix(code: str) -> tuple[str, ...]:
    """The rows of a code's symbol, "1" for dark, without the quiet zone; raises UnreadableBars."""
    rows = tuple("".join(map(str, row)) for row in DataMatrix(code).matrix)
    if _read(rows) != code:
        raise UnreadableBars(code=code)
    return rows


def _read(rows: tuple[str, ...]) -> str | None:
    """What an independent reader makes of the symbol."""
    side = len(rows) + 2 * _QUIET_CELLS
    image = Image.new("L", (side, side), 255)
    for y, row in enumerate(rows, _QUIET_CELLS):
        for x, cell in enumerate(row, _QUIET_CELLS):
            image.putpixel((x, y), 0 if cell == "1" else 255)
    enlarged = image.resize((side * _DOTS, side * _DOTS), Image.Resampling.NEAREST)
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    found = zxingcpp.read_barcode(enlarged, formats=formats)
    return found.text if found else None
