"""A QR code as rows of cells, read back before anybody gets it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import zxingcpp
from PIL import Image

from ..catalog import Box
from .bars import UnreadableBars, dark_runs
from .dots import Dark, Grid, corner

_QUIET_CELLS = 4
_DOTS = 4


def qr_code(text: str) -> tuple[str, ...]:
    """The rows of a text's symbol, "1" for dark, with the quiet zone; raises UnreadableBars."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image()
    height, width = symbol.shape
    image = Image.frombytes("L", (width, height), bytes(memoryview(symbol)))  # type: ignore[arg-type]  # its stubs forget that it is a buffer
    found = zxingcpp.read_barcode(image.resize((width * _DOTS, height * _DOTS), Image.Resampling.NEAREST))
    if found is None or found.text != text:
        raise UnreadableBars(code=text.partition("\n")[0])
    cells = "".join("0" if light else "1" for light in image.tobytes())
    return tuple(cells[row * width : (row + 1) * width] for row in range(height))


def qr(text: str, box: Box, grid: Grid) -> Iterator[Dark]:
    """A QR code in the middle of the box, as large as it can be; raises UnreadableBars."""
    rows = qr_code(text)
    dots = max(grid.dots(min(box.width, box.height)) // len(rows), 1)
    left, top = corner(box, len(rows) * dots, len(rows) * dots, grid)
    for number, row in enumerate(rows):
        for start, length in dark_runs(row):
            yield Dark(left + start * dots, top + number * dots, length * dots, dots)
