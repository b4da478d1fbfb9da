"""One scan and its verdict. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ...foundation.act import ReadBy
from ...foundation.codes import UnreadableCode, WrongCheckCharacter
from ...foundation.errors import Forbidden, LabError


class Word(StrEnum):
    """The four outcomes of a scan."""

    OK = "OK"
    ALREADY = "ALREADY"
    CHOOSE = "CHOOSE"
    STOP = "STOP"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a scan means: the action of the do-card, the place, and on some pages one case or bag."""

    action: str | None = None
    place: str | None = None
    case: str | None = None
    bag: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One code read at one moment; `event_id` is the client's and makes the scan count once."""

    event_id: UUID
    code: str
    occurred_at: datetime
    read_by: ReadBy


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a scan, in short words and a sentence with the next step.

    `rule` names the error for machines; `status` is the HTTP status it would have alone; `sample` is the
    code whose card belongs to it; `sets` is the part of the context that the scan sets: do-card, place, bag.
    """

    verdict: Word
    title: str
    detail: str = ""
    rule: str = ""
    status: int = 200
    sample: str | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> str:
        return json.dumps(vars(self))


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


class WrongPatient(LabError):
    """{code} belongs to another child than {case}. Nothing was saved.

    Stop. Put the sample aside, look for the right one, and scan that.
    """

    status = 409


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
    """The verdict of a broken rule: STOP where a person or child may be wrong, CHOOSE elsewhere."""
    stop = isinstance(error, (WrongPatient, EventReused, Forbidden))
    title = (
        "Could not read that barcode"
        if isinstance(error, (UnreadableCode, WrongCheckCharacter))
        else error.message
    )
    detail = f"{error.message} {error.next_step}" if title != error.message else error.next_step
    return Verdict(
        verdict=Word.STOP if stop else Word.CHOOSE,
        title=title,
        detail=detail,
        rule=error.code,
        status=error.status,
        sample=sample,
    )


def fingerprint(scan: Scan, context: Context, badge: str) -> bytes:
    """Tells the same scan sent again from another scan under the same id."""
    content = [*vars(context).values(), *map(str, vars(scan).values()), badge]
    return hashlib.sha256(json.dumps(content).encode()).digest()
