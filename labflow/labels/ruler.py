"""The test label of a design: its edge, and a ruler in millimetres on two sides. It names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ..catalog import Box, LabelDesign
from .dots import Dark, Grid
from .layout import PlacedText
from .pdf import GRID, draw_dark, write
from .script import PLAIN

_LINE = 0.2
# A mark each millimetre, longer each fifth and tenth.
_MARKS = {10: 4.0, 5: 2.8, 1: 1.6}
# Marks nearer to the corner would cross.
_FIRST_MARK = 2
_TEXT = 2.2


def _ruler(design: LabelDesign) -> Iterator[Box]:
    """The edge and the marks, in millimetres from the top left corner."""
    width, height = design.width_mm, design.height_mm
    yield Box(0, 0, width, _LINE)
    yield Box(0, height - _LINE, width, _LINE)
    yield Box(0, _LINE, _LINE, height - 2 * _LINE)
    yield Box(width - _LINE, _LINE, _LINE, height - 2 * _LINE)
    for at in range(_FIRST_MARK, int(width)):
        yield Box(at - _LINE / 2, _LINE, _LINE, _mark(at))
    for at in range(_FIRST_MARK, int(height)):
        yield Box(_LINE, at - _LINE / 2, _mark(at), _LINE)


def _mark(at: int) -> float:
    return next(length for step, length in _MARKS.items() if at % step == 0)


def _size_words(design: LabelDesign) -> str:
    """`50.8 x 25.4 mm`."""
    return f"{design.width_mm:g} x {design.height_mm:g} mm"


def ruler_pdf(design: LabelDesign) -> bytes:
    """One page of the design's size."""
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setTitle(f"Test label {design.code}")
    height = design.height_mm * mm
    canvas.setPageSize((design.width_mm * mm, height))
    draw_dark(canvas, [_dots(box, GRID) for box in _ruler(design)], top=height)
    corner = Box(_MARKS[10] + 1, _MARKS[10] + 1, 0, 0)
    for number, text in enumerate(_lines(design)):
        top = corner.top + number * 1.2 * _TEXT
        write(canvas, PlacedText(text=text, font=PLAIN, size=_TEXT, left=corner.left, top=top), top=height)
    canvas.save()
    return buffer.getvalue()


def ruler_zpl(design: LabelDesign, *, dpi: int) -> bytes:
    """The same for a printer of this resolution."""
    grid = Grid(dpi)
    lines = [f"^XA^CI28^FWN^LH0,0^LS0^PW{grid.dots(design.width_mm)}^LL{grid.dots(design.height_mm)}"]
    for box in _ruler(design):
        dark = _dots(box, grid)
        thick = min(dark.width, dark.height)
        lines.append(f"^FO{dark.left},{dark.top}^GB{dark.width},{dark.height},{thick}^FS")
    size = grid.dots(_TEXT)
    for number, text in enumerate(_lines(design)):
        left, top = grid.dots(_MARKS[10] + 1), grid.dots(_MARKS[10] + 1 + number * 1.2 * _TEXT)
        lines.append(f"^FO{left},{top}^A0N,{size},{size}^FD{text}^FS")
    return "\n".join([*lines, "^XZ\n"]).encode("ascii")


def _lines(design: LabelDesign) -> tuple[str, str]:
    """Codes and numbers only: nothing here could end a field of ZPL."""
    return f"Test {design.code}", _size_words(design)


def _dots(box: Box, grid: Grid) -> Dark:
    return Dark(
        left=grid.dots(box.left),
        top=grid.dots(box.top),
        width=max(grid.dots(box.width), 1),
        height=max(grid.dots(box.height), 1),
    )
