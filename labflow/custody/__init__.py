"""Hand-offs, receipts, bags; holder, place and gaps derived from each sample's chain."""

from .bags import (
    UnknownBag,
    advance_bag,
    bag_by_code,
    contents,
    leave_bags,
    open_bag,
    open_bags,
    pack,
    packed,
    reconcile,
)
from .gaps import Gap, OneSided, gaps, one_sided
from .lifecycle import BAG, BagAction, BagState, CustodyKind
from .operations import KEEP, NewEntry, link, record, record_all
from .queries import CustodyEntry, Held, Position, chains_of, held, position, timeline
from .tables import Bag

__all__ = [
    "BAG",
    "KEEP",
    "Bag",
    "BagAction",
    "BagState",
    "CustodyEntry",
    "CustodyKind",
    "Gap",
    "Held",
    "NewEntry",
    "OneSided",
    "Position",
    "UnknownBag",
    "advance_bag",
    "bag_by_code",
    "chains_of",
    "contents",
    "gaps",
    "held",
    "leave_bags",
    "link",
    "one_sided",
    "open_bag",
    "open_bags",
    "pack",
    "packed",
    "position",
    "reconcile",
    "record",
    "record_all",
    "timeline",
]
