"""What happened to one thing, on A4 for people: facts, then acts in order; each page is numbered."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.colors import lightgrey
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus.doctemplate import BaseDocTemplate

from .script import BOLD, PLAIN, known_font, printable

_MARGIN = 12 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_FACT = 35 * mm
_MARGINS = ("leftMargin", "rightMargin", "topMargin", "bottomMargin")
_PLAIN = ParagraphStyle("plain", fontName=PLAIN, fontSize=8, leading=10, splitLongWords=True)
_BOLD = ParagraphStyle("bold", parent=_PLAIN, fontName=BOLD)
_HEAD = ParagraphStyle("head", parent=_BOLD, fontSize=14, leading=18)


def timeline_pdf(
    title: str,
    facts: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, float]],
    acts: Sequence[Sequence[str]],
) -> bytes:
    """The PDF; `columns` are headings and their shares of the width. The same words give the same bytes."""
    for font in (PLAIN, BOLD):
        known_font(font)
    shares = sum(share for _, share in columns)
    table = LongTable(
        [
            [_text(name, _BOLD) for name, _ in columns],
            *([_text(cell, _PLAIN) for cell in act] for act in acts),
        ],
        colWidths=[_WIDTH * share / shares for _, share in columns],
        repeatRows=1,
    )
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, lightgrey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    about = LongTable(
        [[_text(name, _BOLD), _text(words, _PLAIN)] for name, words in facts],
        colWidths=[_FACT, _WIDTH - _FACT],
    )
    buffer, margins = BytesIO(), dict.fromkeys(_MARGINS, _MARGIN)
    document = SimpleDocTemplate(buffer, pagesize=A4, invariant=1, title=title, **margins)
    parts = [_text(title, _HEAD), about, Spacer(1, 4 * mm), table]
    document.build(parts, onFirstPage=_number, onLaterPages=_number)
    return buffer.getvalue()


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(printable(words, style.fontName)), style)


def _number(canvas: Canvas, document: BaseDocTemplate) -> None:
    canvas.setFont(PLAIN, 8)
    canvas.drawRightString(A4[0] - _MARGIN, _MARGIN / 2, f"Page {document.page}")
