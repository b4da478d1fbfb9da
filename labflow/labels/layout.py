"""Where everything of a label stands, in millimetres: worked out once, drawn alike in PDF, ZPL and SVG. Pure.

Rules for texts: the name is as large as the label allows and shrinks first, then takes more lines, then
breaks inside words; details are left out from the last on; nothing is cut. Where the name and the two
identifiers do not fit at the least size, the label is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial

from ..catalog import EDGE_MM, Box, LabelDesign, LabelRoom, label_room
from ..foundation.errors import Conflict
from .content import LabelContent
from .script import BOLD, PLAIN, printable, printable_name, width_of
from .text import BETWEEN, LEADING, Fitted, beside_each_other, keeps_words_whole, sizes, wrap

# Print in millimetres (1 mm is 2.8 points): read easily, read at all, the least that printers show.
_EASY, _READABLE, _LEAST = 1.45, 1.2, 0.88
_NAME_SHARE, _TEXT_SHARE = 0.125, 0.08
_SMALL_NAME, _LARGEST_NAME, _LARGEST_TEXT = 2.0, 7.0, 4.0
_CODE = 1.75
_BASELINE = 0.92
_ABOVE_BARS = 0.4
# A line that shrinks to a width stays inside it by more than rounding takes.
_WITHIN = 0.999
# A name stays on one line while it is at least so much of its largest size; other print shrinks in steps.
_ONE_LINE = 0.65
_TEXT_STEPS = (1.0, 0.85, 0.72)


class LabelTooSmall(Conflict):
    """The label design {design} has no room for {code} with the name, the MRN and the birth date.

    Choose a larger design for this label.
    """


@dataclass(frozen=True, kw_only=True)
class PlacedText:
    """One line: its signs as a pen writes them, its size, its top left corner and its width (mm)."""

    text: str
    font: str
    size: float
    left: float
    top: float

    @property
    def width(self) -> float:
        return width_of(self.text, self.font, self.size)

    @property
    def baseline(self) -> float:
        return self.top + _BASELINE * self.size

    @property
    def bottom(self) -> float:
        return self.top + LEADING * self.size


@dataclass(frozen=True, kw_only=True)
class LabelLayout:
    """A label ready to be drawn; a box holds its symbol in the middle with the quiet zone around it."""

    code: str
    design: LabelDesign
    scale: int
    bars: Box | None
    matrix: Box | None
    texts: tuple[PlacedText, ...]


class _Breaks(Enum):
    """Where a name may end its lines."""

    NOWHERE = 0
    BETWEEN_WORDS = 1
    ANYWHERE = 2


@dataclass(frozen=True)
class _Sizing:
    """How many details, at which size; how small the name may be and where it may break."""

    details: int
    text: float
    least_name: float
    breaks: _Breaks


@dataclass(frozen=True)
class _Page:
    """The room for texts above `bottom`: beside the matrix it is narrower where no bars stand below it."""

    design: LabelDesign
    room: LabelRoom
    bottom: float

    def width_below(self, top: float, down: float) -> float:
        return self.width_at(top + down)

    def largest_print(self, width: float) -> float:
        """The size at which print that is so wide at size 1 takes the whole room."""
        room = self.width_at(self.bottom) * (self.bottom - EDGE_MM)
        return math.sqrt(room / (LEADING * max(width, _LEAST)))

    def wide_enough(self, top: float, size: float, width: float) -> float:
        """The top of the next line that is so wide: below the matrix where it is too narrow beside it."""
        matrix = self.room.matrix
        if matrix is None or self.width_at(top) >= width:
            return top
        fits = self.width_at(matrix.bottom) >= width and matrix.bottom + LEADING * size <= self.bottom
        return max(top, matrix.bottom) if fits else top

    def width_at(self, top: float) -> float:
        matrix = self.room.matrix
        if self.room.bars is None and matrix and top < matrix.bottom:
            return matrix.left - EDGE_MM
        return self.design.width_mm - 2 * EDGE_MM


def layout(content: LabelContent) -> LabelLayout:
    """The label's layout; raises LabelTooSmall."""
    room = label_room(content.design)
    if room is None:
        raise LabelTooSmall(design=content.design.name, code=content.code)
    return LabelLayout(
        code=content.code,
        design=content.design,
        scale=room.scale,
        bars=room.bars,
        matrix=room.matrix,
        texts=_all_texts(content, room),
    )


def _all_texts(content: LabelContent, room: LabelRoom) -> tuple[PlacedText, ...]:
    """A code in small print makes room for a name that would not fit otherwise."""
    for code_size in (_CODE, _READABLE):
        code = _code_texts(content, room, code_size * room.scale)
        bottom = room.bars.top - _ABOVE_BARS if room.bars else code[0].top
        page = _Page(content.design, room, bottom)
        texts = _form(content, page) if content.to_fill_in else _texts(content, page)
        if texts is not None:
            return (*texts, *code)
    if content.must_identify:
        raise LabelTooSmall(design=content.design.name, code=content.code)
    return _code_texts(content, room, _CODE * room.scale)


def _code_texts(content: LabelContent, room: LabelRoom, under_matrix: float) -> tuple[PlacedText, ...]:
    """The code, and what stands beside it or under it, at the bottom of the label."""
    full, bottom = content.design.width_mm - 2 * EDGE_MM, content.design.height_mm - EDGE_MM
    beside = printable(content.beside_code, PLAIN)
    rest = f"{BETWEEN}{beside}" if beside else ""
    largest = (bottom - room.bars.bottom) / LEADING if room.bars else under_matrix
    for size in sizes(largest, _LEAST if room.bars else min(largest, _EASY)):
        wide = width_of(content.code, BOLD, size)
        if wide + width_of(rest, PLAIN, size) <= full:
            top = bottom - LEADING * size
            code = PlacedText(text=content.code, font=BOLD, size=size, left=EDGE_MM, top=top)
            return (code, PlacedText(text=rest, font=PLAIN, size=size, left=EDGE_MM + wide, top=top))
    lower = _shrunk(beside, largest, full, EDGE_MM, bottom)
    size = min(largest, full / width_of(content.code, BOLD, 1))
    top = lower.top - LEADING * size
    return (PlacedText(text=content.code, font=BOLD, size=size, left=EDGE_MM, top=top), lower)


def _shrunk(text: str, size: float, width: float, left: float, bottom: float) -> PlacedText:
    """One line at the size, or as much smaller as its width needs."""
    size = min(size, width / max(width_of(text, PLAIN, 1), 1))
    return PlacedText(text=text, font=PLAIN, size=size, left=left, top=bottom - LEADING * size)


def _texts(content: LabelContent, page: _Page) -> list[PlacedText] | None:
    """Name, identifiers and as many details as there is room for; None where these do not fit."""
    found = (_placed(content, page, sizing) for sizing in _sizings(content, page))
    return next((texts for texts in found if texts), None)


def _sizings(content: LabelContent, page: _Page) -> Iterator[_Sizing]:
    """From what reads best to what is still readable."""
    text = _text_size(content, page)
    for breaks in _Breaks:
        for details in range(len(content.details), -1, -1):
            for step in _TEXT_STEPS:
                yield _Sizing(details, max(step * text, _READABLE), _READABLE, breaks)
    yield _Sizing(0, _LEAST, _LEAST, _Breaks.ANYWHERE)


def _text_size(content: LabelContent, page: _Page) -> float:
    return min(max(_TEXT_SHARE * content.design.height_mm, _EASY), _LARGEST_TEXT)


def _placed(content: LabelContent, page: _Page, sizing: _Sizing) -> list[PlacedText] | None:
    """All texts with the name as large as it can be; None where they do not fit."""
    name = printable_name(content.name, BOLD)
    largest = min(max(_NAME_SHARE * content.design.height_mm, _SMALL_NAME), _LARGEST_NAME)
    for size in _name_sizes(name, largest, sizing, page):
        texts = _lines(wrap(name, BOLD, size, partial(page.width_below, EDGE_MM)), EDGE_MM)
        if texts[-1].bottom > page.bottom:
            continue
        for parts in (content.identified_by, content.details[: sizing.details]):
            texts += _part_lines(parts, sizing.text, page, texts[-1].bottom)
        if texts[-1].bottom <= page.bottom:
            return texts
    return None


def _name_sizes(name: str, largest: float, sizing: _Sizing, page: _Page) -> Iterator[float]:
    """The sizes at which the name breaks only where it may, and is not larger than the label."""
    width = page.width_at(EDGE_MM)
    largest = min(largest, page.largest_print(width_of(name, BOLD, 1)))
    if largest < sizing.least_name:
        return
    if sizing.breaks == _Breaks.NOWHERE:
        size = min(largest, _WITHIN * width / width_of(name, BOLD, 1))
        yield from [size] if size >= _ONE_LINE * largest else []
    elif sizing.breaks == _Breaks.BETWEEN_WORDS:
        every = sizes(largest, sizing.least_name)
        yield from (size for size in every if keeps_words_whole(name, BOLD, size, width))
    else:
        yield from sizes(largest, sizing.least_name)


def _part_lines(parts: tuple[str, ...], size: float, page: _Page, top: float) -> list[PlacedText]:
    """Parts beside each other where the line allows; one too wide for a line shrinks, then wraps."""
    shown = [printable(part, PLAIN) for part in parts]
    texts: list[PlacedText] = []
    while shown:
        top = page.wide_enough(top, size, width_of(shown[0], PLAIN, _READABLE))
        width = page.width_at(top)
        count = beside_each_other(shown, PLAIN, size, width)
        line, shown = BETWEEN.join(shown[:count]), shown[count:]
        fitting = max(min(size, _WITHIN * width / width_of(line, PLAIN, 1)), min(size, _READABLE))
        texts += _lines(wrap(line, PLAIN, fitting, partial(page.width_below, top), at_hyphens=False), top)
        top = texts[-1].bottom
    return texts


def _lines(fitted: Fitted, top: float) -> list[PlacedText]:
    tops = (top + number * fitted.leading for number in range(len(fitted.lines)))
    return [
        PlacedText(text=line, font=fitted.font, size=fitted.size, left=EDGE_MM, top=at)
        for line, at in zip(fitted.lines, tops, strict=True)
    ]


def _form(content: LabelContent, page: _Page) -> list[PlacedText]:
    """The name in small print, and below it lines for a pen that share the room."""
    name = printable(content.name, BOLD)
    size = min(_CODE, _WITHIN * page.width_at(EDGE_MM) / width_of(name, BOLD, 1))
    texts = [PlacedText(text=name, font=BOLD, size=size, left=EDGE_MM, top=EDGE_MM)]
    share = (page.bottom - _ABOVE_BARS - texts[0].bottom) / len(content.identified_by)
    for number, words in enumerate(content.identified_by):
        bottom = texts[0].bottom + (number + 1) * share
        top = bottom - LEADING * _READABLE
        blank = page.width_at(bottom - share) - width_of(f"{words} ", PLAIN, _READABLE)
        line = f"{words} {'_' * int(blank / width_of('_', PLAIN, _READABLE))}"
        texts.append(PlacedText(text=line, font=PLAIN, size=_READABLE, left=EDGE_MM, top=top))
    return texts
