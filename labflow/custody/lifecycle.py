"""The life of a bag, and the acts of custody with their HL7 table 0003 triggers (DOMAIN 5.1). Pure."""

from __future__ import annotations

from enum import StrEnum

from ..foundation.lifecycle import Lifecycle


class BagState(StrEnum):
    OPEN = "open"
    SEALED = "sealed"
    HANDED_OVER = "handed_over"
    RECEIVED = "received"
    RECONCILED = "reconciled"


class BagAction(StrEnum):
    SEAL = "seal"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"
    TAKE = "take"
    RECEIVE = "receive"
    RECONCILE = "reconcile"


BAG = Lifecycle(
    "bag",
    {
        (BagState.OPEN, BagAction.SEAL): BagState.SEALED,
        (BagState.SEALED, BagAction.REOPEN): BagState.OPEN,
        (BagState.SEALED, BagAction.HAND_OVER): BagState.HANDED_OVER,
        (BagState.HANDED_OVER, BagAction.TAKE): BagState.SEALED,
        # taken or received without the giver's scan: allowed, and the missing side shows as a gap
        (BagState.SEALED, BagAction.TAKE): BagState.SEALED,
        (BagState.SEALED, BagAction.RECEIVE): BagState.RECEIVED,
        (BagState.HANDED_OVER, BagAction.RECEIVE): BagState.RECEIVED,
        (BagState.RECEIVED, BagAction.RECONCILE): BagState.RECONCILED,
    },
)

# A rack stays: what was received in it stays in it, and it takes samples again once it was reconciled.
RACK = Lifecycle("rack", {**BAG.table, (BagState.RECEIVED, BagAction.RECONCILE): BagState.OPEN})


class CustodyKind(StrEnum):
    """What an entry of a sample's chain records."""

    LABELS_ISSUED = "labels_issued"
    COLLECTED = "collected"
    COLLECTION_FAILED = "collection_failed"
    SCANNED_BACK = "scanned_back"
    PACKED = "packed"
    UNPACKED = "unpacked"
    DISPATCHED = "dispatched"
    TAKEN = "taken"
    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    ACCEPTED_WITH_DEVIATION = "accepted_with_deviation"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    RELABELLED = "relabelled"
    STEP_STARTED = "step_started"
    STEP_FINISHED = "step_finished"
    STEP_FAILED = "step_failed"
    CHILDREN_MADE = "children_made"
    MADE = "made"
    STORED = "stored"
    RETRIEVED = "retrieved"
    USED_UP = "used_up"
    DISPOSED = "disposed"
    NOT_FOUND = "not_found"
    LOST = "lost"
    FOUND = "found"
    REVERSED = "reversed"


HL7_TRIGGER = {
    CustodyKind.LABELS_ISSUED: "S38",
    CustodyKind.COLLECTED: "S39",
    CustodyKind.COLLECTION_FAILED: "S40",
    CustodyKind.DISPATCHED: "S41",
    CustodyKind.TAKEN: "S42",
    CustodyKind.ARRIVED: "S42",
    CustodyKind.ACCEPTED: "S43",
    CustodyKind.ACCEPTED_WITH_DEVIATION: "S43",
    CustodyKind.REJECTED: "S44",
    CustodyKind.RELABELLED: "S45",
    CustodyKind.STORED: "S47",
    CustodyKind.RETRIEVED: "S48",
    CustodyKind.DISPOSED: "S49",
    CustodyKind.CHILDREN_MADE: "S50",
    CustodyKind.STEP_FINISHED: "S51",
    CustodyKind.STEP_FAILED: "S52",
}
