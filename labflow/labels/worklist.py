"""The printed worklist of a queue, A4: a line for each test, room to write, and the log's checkpoint.

It names no child, since the sheet is kept, and shown, as a witness of the log; and it has no bars of samples:
what is scanned is the label on the container (UX A18).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ..catalog import Box
from .pdf import GRID, draw_dark, write_in
from .qr import qr
from .script import BOLD, PLAIN

_WIDTH, _HEIGHT = A4[0] / mm, A4[1] / mm
_MARGIN = 12.0
_TITLE, _TEXT, _SMALL = 6.0, 3.2, 2.8
_ROW = 9.0
_FOOT = 36.0
# Where the columns begin, from the left margin; the last one is for remarks.
_COLUMNS = (("Due", 0.0), ("Sample", 30.0), ("Case", 62.0), ("Test", 90.0), ("Remarks", 132.0))
_RIGHT = _WIDTH - 2 * _MARGIN


@dataclass(frozen=True, kw_only=True)
class WorklistLine:
    """One test: when it is due, the sample with its container, the case, and what is to be done."""

    due: str
    sample: str
    case: str
    test: str
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class CheckpointOnPaper:
    """What the code holds, and the words beside it."""

    note: str
    words: tuple[str, ...]


def worklist_pdf(
    title: str, about: str, lines: Sequence[WorklistLine], checkpoint: CheckpointOnPaper | None
) -> bytes:
    """The worklist, with the checkpoint on each page. Raises UnreadableBars."""
    buffer, canvas = _document(title)
    bottom = _HEIGHT - _MARGIN - _FOOT
    top = _head(canvas, title, about, checkpoint)
    for line in lines:
        if top + _ROW > bottom:
            canvas.showPage()
            top = _head(canvas, title, about, checkpoint)
        _line(canvas, line, top)
        top += _ROW
    canvas.save()
    return buffer.getvalue()


def checkpoint_pdf(title: str, about: str, checkpoint: CheckpointOnPaper | None) -> bytes:
    """The checkpoint alone. Raises UnreadableBars."""
    buffer, canvas = _document(title)
    _title(canvas, title, about)
    if checkpoint:
        _foot(canvas, checkpoint)
    canvas.save()
    return buffer.getvalue()


def _document(title: str) -> tuple[BytesIO, Canvas]:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    return buffer, canvas


def _title(canvas: Canvas, title: str, about: str) -> float:
    top = write_in(canvas, title, BOLD, Box(_MARGIN, _MARGIN, _RIGHT, _TITLE * 1.2), _TITLE)
    return write_in(canvas, about, PLAIN, Box(_MARGIN, top, _RIGHT, _TEXT * 2.4), _TEXT) + 3


def _head(canvas: Canvas, title: str, about: str, checkpoint: CheckpointOnPaper | None) -> float:
    """Every page can stand alone: head and checkpoint are on each. Gives the top of the first line."""
    top = _title(canvas, title, about)
    for words, left in _COLUMNS:
        write_in(canvas, words, BOLD, Box(_MARGIN + left, top, 30, _TEXT * 1.2), _TEXT)
    if checkpoint:
        _foot(canvas, checkpoint)
    top += _TEXT * 1.6
    _rule(canvas, top)
    return top


def _line(canvas: Canvas, line: WorklistLine, top: float) -> None:
    cells = (line.due, line.sample, line.case, line.test)
    edges = [left for _, left in _COLUMNS]
    for number, words in enumerate(cells):
        box = Box(_MARGIN + edges[number], top + 1, edges[number + 1] - edges[number] - 2, _ROW - 2)
        write_in(canvas, words, BOLD if line.urgent and number == 0 else PLAIN, box, _TEXT)
    _rule(canvas, top + _ROW)


def _foot(canvas: Canvas, checkpoint: CheckpointOnPaper) -> None:
    top = _HEIGHT - _MARGIN - _FOOT + 2
    draw_dark(canvas, qr(checkpoint.note, Box(_MARGIN, top, _FOOT - 2, _FOOT - 2), GRID), top=A4[1])
    for words in checkpoint.words:
        top = (
            write_in(canvas, words, PLAIN, Box(_MARGIN + _FOOT, top, _RIGHT - _FOOT, _SMALL * 2.4), _SMALL)
            + 1
        )


def _rule(canvas: Canvas, top: float) -> None:
    canvas.setLineWidth(0.3)
    canvas.line(_MARGIN * mm, (_HEIGHT - top) * mm, (_WIDTH - _MARGIN) * mm, (_HEIGHT - top) * mm)
