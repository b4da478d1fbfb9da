"""Labels as a PDF whose pages are exactly the stock's size, with vector bars on a 300 dpi grid.

The name stands at the top left (CLSI AUTO12), the code as text under its bars. The document's title and
the bars hold nothing that identifies the child.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ..foundation.errors import Conflict
from .bars import QUIET_MODULES, code_128, dark_runs
from .content import LabelContent
from .text import BOLD, PLAIN, Fitted, fit, picture, runs_right_to_left

_DOT = 72 / 300
# 0.254 mm, the narrowest bar that cheap readers took in every trial at this size (LIBRARIES.md 6).
_MODULE = 3 * _DOT
# Renderers widen an edge that a rounding error puts beyond its dot; this much inside, it stays on it.
_INSET = 0.05 * _DOT
_MARGIN = 7 * _DOT
BARS_HEIGHT = 10 * mm
_CODE_HEIGHT = 7.0
_LINE_HEIGHT = 5.8
_LARGEST = 9.0


class LabelTooSmall(Conflict):
    """The label design {design} is too small for the bars of {code}.

    Ask the administrator to choose a larger design for this kind of sample.
    """


def labels_pdf(contents: Sequence[LabelContent], *, title: str) -> bytes:
    """One page per label; the same labels give the same bytes. Raises LabelTooSmall and UnreadableBars."""
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setTitle(title)
    for content in contents:
        _draw(canvas, content)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, content: LabelContent) -> None:
    width, height = content.design.width_mm * mm, content.design.height_mm * mm
    canvas.setPageSize((width, height))
    bars_bottom = _MARGIN + _CODE_HEIGHT
    _draw_bars(canvas, content, width, bars_bottom)
    code = f"{content.code} · {content.case_number} · {content.number}"
    write(canvas, _line(code, width, _CODE_HEIGHT), bars_bottom)
    lines = _lines(content)
    room = height - _MARGIN - bars_bottom - BARS_HEIGHT - len(lines) * _LINE_HEIGHT
    if room < _LINE_HEIGHT:
        raise LabelTooSmall(design=content.design.name, code=content.code)
    name = fit(content.name, BOLD, width=width - 2 * _MARGIN, height=room, largest=_LARGEST)
    top = write(canvas, name, height - _MARGIN)
    for line in lines:
        top = write(canvas, _line(line, width, _LINE_HEIGHT), top)


def _lines(content: LabelContent) -> list[str]:
    identity = f"MRN {content.mrn} · Born {content.born}"
    return [identity, content.origin, f"{content.container} · {content.collected}"]


def _draw_bars(canvas: Canvas, content: LabelContent, width: float, bottom: float) -> None:
    modules = code_128(content.code)
    spare = width - (len(modules) + 2 * QUIET_MODULES) * _MODULE
    if spare < 0:
        raise LabelTooSmall(design=content.design.name, code=content.code)
    draw_modules(canvas, modules, QUIET_MODULES * _MODULE + round(spare / 2 / _DOT) * _DOT, bottom)


def draw_modules(canvas: Canvas, modules: str, left: float, bottom: float) -> None:
    """Bars whose first module begins at `left` (points)."""
    for start, length in dark_runs(modules):
        x, wide = left + start * _MODULE + _INSET, length * _MODULE - 2 * _INSET
        canvas.rect(x, bottom, wide, BARS_HEIGHT, stroke=0, fill=1)


def _line(text: str, width: float, height: float) -> Fitted:
    return fit(text, PLAIN, width=width - 2 * _MARGIN, height=height, largest=height)


def write(canvas: Canvas, fitted: Fitted, top: float, left: float = _MARGIN) -> float:
    """Writes from the top down and gives the new top."""
    for line in fitted.lines:
        if runs_right_to_left(line):
            image, length = picture(line, fitted.font, fitted.size)
            canvas.drawImage(ImageReader(image), left, top - fitted.leading, length, fitted.leading)
        else:
            canvas.setFont(fitted.font, fitted.size)
            canvas.drawString(left, top - fitted.leading * 0.8, line)
        top -= fitted.leading
    return top
