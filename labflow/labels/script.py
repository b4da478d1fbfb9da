"""Names as they are written: what a label can show of any text, joined and in the order it is read. Pure.

The font has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and more. A sign that it lacks
(Chinese, Korean, Devanagari ...) is printed as an open box, so that no name silently misses a letter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import as_file, files

from arabic_reshaper import ArabicReshaper
from bidi import get_display
from PIL import ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
MISSING = "\u25a1"
OTHER_SCRIPT = "Name in another script"
# More marks on one letter than any orthography has would run into the line above.
_MOST_MARKS = 3
# What keeps letters apart or joins them; it is gone once the letters are joined.
_JOINERS = "\u200c\u200d"
# A sign that looks like a letter and prints as nothing.
_EMPTY_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"
_MARKS = re.compile("([\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]+)(.)")
_OPENS = dict(zip("([{<«", ")]}>»", strict=True))
_CLOSES = {closing: opening for opening, closing in _OPENS.items()}
_RESHAPER = ArabicReshaper({"delete_harakat": False, "ARABIC LIGATURE ALLAH": False})


def printable(text: str, font: str) -> str:
    """The text on one line, joined, in logical order, with an open box for every sign that the font lacks.

    Control characters are blanks; what only steers the order or has no shape is left out.
    """
    plain = "".join(_plain(sign) for sign in unicodedata.normalize("NFC", text))
    joined = _RESHAPER.reshape(" ".join(plain.split()))
    shown = "".join(_in_font(sign, font) for sign in joined if sign not in _JOINERS)
    return _few_marks(shown)


def printable_name(name: str, font: str) -> str:
    """The printable name; words in its place where not one letter of it can be printed."""
    shown = printable(name, font)
    letters = [sign for sign in shown if sign.isalnum() or sign == MISSING]
    return OTHER_SCRIPT if not letters or set(letters) == {MISSING} else shown


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction is Hebrew, Arabic or the like."""
    directions = (unicodedata.bidirectional(sign) for sign in text)
    return next((one for one in directions if one in ("L", "R", "AL")), "L") != "L"


def as_drawn(line: str, *, right_to_left: bool) -> str:
    """A printable line with its signs from left to right, as a pen that knows no scripts must write them."""
    if line.isascii():
        return line
    drawn = str(get_display(line, base_dir="R" if right_to_left else "L"))
    if "".join(_facing(line)) == line:
        drawn = "".join(_facing(drawn))
    return _MARKS.sub(lambda found: found[2] + found[1][::-1], drawn)


def width_of(text: str, font: str, size: float) -> float:
    """The width of drawn signs in the unit of the size."""
    return size * _width(text, font)


@lru_cache(maxsize=20_000)
def _width(text: str, font: str) -> float:
    """The width at size 1: a layout asks for the same words at many sizes."""
    known_font(font)
    return float(pdfmetrics.stringWidth(text, font, 1))


@cache
def known_font(name: str) -> TTFont:
    """The font, read once and known to the PDF library."""
    with as_file(files("labflow.labels") / "fonts" / f"{name}.ttf") as path:
        font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    return font


@cache
def picture_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font for pictures, at a size in dots; sign by sign, so that every machine draws alike."""
    with as_file(files("labflow.labels") / "fonts" / f"{name}.ttf") as path:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _facing(line: str) -> list[str]:
    """The signs with each pair of brackets that stands the wrong way round turned (the library does not)."""
    signs, opened, closed = list(line), list[int](), list[int]()
    for at, sign in enumerate(line):
        if sign in _CLOSES:
            if opened and line[opened[-1]] == _CLOSES[sign]:
                opened.pop()
            else:
                closed.append(at)
        elif sign in _OPENS:
            if closed and line[closed[-1]] == _OPENS[sign]:
                signs[closed.pop()], signs[at] = sign, _OPENS[sign]
            else:
                opened.append(at)
    return signs


def _plain(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if category in ("Cs", "Co", "Cn") or sign in _EMPTY_LETTERS:
        return MISSING
    invisible = category == "Cf" and sign not in _JOINERS
    return "" if invisible or _selects_a_shape(sign) else sign


def _selects_a_shape(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef" or sign == "\u034f"


def _in_font(sign: str, font: str) -> str:
    """The sign, or the letter that a joined form stands for, or an open box."""
    known = known_font(font).face.charToGlyph
    if ord(sign) in known:
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if all(ord(each) in known for each in plain) else MISSING


def _few_marks(text: str) -> str:
    shown, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            shown.append(sign)
        elif marks == _MOST_MARKS + 1:
            shown.append(MISSING)
    return "".join(shown)
