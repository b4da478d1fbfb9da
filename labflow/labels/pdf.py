"""Labels as a PDF whose pages are exactly the design's size, with vector symbols on a 300 dpi grid.

The name stands at the top left (CLSI AUTO12), the code as text at the bottom. The document's title and the
symbols hold nothing that identifies the child.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ..catalog import Box
from .content import LabelContent
from .dots import Dark, Grid, symbols
from .layout import PlacedText, layout
from .script import known_font
from .text import fit

GRID = Grid(300)
DOT = 72 / 300
_LEAST_TEXT = 1.5
# Renderers widen an edge that a rounding error puts beyond its dot; this much inside, it stays on it.
_INSET = 0.05 * DOT


def labels_pdf(contents: Sequence[LabelContent], *, title: str) -> bytes:
    """One page per label; the same labels give the same bytes. Raises LabelTooSmall and UnreadableBars."""
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setTitle(title)
    for content in contents:
        label = layout(content)
        height = label.design.height_mm * mm
        canvas.setPageSize((label.design.width_mm * mm, height))
        draw_dark(canvas, symbols(label, GRID), top=height)
        for text in label.texts:
            write(canvas, text, top=height)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def draw_dark(canvas: Canvas, rectangles: Iterable[Dark], *, top: float, left: float = 0) -> None:
    """Rectangles counted from a corner of the page (points), as one shape, so that cells have no seams."""
    shape = canvas.beginPath()
    for dark in rectangles:
        x, y = left + dark.left * DOT, top - (dark.top + dark.height) * DOT
        shape.rect(x + _INSET, y, dark.width * DOT - 2 * _INSET, dark.height * DOT)
    canvas.drawPath(shape, stroke=0, fill=1)


def write(canvas: Canvas, text: PlacedText, *, top: float, left: float = 0) -> None:
    """A line of print, placed from a corner of the page (points)."""
    known_font(text.font)
    canvas.setFont(text.font, text.size * mm)
    canvas.drawString(left + text.left * mm, top - text.baseline * mm, text.text)


def write_in(canvas: Canvas, text: str, font: str, box: Box, size: float) -> float:
    """Text in a box of an A4 page, smaller than `size` where it must be; gives the top of what follows."""
    fitted = fit(text, font, width=box.width, height=box.height, largest=size, least=_LEAST_TEXT)
    for number, line in enumerate(fitted.lines):
        top = box.top + number * fitted.leading
        write(canvas, PlacedText(text=line, font=font, size=fitted.size, left=box.left, top=top), top=A4[1])
    return box.top + fitted.height
