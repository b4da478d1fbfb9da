"""The words that the catalog's values choose from. Pure."""

from __future__ import annotations

from enum import StrEnum


class SampleKind(StrEnum):
    """What a sample physically is."""

    TUBE = "tube"
    BOTTLE = "bottle"
    SLIDE = "slide"
    CORE = "core"
    ALIQUOT = "aliquot"
    BLOCK = "block"


class LabelUse(StrEnum):
    """What a label design is stuck on: a sample, a bag or rack, a place, or worn by a person."""

    SAMPLE = "sample"
    BAG = "bag"
    PLACE = "place"
    BADGE = "badge"


class Symbol(StrEnum):
    """A machine-readable code on a label."""

    CODE_128 = "code_128"
    DATA_MATRIX = "data_matrix"


class Temperature(StrEnum):
    """How a sample is kept and carried."""

    ROOM = "room"
    CHILLED = "chilled"
    FROZEN = "frozen"


class Urgency(StrEnum):
    URGENT = "urgent"
    ROUTINE = "routine"


class Hours(StrEnum):
    """How a turnaround target counts."""

    CALENDAR = "calendar"
    WORKING = "working"


class PlaceKind(StrEnum):
    BEDSIDE = "bedside"
    RECEPTION = "reception"
    BENCH = "bench"
    STORE = "store"
    CLINIC = "clinic"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class StepKind(StrEnum):
    """What a step of the bench does: work, or make children of the sample."""

    WORK = "work"
    MAKE_SLIDES = "make_slides"
    MAKE_ALIQUOTS = "make_aliquots"


class ReasonUse(StrEnum):
    """Which act a coded reason may be given for."""

    REJECT = "reject"
    DEVIATION = "deviation"
    HOLD = "hold"
    REPEAT = "repeat"
    NOT_POSSIBLE = "not_possible"
    NOT_OBTAINED = "not_obtained"
    REPRINT = "reprint"
    RELABEL = "relabel"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    MISSING = "missing"
    VOLUME = "volume"
    SITE = "site"


class FieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    NUMBER = "number"
    INTEGER = "integer"


class CardAction(StrEnum):
    """What the scan of a do-card may set the context line to."""

    HAND_OVER = "hand_over"
    TAKE = "take"
    RECEIVE = "receive"
    ACCEPT = "accept"
    START = "start"
    FINISH = "finish"
    MAKE_SLIDES = "make_slides"
    STORE = "store"
    RETRIEVE = "retrieve"
    SCAN_BACK = "scan_back"
    PACK = "pack"
    HOLD = "hold"
    REJECT = "reject"
    UNDO = "undo"
    END = "end"
    HELP = "help"
