"""Symbols on the dots of a print head: a symbol is only as good as its narrowest bar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..catalog import Box
from .bars import code_128, dark_runs
from .layout import LabelLayout
from .matrix import data_matrix

# Dots of a narrowest bar and of a cell: 0.250 and 0.500 mm at 203 dpi, 0.254 and 0.508 mm at 300 dpi.
_BAR_DOTS = {203: 2, 300: 3}
_CELL_DOTS = {203: 4, 300: 6}
# 203 dpi heads have eight dots in a millimetre.
_DOTS_PER_MM = {203: 8.0, 300: 300 / 25.4}


@dataclass(frozen=True)
class Grid:
    """Dots of a print head of 203 or 300 dpi."""

    dpi: int

    @property
    def per_mm(self) -> float:
        return _DOTS_PER_MM[self.dpi]

    def bar(self, scale: int) -> int:
        """Dots of the narrowest bar."""
        return _BAR_DOTS[self.dpi] * scale

    def cell(self, scale: int) -> int:
        """Dots of a cell's side."""
        return _CELL_DOTS[self.dpi] * scale

    def dots(self, mm: float) -> int:
        return round(mm * self.per_mm)


@dataclass(frozen=True)
class Dark:
    """A dark rectangle in dots from the label's top left corner."""

    left: int
    top: int
    width: int
    height: int


def symbols(label: LabelLayout, grid: Grid) -> Iterator[Dark]:
    """What is dark in the label's symbols; raises UnreadableBars."""
    if label.bars:
        yield from bars(label.code, label.bars, label.scale, grid)
    if label.matrix:
        yield from matrix(label.code, label.matrix, label.scale, grid)


def corner(box: Box, width: int, height: int, grid: Grid) -> tuple[int, int]:
    """Left and top of something of this size in dots, in the middle of the box."""
    left = box.left * grid.per_mm + (box.width * grid.per_mm - width) / 2
    top = box.top * grid.per_mm + (box.height * grid.per_mm - height) / 2
    return round(left), round(top)


def bars(code: str, box: Box, scale: int, grid: Grid) -> Iterator[Dark]:
    """Code 128 in the middle of the box; raises UnreadableBars."""
    modules, dots, height = code_128(code), grid.bar(scale), grid.dots(box.height)
    left, top = corner(box, len(modules) * dots, height, grid)
    for start, length in dark_runs(modules):
        yield Dark(left + start * dots, top, length * dots, height)


def matrix(code: str, box: Box, scale: int, grid: Grid) -> Iterator[Dark]:
    """A Data Matrix in the middle of the box; raises UnreadableBars."""
    rows, dots = data_matrix(code), grid.cell(scale)
    left, top = corner(box, len(rows) * dots, len(rows) * dots, grid)
    for number, row in enumerate(rows):
        for start, length in dark_runs(row):
            yield Dark(left + start * dots, top + number * dots, length * dots, dots)
