"""A checkpoint on paper: the note, from whatever a scanner made of the printed code. Pure."""

from __future__ import annotations

_SHORTEST_NAME = 4


def read_paper(scanned: str) -> str:
    r"""The signed note in a scanned text, in which line ends, blanks and the dash may have been lost.

    Line ends may also have been typed as `\n`. What is no checkpoint is refused by whoever reads the note.
    """
    words = scanned.replace("\\n", "\n").split()
    signatures = [word for word in words[3:] if len(word) >= _SHORTEST_NAME]
    pairs = zip(signatures[::2], signatures[1::2], strict=False)
    lines = "".join(f"— {name} {signature}\n" for name, signature in pairs)
    return "\n".join(words[:3]) + f"\n\n{lines}"
