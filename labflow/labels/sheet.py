"""A sheet of codes on A4, to be scanned from paper: bars with their code and words in three columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import TypeAlias

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from .bars import code_128
from .pdf import BARS_HEIGHT, draw_modules, write
from .text import BOLD, PLAIN, fit

# A title, and under it codes with the words beside each.
Section: TypeAlias = tuple[str, Sequence[tuple[str, str]]]
_COLUMNS = 3
_MARGIN = 10 * mm
# Room for the bars of a wristband (200 modules of 0.254 mm) with their quiet zones.
_CELL_WIDTH = (A4[0] - 2 * _MARGIN) / _COLUMNS
_CELL_HEIGHT = 25 * mm
_TITLE_HEIGHT = 9 * mm
_TEXT = 8.0


def code_sheet(sections: Iterable[Section], *, title: str) -> bytes:
    """The sheet as a PDF; the same codes give the same bytes. Raises UnreadableBars."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    top = A4[1] - _MARGIN
    for heading, codes in sections:
        for number, row in enumerate(_rows(codes)):
            needed = _CELL_HEIGHT + (0 if number else _TITLE_HEIGHT)
            if top - needed < _MARGIN:
                canvas.showPage()
                top = A4[1] - _MARGIN
            if not number:
                _write(canvas, heading, BOLD, _MARGIN, top, A4[0] - 2 * _MARGIN)
            top -= needed
            for column, (code, words) in enumerate(row):
                _draw(canvas, code, words, _MARGIN + column * _CELL_WIDTH, top + _CELL_HEIGHT)
    canvas.save()
    return buffer.getvalue()


def _rows(codes: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(codes)
    while row := list(islice(rest, _COLUMNS)):
        yield row


def _draw(canvas: Canvas, code: str, words: str, left: float, top: float) -> None:
    """The bars stand away from their neighbours by their quiet zones."""
    quiet = 3 * mm
    draw_modules(canvas, code_128(code), left + quiet, top - BARS_HEIGHT)
    width = _CELL_WIDTH - 2 * quiet
    below = _write(canvas, code, PLAIN, left + quiet, top - BARS_HEIGHT - 1, width)
    _write(canvas, words, BOLD, left + quiet, below, width)


def _write(canvas: Canvas, text: str, font: str, left: float, top: float, width: float) -> float:
    fitted = fit(text, font, width=width, height=2.4 * _TEXT, largest=_TEXT)
    return write(canvas, fitted, top, left)
