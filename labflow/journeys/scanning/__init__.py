"""The atom of everything: one scan in, one verdict out, decided on the server and counted once."""

from .cards import NOTHING_SET
from .scan import rehearse, scan
from .settling import LEAST_REASON, StopView, settle_by_naming, settle_by_scan, standing_stop, stop_view
from .undo import UNDO_WITHIN
from .verdict import Context, EventReused, Scan, Verdict, Word, refused

__all__ = [
    "LEAST_REASON",
    "NOTHING_SET",
    "UNDO_WITHIN",
    "Context",
    "EventReused",
    "Scan",
    "StopView",
    "Verdict",
    "Word",
    "refused",
    "rehearse",
    "scan",
    "settle_by_naming",
    "settle_by_scan",
    "standing_stop",
    "stop_view",
]
