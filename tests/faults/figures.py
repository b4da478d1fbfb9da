"""How much is tried, and what came out: each fault test prints one line; all lines come again at the end."""

from __future__ import annotations

import os
from collections.abc import Sequence

QUICK = os.environ.get("FAULTS") == "quick"


def many(full: int, *, quick: int) -> int:
    """How often to try something; `FAULTS=quick` asks for the small number."""
    return quick if QUICK else full


def slowest(seconds: Sequence[float]) -> str:
    """The longest of these times in words."""
    return f"{max(seconds):.1f} s"


def table(figures: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of a table in Markdown."""
    return ["| promise | measured |", "|---|---|", *(f"| {name} | {words} |" for name, words in figures)]
