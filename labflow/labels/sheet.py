"""A sheet of codes on A4, to be scanned from paper: symbols with their code and words in three columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import TypeAlias

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ..catalog import CELL_MM, MATRIX_CELLS, Box
from .dots import bars, matrix
from .layout import PlacedText
from .pdf import GRID, draw_dark, write
from .script import BOLD, PLAIN
from .text import fit

# A title, and under it codes with the words beside each.
Section: TypeAlias = tuple[str, Sequence[tuple[str, str]]]
_COLUMNS = 3
_WIDTH, _HEIGHT = A4[0] / mm, A4[1] / mm
_MARGIN = 10.0
# Room for the bars of a wristband (200 modules of 0.254 mm) with their quiet zones.
_CELL_WIDTH = (_WIDTH - 2 * _MARGIN) / _COLUMNS
_CELL_HEIGHT = 25.0
_BARS_HEIGHT = 10.0
_QUIET = 3.0
_TITLE_HEIGHT = 9.0
_TEXT, _LEAST_TEXT = 2.8, 0.9
# Codes of labflow are short enough for a Data Matrix beside their bars.
_SHORT = 9


def code_sheet(sections: Iterable[Section], *, title: str) -> bytes:
    """The sheet as a PDF; the same codes give the same bytes. Raises UnreadableBars."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    top = _MARGIN
    for heading, codes in sections:
        for number, row in enumerate(_rows(codes)):
            needed = _CELL_HEIGHT + (0 if number else _TITLE_HEIGHT)
            if top + needed > _HEIGHT - _MARGIN:
                canvas.showPage()
                top = _MARGIN
            if not number:
                _write(canvas, heading, BOLD, Box(_MARGIN, top, _WIDTH - 2 * _MARGIN, _TITLE_HEIGHT))
                top += _TITLE_HEIGHT
            for column, (code, words) in enumerate(row):
                _draw(canvas, code, words, _MARGIN + column * _CELL_WIDTH, top)
            top += _CELL_HEIGHT
    canvas.save()
    return buffer.getvalue()


def _rows(codes: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(codes)
    while row := list(islice(rest, _COLUMNS)):
        yield row


def _draw(canvas: Canvas, code: str, words: str, left: float, top: float) -> None:
    """The symbols stand away from their neighbours by their quiet zones."""
    side = (MATRIX_CELLS + 2) * CELL_MM if len(code) <= _SHORT else 0
    width = _CELL_WIDTH - side
    draw_dark(canvas, bars(code, Box(left, top, width, _BARS_HEIGHT), 1, GRID), top=A4[1])
    if side:
        draw_dark(canvas, matrix(code, Box(left + width, top, side, side), 1, GRID), top=A4[1])
    box = Box(left + _QUIET, top + _BARS_HEIGHT + 0.5, _CELL_WIDTH - 2 * _QUIET, 2.4 * _TEXT)
    below = _write(canvas, code, PLAIN, box)
    _write(canvas, words, BOLD, Box(box.left, below, box.width, box.height))


def _write(canvas: Canvas, text: str, font: str, box: Box) -> float:
    """Writes from the top down and gives the new top."""
    fitted = fit(text, font, width=box.width, height=box.height, largest=_TEXT, least=_LEAST_TEXT)
    for number, line in enumerate(fitted.lines):
        top = box.top + number * fitted.leading
        write(canvas, PlacedText(text=line, font=font, size=fitted.size, left=box.left, top=top), top=A4[1])
    return box.top + fitted.height
