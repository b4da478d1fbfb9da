"""The atom of everything: one scan in, one verdict out, decided on the server and counted once."""

from .scan import rehearse, scan
from .verdict import Context, EventReused, Scan, Verdict, Word

__all__ = ["Context", "EventReused", "Scan", "Verdict", "Word", "rehearse", "scan"]
