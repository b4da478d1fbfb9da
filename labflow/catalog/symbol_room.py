"""Where the symbols of a label design stand, and whether they fit, in millimetres. Pure.

Everything is measured for labflow's own codes of nine signs: 134 modules of Code 128 at most, and a Data
Matrix of 14 modules a side, or of 16 where a printer's own encoder saves less.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from .kinds import Symbol
from .labelling import LabelDesign

# Three dots at 300 dpi; at 203 dpi two dots make 0.250 mm. Cheap readers took it in every trial.
BAR_MM = 0.254
# Six dots at 300 dpi, four at 203 dpi: half a millimetre, which phones read from a hand's breadth.
CELL_MM = 0.508
BAR_MODULES = 134
QUIET_BARS = 10
MATRIX_CELLS = 16
# Printers shift a label by about as much; nothing stands nearer to its edge.
EDGE_MM = 0.6
_BARS_WIDTH = (BAR_MODULES + 2 * QUIET_BARS) * BAR_MM
_BARS_HEIGHT = 10.0
# A Data Matrix needs one light cell around it.
_MATRIX_SIDE = (MATRIX_CELLS + 2) * CELL_MM
# The least that a date of birth takes in print that is read without a glass, three lines of it, and the code.
_TEXT_WIDTH, _TEXT_HEIGHT, _CODE_HEIGHT = 12.0, 5.0, 2.4
# Larger labels are read from farther away: bars up to so many times as wide.
_LARGEST_SCALE = 3
_BARS_SHARE, _CODE_SHARE = 0.35, 0.07


@dataclass(frozen=True)
class Box:
    """A rectangle on a label, from its top left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, kw_only=True)
class LabelRoom:
    """The boxes of the symbols with their quiet zones; None where one is not wanted or does not fit.

    `scale`: how many times the least module the symbols are printed at.
    """

    scale: int
    bars: Box | None
    matrix: Box | None


def label_room(design: LabelDesign) -> LabelRoom | None:
    """The symbols that the design wants and has room for; None where there is room for none."""
    wanted = frozenset(design.symbols)
    for symbols in ({Symbol.CODE_128, Symbol.DATA_MATRIX}, {Symbol.CODE_128}, {Symbol.DATA_MATRIX}):
        for scale in range(_LARGEST_SCALE, 0, -1):
            if symbols <= wanted and _fits(design, symbols, scale):
                return _room(design, symbols, scale)
    return None


def least_size(symbols: Set[Symbol], scale: int = 1) -> tuple[float, float]:
    """The width and height of the smallest label that holds these symbols and its texts."""
    side, code = _side_with_margin(scale), scale * _CODE_HEIGHT + EDGE_MM
    if Symbol.CODE_128 not in symbols:
        return side + scale * _TEXT_WIDTH + EDGE_MM, side + code
    beside = side if Symbol.DATA_MATRIX in symbols else 0
    return scale * _BARS_WIDTH + beside, EDGE_MM + scale * (_TEXT_HEIGHT + _BARS_HEIGHT) + code


def _fits(design: LabelDesign, symbols: Set[Symbol], scale: int) -> bool:
    width, height = least_size(symbols, scale)
    return width <= design.width_mm and height <= design.height_mm


def _side_with_margin(scale: int) -> float:
    """A Data Matrix at the label's edge: its dark cells keep the margin, its light cell may lie in it."""
    return scale * _MATRIX_SIDE + max(EDGE_MM - scale * CELL_MM, 0)


def _room(design: LabelDesign, symbols: Set[Symbol], scale: int) -> LabelRoom:
    side = scale * _MATRIX_SIDE
    left = design.width_mm - _side_with_margin(scale)
    if Symbol.CODE_128 not in symbols:
        return LabelRoom(
            scale=scale, bars=None, matrix=Box(left, _side_with_margin(scale) - side, side, side)
        )
    height = max(scale * _BARS_HEIGHT, _BARS_SHARE * design.height_mm)
    code = max(scale * _CODE_HEIGHT, _CODE_SHARE * design.height_mm)
    top = design.height_mm - EDGE_MM - code - height
    if Symbol.DATA_MATRIX not in symbols:
        return LabelRoom(scale=scale, bars=Box(0, top, design.width_mm, height), matrix=None)
    matrix = Box(left, top + (height - side) / 2, side, side)
    return LabelRoom(scale=scale, bars=Box(0, top, left, height), matrix=matrix)
