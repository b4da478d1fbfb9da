"""The paper of a downtime kit, A4: how to go on without labflow, and a line to write on for each code.

It has no bars: what is scanned is the label on the container, never a paper beside it (UX A18).
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ..catalog import Box, Laboratory
from .pdf import write_in
from .script import BOLD, PLAIN

_WIDTH, _HEIGHT = A4[0] / mm, A4[1] / mm
_MARGIN = 12.0
_TEXT, _TITLE = 3.6, 6.0
_LINE_HEIGHT = 29.0
_STEPS = (
    "Use this kit only while labflow cannot be reached. One child, one line for each container.",
    "1. Compare the wristband with the child and the order, with a second person. Both sign.",
    "2. Fill the container, then stick on it one of the two labels that carry the code of its line.",
    "3. Write name, MRN, birth date and time of collection on that label and on the line, at the bedside.",
    "4. Stick the second label on the line. Send the samples and this sheet together.",
    "5. When labflow is back, register the procedure with these times, and put each code on its sample "
    "(Downtime kits). Close the kit: what was not used goes out of use.",
)
# What is written by hand in the two rows of a line, with the share of the row's width.
_ROWS = ((("Name", 1.0),), (("MRN", 0.3), ("Born", 0.2), ("Date, time", 0.24), ("Signed", 0.26)))
# The largest sample label fits its place.
_CODE_WIDTH, _LABEL_WIDTH = 34.0, 53.0


def kit_sheet(number: str, lines: Sequence[tuple[str, str]], *, place: str, laboratory: Laboratory) -> bytes:
    """The sheet as a PDF; `lines` are codes with what they are for. The same kit gives the same bytes."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(f"Downtime kit {number}")
    top = _head(canvas, number, place, laboratory)
    for position, (code, container) in enumerate(lines, 1):
        if top + _LINE_HEIGHT > _HEIGHT - _MARGIN:
            canvas.showPage()
            top = _head(canvas, number, place, laboratory)
        _line(canvas, f"{position:02d}", code, container, top)
        top += _LINE_HEIGHT
    canvas.save()
    return buffer.getvalue()


def _head(canvas: Canvas, number: str, place: str, laboratory: Laboratory) -> float:
    """Every page can stand alone: the kit's number and the steps are on each. Gives the new top."""
    width = _WIDTH - 2 * _MARGIN
    words = f"Downtime kit {number}" + (f", {place}" if place else "")
    top = write_in(canvas, words, BOLD, Box(_MARGIN, _MARGIN, width, _TITLE), _TITLE)
    about = ", ".join(filter(None, (laboratory.name, laboratory.telephone)))
    top = write_in(canvas, about, PLAIN, Box(_MARGIN, top, width, _TEXT * 1.2), _TEXT) + 2
    for step in _STEPS:
        top = write_in(canvas, step, PLAIN, Box(_MARGIN, top, width, _TEXT * 2.5), _TEXT) + 0.6
    return top + 2


def _line(canvas: Canvas, position: str, code: str, container: str, top: float) -> None:
    left, right, bottom = _MARGIN, _WIDTH - _MARGIN, top + _LINE_HEIGHT - 2
    write_in(canvas, f"{position}  {code}", BOLD, Box(left, top + 1, _CODE_WIDTH, _TEXT * 1.2), _TEXT)
    write_in(canvas, container, PLAIN, Box(left, top + 6, _CODE_WIDTH, _TEXT * 2), _TEXT * 0.8)
    beside = right - _LABEL_WIDTH
    for number, row in enumerate(_ROWS):
        _fields(canvas, row, left + _CODE_WIDTH, beside, top + number * _LINE_HEIGHT / 2)
    canvas.setLineWidth(0.4)
    height = (_LINE_HEIGHT - 2) * mm
    canvas.rect(beside * mm, (_HEIGHT - bottom) * mm, _LABEL_WIDTH * mm, height)
    write_in(canvas, "second label here", PLAIN, Box(beside + 1, top + 1, _LABEL_WIDTH - 2, 3), 2.4)
    _rule(canvas, left, bottom + 1, right)


def _fields(canvas: Canvas, row: Sequence[tuple[str, float]], left: float, right: float, top: float) -> None:
    """Words with a line to write on, side by side."""
    room = right - left
    for words, share in row:
        wide = room * share
        write_in(canvas, words, PLAIN, Box(left + 1, top + 0.5, wide - 1, 3), 2.4)
        _rule(canvas, left, top + _LINE_HEIGHT / 2 - 2.5, left + wide - 1.5)
        left += wide


def _rule(canvas: Canvas, left: float, top: float, right: float) -> None:
    canvas.setLineWidth(0.3)
    canvas.line(left * mm, (_HEIGHT - top) * mm, right * mm, (_HEIGHT - top) * mm)
