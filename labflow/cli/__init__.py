"""`labflow`: serve the laboratory and look after it."""

from __future__ import annotations

from . import evidence, laboratory, people, safekeeping, serving, witnessing, working
from .house import House, main

__all__ = [
    "House",
    "evidence",
    "laboratory",
    "main",
    "people",
    "safekeeping",
    "serving",
    "witnessing",
    "working",
]
