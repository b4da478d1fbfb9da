"""Labels in ZPL II for printers of 203 and 300 dpi, one ^XA ... ^XZ each, everything on the head's dots.

Names and all other texts go as pictures in our own font: a printer's font lacks letters and changes some, and
no text can be taken for a command. The code is the only field of data, and whatever in it is not a letter, a
digit or a blank goes as a hexadecimal byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw

from ..foundation.errors import Refused
from .bars import code_128
from .content import LabelContent
from .dots import Grid, corner
from .layout import LabelLayout, PlacedText, layout
from .matrix import data_matrix
from .script import picture_font

RESOLUTIONS = (203, 300)
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ")
_CODE_128_MODULES = 134


class UnknownResolution(Refused):
    """Labels are printed at 203 or 300 dots per inch, not at {dpi}.

    Correct the printer's dpi in the configuration.
    """


def labels_zpl(contents: Sequence[LabelContent], *, dpi: int) -> bytes:
    """The labels for a printer; raises UnknownResolution, LabelTooSmall and UnreadableBars."""
    if dpi not in RESOLUTIONS:
        raise UnknownResolution(dpi=dpi)
    grid = Grid(dpi)
    return "".join(_label(layout(content), grid) for content in contents).encode("ascii")


def _label(label: LabelLayout, grid: Grid) -> str:
    width, height = grid.dots(label.design.width_mm), grid.dots(label.design.height_mm)
    # what an earlier job may have left set (orientation, home, shift) is set back
    opening = f"^XA^CI28^FWN^LH0,0^LS0^PW{width}^LL{height}"
    lines = (_line(text, grid) for text in label.texts)
    return "\n".join((opening, *_symbols(label, grid), *filter(None, lines), "^XZ\n"))


def _symbols(label: LabelLayout, grid: Grid) -> Iterator[str]:
    """The printer makes them from the code alone; ours are read back first: no bad code leaves."""
    field = f"^FD{_escaped(label.code)}^FS"
    if label.bars:
        code_128(label.code)
        dots, height = grid.bar(label.scale), grid.dots(label.bars.height)
        left, top = corner(label.bars, _CODE_128_MODULES * dots, height, grid)
        yield f"^FO{left},{top}^BY{dots},3,{height}^BCN,{height},N,N,N,N^FH_{field}"
    if label.matrix:
        dots = grid.cell(label.scale)
        side = len(data_matrix(label.code)) * dots
        left, top = corner(label.matrix, side, side, grid)
        yield f"^FO{left},{top}^BXN,{dots},200^FH_{field}"


def _escaped(text: str) -> str:
    """Field data for ^FH_: UTF-8 bytes in hexadecimal, but for letters, digits and blanks."""
    return "".join(
        sign if sign in _PLAIN else "".join(f"_{byte:02X}" for byte in sign.encode()) for sign in text
    )


def _line(text: PlacedText, grid: Grid) -> str:
    """The line as dots in our own font; nothing where there is nothing to see."""
    image = draw_line(text, grid)
    box = image.point(lambda dot: 255 - dot).getbbox()
    if box is None:
        return ""
    cropped = image.crop(box)
    row = (cropped.width + 7) // 8
    dark = cropped.point(lambda dot: 255 - dot).convert("1", dither=Image.Dither.NONE).tobytes()
    left, top = grid.dots(text.left) + box[0], grid.dots(text.top) + box[1]
    return f"^FO{left},{top}^GFA,{len(dark)},{len(dark)},{row},{dark.hex().upper()}^FS"


def draw_line(text: PlacedText, grid: Grid) -> Image.Image:
    """The line in black on white, no wider than laid out: small print is drawn a dot smaller if need be."""
    width, height = grid.dots(text.width) + 1, grid.dots(text.bottom - text.top) + 1
    size = max(grid.dots(text.size), 1)
    while size > 1 and picture_font(text.font, size).getlength(text.text) > width:
        size -= 1
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    draw.text(
        (0, grid.dots(text.baseline - text.top)), text.text, 0, picture_font(text.font, size), anchor="ls"
    )
    return image
