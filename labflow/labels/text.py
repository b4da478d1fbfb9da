"""Text that fits: the largest size at which it fits, over as many lines as needed, and never cut.

The font has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and more. A sign that it lacks is
printed as an open box, so that a name is never silently missing a letter.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
MISSING = "\u25a1"
_LEADING = 1.16
_SMALLEST = 2.5
_STEP = 0.25
_PICTURE_SCALE = 600 / 72


@dataclass(frozen=True)
class Fitted:
    """Lines of one size in points."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def leading(self) -> float:
        return self.size * _LEADING

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


def fit(text: str, font: str, *, width: float, height: float, largest: float) -> Fitted:
    """The text at the largest size up to `largest` at which its lines fit the box (points)."""
    shown = printable(text, font)
    size = largest
    while True:
        fitted = Fitted(tuple(_lines(shown, font, size, width)), font, size)
        if fitted.height <= height or size <= _SMALLEST:
            return fitted
        size = max(size - _STEP, _SMALLEST)


def printable(text: str, font: str) -> str:
    """The text with an open box for every sign that the font lacks."""
    known = _font(font).face.charToGlyph
    return "".join(sign if ord(sign) in known else MISSING for sign in text)


def runs_right_to_left(text: str) -> bool:
    """Whether the text needs the ordering and joining of Hebrew or Arabic."""
    return any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)


def picture(text: str, font: str, size: float) -> tuple[Image.Image, float]:
    """The text shaped and ordered as it is read, as a picture at 600 dpi, and its width in points."""
    drawn = _picture_font(font, round(size * _PICTURE_SCALE))
    width, height = round(drawn.getlength(text)) + 2, round(size * _LEADING * _PICTURE_SCALE)
    image = Image.new("1", (width, height), 1)
    ImageDraw.Draw(image).text((1, height * 0.8), text, font=drawn, fill=0, anchor="ls")
    return image, width / _PICTURE_SCALE


def width_of(text: str, font: str, size: float) -> float:
    _font(font)
    return float(pdfmetrics.stringWidth(text, font, size))


def _lines(text: str, font: str, size: float, width: float) -> list[str]:
    """Wrapped at spaces, and inside a word only where the word alone is too wide."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        if width_of(joined, font, size) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, font, size, width)
        lines = [line for line in (*lines, *pieces) if line] or [""]
    return lines


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and width_of(pieces[-1] + sign, font, size) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


@cache
def _font(name: str) -> TTFont:
    with as_file(files("labflow.labels") / "fonts" / f"{name}.ttf") as path:
        font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    return font


@cache
def _picture_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    with as_file(files("labflow.labels") / "fonts" / f"{name}.ttf") as path:
        return ImageFont.truetype(str(path), size)
