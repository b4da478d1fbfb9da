"""One scan and its verdict. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ...foundation.act import ReadBy
from ...foundation.codes import UnreadableCode, WrongCheckCharacter
from ...foundation.errors import Conflict, LabError, Refused


class Word(StrEnum):
    """The four outcomes of a scan."""

    OK = "OK"
    ALREADY = "ALREADY"
    CHOOSE = "CHOOSE"
    STOP = "STOP"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a scan means: a do-card's action, reason and count, the place, on some pages one case or bag."""

    action: str | None = None
    reason: str | None = None
    count: int | None = None
    place: str | None = None
    case: str | None = None
    bag: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One code read at one moment; `event_id` is the client's and makes the scan count once.

    `second` is the identifier typed beside a typed code, `choice` what was chosen after CHOOSE, and `late`
    that the scan could not be sent at once.
    """

    event_id: UUID
    code: str
    occurred_at: datetime
    read_by: ReadBy
    second: str = ""
    choice: str = ""
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a scan, in short words and a sentence with the next step.

    `rule` names the error for machines; `status` is the HTTP status it would have alone; `sample` is the
    code whose card belongs to it; `sets` is the part of the context that the scan sets: do-card, place, bag.
    `choices` are code and words of what the person may choose; `undo_until` is an ISO time.
    """

    verdict: Word
    title: str
    detail: str = ""
    rule: str = ""
    status: int = 200
    sample: str | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()
    undo_until: str | None = None

    def stored(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def restored(cls, stored: str) -> Verdict:
        """The verdict that `stored` wrote."""
        parts = json.loads(stored)
        parts |= {"verdict": Word(parts["verdict"]), "choices": tuple(map(tuple, parts.get("choices", ())))}
        return cls(**parts)


class ChoiceNeeded(Refused):
    """This needs a choice.

    Choose one of the answers, or scan something else.
    """

    def __init__(self, *, choices: Iterable[tuple[str, str]] = (), **details: Any) -> None:
        super().__init__(**details)
        self.choices = tuple(choices)


class MustStop(Conflict):
    """Something may be wrong with a child or a label. Nothing was saved.

    Stop, and settle it before anything else.
    """

    def __init__(self, *, sample_id: int | None = None, **details: Any) -> None:
        super().__init__(**details)
        self.sample_id = sample_id


class UnknownAction(LabError):
    """There is no action "{action}".

    Scan a do-card again, or clear the action.
    """

    status = 422


class EventReused(LabError):
    """The event {event_id} was sent before with other content. Nothing was saved.

    Give every scan an id of its own; send the same scan again with the same id.
    """

    status = 422


class WrongPatient(MustStop):
    """{code} belongs to another child than {case}. Nothing was saved.

    Stop. Put the sample aside, look for the right one, and scan that.
    """


class WrongSecond(MustStop):
    """{code} belongs to another child than the one whose number or birth date was typed. Nothing was saved.

    Stop. Compare the code, the number and the birth date on the label one by one.
    """


class OtherCase(LabError):
    """{code} belongs to {found}, not to {case}. Nothing was saved.

    Scan a sample of this case, or open the other one.
    """

    status = 409


class PlaceNeeded(LabError):
    """Where are you? This action needs a place.

    Scan the place card, then the sample again.
    """

    status = 422


class NotASample(LabError):
    """{code} is a {found}. A sample label is needed here.

    Scan the label on the tube or slide.
    """

    status = 422


def refused(error: LabError, *, sample: str | None = None) -> Verdict:
    """The verdict of a broken rule: STOP where a child or a label may be wrong, CHOOSE elsewhere."""
    unreadable = isinstance(error, (UnreadableCode, WrongCheckCharacter))
    title = "Could not read that barcode" if unreadable else error.message
    return Verdict(
        verdict=Word.STOP if isinstance(error, MustStop) else Word.CHOOSE,
        title=title,
        detail=f"{error.message} {error.next_step}" if unreadable else error.next_step,
        rule=error.code,
        status=error.status,
        sample=sample,
        choices=error.choices if isinstance(error, ChoiceNeeded) else (),
    )


def fingerprint(scan: Scan, context: Context, badge: str) -> bytes:
    """Tells the same scan sent again, which may be late by then, from another scan under the same id."""
    told = {**vars(scan), "late": False}
    content = [*vars(context).values(), *map(str, told.values()), badge]
    return hashlib.sha256(json.dumps(content).encode()).digest()
