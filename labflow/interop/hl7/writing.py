"""Specimen status updates out: SSU^U03 of HL7 v2.5.1 (chapter 13.3), one message for one act on a sample.

It carries no patient: the sample's code, what happened, where and when. The act stands as its table 0003
trigger (S38 to S52) in OBX-5, because those triggers are newer than v2.5.1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from ...catalog import Catalog, Receiver
from ...custody import CustodyKind, SampleAct

_LONGEST_CONTROL_ID = 20  # MSH-10 in v2.5.1
_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": " ", "\n": " "}
)
# HL7 table 0370, container status; what is not listed is Identified
_CONTAINER_STATUS = {
    CustodyKind.DISPATCHED: "L",
    CustodyKind.STEP_STARTED: "O",
    CustodyKind.STEP_FINISHED: "R",
    CustodyKind.CHILDREN_MADE: "R",
    CustodyKind.STORED: "A",
    CustodyKind.NOT_FOUND: "M",
    CustodyKind.LOST: "M",
    CustodyKind.COLLECTION_FAILED: "X",
    CustodyKind.REJECTED: "X",
    CustodyKind.USED_UP: "X",
    CustodyKind.DISPOSED: "X",
}
_STATUS_WORDS = {
    "A": "Archived",
    "I": "Identified",
    "L": "Left Equipment",
    "M": "Missing",
    "O": "In Process",
    "R": "Process Completed",
    "X": "Container Unavailable",
}
_CODING = "99LABFLOW"


def control_id(message_id: UUID) -> str:
    """MSH-10 of a message, the same each time it is sent: 80 bits of its id, for v2.5.1 allows 20 signs."""
    return message_id.hex[:_LONGEST_CONTROL_ID].upper()


def status_update(catalog: Catalog, receiver: Receiver, act: SampleAct) -> str:
    """The message, its segments ended by CR."""
    segments = (
        _header(catalog, receiver, act),
        _equipment(act),
        _container(catalog, act),
        _act(act),
        _specimen(act),
    )
    return "".join("|".join(fields) + "\r" for fields in segments)


def _header(catalog: Catalog, receiver: Receiver, act: SampleAct) -> list[str]:
    facility = _text(catalog.laboratory.case_prefix)
    to = [_text(receiver.application), _text(receiver.facility)]
    sent = [_time(act.recorded_at), "", "SSU^U03^SSU_U03", control_id(act.event_id), "P", "2.5.1"]
    return ["MSH", "^~\\&", "LABFLOW", facility, *to, *sent, "", "", "", "", "", "UNICODE UTF-8"]


def _equipment(act: SampleAct) -> list[str]:
    return ["EQU", "LABFLOW", _time(act.occurred_at)]


def _container(catalog: Catalog, act: SampleAct) -> list[str]:
    status = _CONTAINER_STATUS.get(act.kind, "I")
    place = catalog.places.get(act.place or "")
    where = f"{_text(place.code)}^{_text(place.name)}^{_CODING}" if place else ""
    status_field = f"{status}^{_STATUS_WORDS[status]}^HL70370"
    return ["SAC", "", "", act.sample, "", "", "", _time(act.occurred_at), status_field, *[""] * 6, where]


def _act(act: SampleAct) -> list[str]:
    kind = act.kind.value
    told = f"{act.hl7}^{kind}^HL70003" if act.hl7 else f"{kind}^{kind}^{_CODING}"
    observed = [*[""] * 5, "F", "", "", _time(act.occurred_at)]
    return ["OBX", "1", "CE", f"act^Act on the specimen^{_CODING}", "", told, *observed]


def _specimen(act: SampleAct) -> list[str]:
    available = "N" if _CONTAINER_STATUS.get(act.kind) in ("X", "M") else "Y"
    rejected = act.kind == CustodyKind.REJECTED
    reasons = [f"{_text(reason)}^{_text(reason)}^{_CODING}" for reason in act.reasons if rejected]
    return ["SPM", "1", f"^{act.sample}", "", "MAR^Marrow^HL70487", *[""] * 15, available, "~".join(reasons)]


def _text(text: str) -> str:
    return text.translate(_ESCAPES)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
