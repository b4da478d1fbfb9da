"""What may stand in a text that came from outside. Pure."""

from __future__ import annotations

import unicodedata

# Joiners that Persian and Indic spelling needs; every other invisible sign is refused.
_JOINERS = "\u200c\u200d"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# Marks of direction belong to right-to-left prose; overrides and isolates reorder what others wrote.
_DIRECTION_MARKS = "\u061c\u200e\u200f"
_LINE_SIGNS = "\n\r\t"


def hidden_sign(text: str, *, prose: bool = False) -> str | None:
    """The first sign that a reader cannot see, as `U+202E`; None for a clean text.

    Control characters, bidi controls and unassigned signs are hidden. Prose may have lines, tabs and marks of
    direction.
    """
    allowed = _JOINERS + (_DIRECTION_MARKS + _LINE_SIGNS if prose else "")
    for sign in text:
        if unicodedata.category(sign) in _INVISIBLE and sign not in allowed:
            return f"U+{ord(sign):04X}"
    return None
