"""Text that fits: broken into lines where it may be, never cut. Sizes and widths in one unit. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .script import as_drawn, printable, runs_right_to_left, width_of

LEADING = 1.16
BETWEEN = " · "
_STEPS = 24
# Words with the blanks after them; a hyphen between letters ends a piece, too.
_PIECES = re.compile(r"\S+?-(?=\w)|\S+ *")
_WORDS = re.compile(r"\S+ *")

# The width that a line has whose top is so far below the text's top.
WidthAt = Callable[[float], float]


@dataclass(frozen=True)
class Fitted:
    """Lines of one size, the signs of each as a pen writes them, from left to right."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def leading(self) -> float:
        return self.size * LEADING

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


def fit(text: str, font: str, *, width: float, height: float, largest: float, least: float) -> Fitted:
    """The text at the largest size at which its lines fit the box; at the least size it may be higher."""
    shown = printable(text, font)
    for size in sizes(largest, least):
        fitted = wrap(shown, font, size, lambda _: width)
        if fitted.height <= height:
            break
    return fitted


def sizes(largest: float, least: float) -> Iterator[float]:
    """Sizes to try, downwards."""
    if largest > least:
        yield from (largest - (largest - least) * step / _STEPS for step in range(_STEPS))
    yield min(largest, least)


def wrap(shown: str, font: str, size: float, width_at: WidthAt, *, at_hyphens: bool = True) -> Fitted:
    """Printable text wrapped at blanks and hyphens, and inside a word where it alone is too wide."""
    pieces = (_PIECES if at_hyphens else _WORDS).findall(shown)
    right_to_left = runs_right_to_left(shown)
    lines: list[str] = []
    line = ""
    for word in pieces:
        piece, width = word, width_at(len(lines) * size * LEADING)
        if line and width_of((line + piece).rstrip(), font, size) > width:
            lines.append(line)
            line, width = "", width_at(len(lines) * size * LEADING)
        while not line and width_of(piece.rstrip(), font, size) > width:
            length = _longest_start(piece, font, size, width)
            if length >= len(piece):
                break
            lines.append(piece[:length])
            piece, width = piece[length:], width_at(len(lines) * size * LEADING)
        line += piece
    drawn = [as_drawn(one.rstrip(), right_to_left=right_to_left) for one in (*lines, line) if one]
    return Fitted(tuple(drawn), font, size)


def keeps_words_whole(shown: str, font: str, size: float, width: float) -> bool:
    """Whether each word, or part of a hyphenated word, fits a line of this width."""
    return all(width_of(piece.rstrip(), font, size) <= width for piece in _PIECES.findall(shown))


def beside_each_other(parts: Sequence[str], font: str, size: float, width: float) -> int:
    """How many of the printable parts stand on one line of this width; at least one."""
    count = 1
    while count < len(parts) and width_of(BETWEEN.join(parts[: count + 1]), font, size) <= width:
        count += 1
    return count


def _longest_start(piece: str, font: str, size: float, width: float) -> int:
    """How many signs fit the width, at least one, with the marks of the last one."""
    low, high = 1, len(piece)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(piece[:middle], font, size) <= width:
            low = middle
        else:
            high = middle - 1
    while low < len(piece) and unicodedata.combining(piece[low]):
        low += 1
    return low
