"""OML^O21 to an order message in labflow's words. Fields after HL7 v2.5.1, chapters 2, 3, 4 and 7.

A message is about one child. Its ORC/OBR groups that share a placer group number (ORC-4, or none) and a
control code (ORC-1) are one order with a test for each OBR: a marrow work-up is one procedure, however many
lines the sender needs for it. Each test keeps its own placer number (ORC-2), to be cancelled by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from ...catalog import Urgency
from ...journeys.ordering_messages import Control, OrderMessage
from ...patients import Sex
from .limits import HL7Refused
from .reading import Message, Segment
from .schema import load_message
from .times import day_of, moment_of, zone_of

_CONTROLS = {"NW": Control.NEW, "CA": Control.CANCEL}
_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE, "O": Sex.OTHER, "A": Sex.OTHER}
# HL7 table 0485, and the first component of OBR-5: at once, as soon as possible, timing critical.
_URGENT = ("S", "A", "T")
_BODY_WEIGHT, _BIRTH_WEIGHT = "29463-7", "8339-4"  # LOINC
_KG = {"kg": Decimal(1), "g": Decimal("0.001")}
_GRAM = Decimal("0.001")


@dataclass
class _Line:
    """An ORC with one OBR, and the segments that belong to them."""

    orc: Segment
    obr: Segment | None = None
    others: list[Segment] = field(default_factory=list)

    def named(self, name: str) -> list[Segment]:
        return [segment for segment in self.others if segment.name == name]


def to_order_message(message: Message, *, own_authority: str, zone: tzinfo, now: datetime) -> OrderMessage:
    """The message's orders and cancellations; raises HL7Refused.

    `own_authority` is preferred among several patient numbers; `zone` is the laboratory's, for times without
    one; `now` stands in for a message without a time.
    """
    sent_at_text = message.header.text(7)
    zone = zone_of(sent_at_text, "MSH-7") or zone
    sent_at = moment_of(sent_at_text, "MSH-7", zone) or now
    patient = _patient(_only_pid(message), own_authority, zone)
    return load_message(
        {
            "sender": sender_of(message),
            "control_id": message.header.text(10),
            "content_hash": hashlib.sha256(message.content.encode()).digest(),
            "patient": patient,
            "weight": _weight(message, patient["birth_date"], sent_at.date()),
            "parts": [_part(lines, sent_at, zone) for lines in _orders(message)],
        }
    )


def sender_of(message: Message) -> str:
    """Sending application and facility as they were sent: with MSH-10 they name a message."""
    return f"{message.header.raw(3)}|{message.header.raw(4)}"


def _only_pid(message: Message) -> Segment:
    found = message.named("PID")
    if len(found) != 1:
        raise HL7Refused(fault=f"it has {len(found)} PID segments, and an order is about one child")
    return found[0]


def _patient(pid: Segment, own_authority: str, zone: tzinfo) -> dict[str, Any]:
    mrn, authority = _number(pid, own_authority)
    given = [pid.text(5, component) for component in (2, 3)]
    return {
        "mrn": mrn,
        "mrn_authority": authority,
        "family_name": pid.text(5),
        "given_name": " ".join(name for name in given if name),
        "birth_date": day_of(pid.text(7), "PID-7"),
        "born_at": moment_of(pid.text(7), "PID-7", zone),
        "sex": _SEXES.get(pid.text(8).upper(), Sex.UNKNOWN),
    }


def _number(pid: Segment, own_authority: str) -> tuple[str, str]:
    """PID-3: the own hospital's number, else one of type MR (medical record), else the first."""
    named = [
        (pid.text(3, repetition=at), _authority(pid, 3, 4, at, own_authority), pid.text(3, 5, repetition=at))
        for at in pid.repetitions(3)
    ]
    complete = [found for found in named if found[0] and found[1]]
    if not complete:
        raise HL7Refused(fault="PID-3 names no patient number with its assigning authority")
    complete.sort(key=lambda found: (found[1] != own_authority, found[2] != "MR"))
    return complete[0][:2]


def _authority(pid: Segment, field_: int, component: int, at: int, own_authority: str) -> str:
    """Our own hospital's name, else the universal id, which outlives renaming, else the name."""
    name, universal = (pid.text(field_, component, part, at) for part in (1, 2))
    return own_authority if own_authority in (name, universal) else universal or name


def _weight(message: Message, born: date | None, sent_on: date) -> dict[str, Any] | None:
    """The last body weight among the observations, in kilograms; raises HL7Refused for other units.

    Without a day of its own a body weight is of the day of the message.
    """
    found = [
        obx for obx in message.named("OBX") if obx.text(3) in (_BODY_WEIGHT, _BIRTH_WEIGHT) and obx.text(5)
    ]
    if not found:
        return None
    obx = max(found, key=lambda one: (one.text(3) == _BODY_WEIGHT, one.text(14)))
    factor = _KG.get(obx.text(6).casefold())
    if factor is None:
        raise HL7Refused(fault="OBX-6 of the weight is neither kg nor g")
    try:
        kg = (Decimal(obx.text(5)) * factor).quantize(_GRAM)
    except InvalidOperation:
        raise HL7Refused(fault="OBX-5 of the weight is no number") from None
    # a birth weight is of the day of birth, whenever somebody wrote it down
    measured_on = day_of(obx.text(14), "OBX-14") if obx.text(3) == _BODY_WEIGHT else born
    return {"kg": kg, "measured_on": measured_on or sent_on}


def _lines(message: Message) -> Iterable[_Line]:
    line: _Line | None = None
    for segment in message.segments:
        if segment.name == "ORC":
            if line:
                yield line
            line = _Line(segment)
        elif line is None:
            if segment.name == "OBR":
                raise HL7Refused(fault="an OBR stands before the first ORC")
        elif segment.name == "OBR" and line.obr:
            yield line
            line = _Line(line.orc, segment)
        elif segment.name == "OBR":
            line.obr = segment
        else:
            line.others.append(segment)
    if line is None:
        raise HL7Refused(fault="it has no ORC segment, so it orders nothing")
    yield line


def _orders(message: Message) -> list[list[_Line]]:
    """The lines of each order, in the order of the message."""
    found: dict[tuple[str, ...], list[_Line]] = {}
    for line in _lines(message):
        key = (line.orc.text(1), line.orc.text(4), _placer_authority(line))
        found.setdefault(key, []).append(line)
    return list(found.values())


def _part(lines: list[_Line], sent_at: datetime, zone: tzinfo) -> dict[str, Any]:
    orc = lines[0].orc
    control = _CONTROLS.get(orc.text(1))
    if control is None:
        raise HL7Refused(fault="ORC-1 is neither NW (new order) nor CA (cancel)")
    indications = [named for line in lines for named in _indications(line)]
    return {
        "control": control,
        "placer_authority": _placer_authority(lines[0]),
        "placer_group": orc.text(4),
        "tests": [_test(line, control) for line in lines],
        "urgency": Urgency.URGENT if any(map(_is_urgent, lines)) else Urgency.ROUTINE,
        "ordered_at": moment_of(orc.text(9), "ORC-9", zone) or sent_at,
        "ordered_by": _orderer(lines[0]),
        "clinical_text": _clinical_text(lines, indications),
        "indications": list(dict.fromkeys(code for code, _ in indications if code)),
    }


def _placer_authority(line: _Line) -> str:
    """Who gave the placer number: ORC-2's universal id or namespace; "" where it names none."""
    numbered = line.orc if line.orc.text(2) else line.obr or line.orc
    return numbered.text(2, 3) or numbered.text(2, 2)


def _test(line: _Line, control: Control) -> dict[str, Any]:
    number = line.orc.text(2)
    if line.obr is None:
        if control == Control.NEW:
            raise HL7Refused(fault="an ORC with NW has no OBR, so it asks for nothing")
        return {"code": "", "other_codes": [], "text": "", "coding_system": "", "placer_number": number}
    if number and line.obr.text(2) not in ("", number):
        raise HL7Refused(fault="ORC-2 and OBR-2 name different placer numbers")
    code, *others = [code for code in (line.obr.text(4), line.obr.text(4, 4)) if code] or [""]
    if not code and control == Control.NEW:
        raise HL7Refused(fault="OBR-4 names no code")
    return {
        "code": code,
        "other_codes": others,
        "text": line.obr.text(4, 2) or line.obr.text(4, 5) or line.obr.text(4, 9),
        "coding_system": line.obr.text(4, 3) if line.obr.text(4) else line.obr.text(4, 6),
        "placer_number": number or line.obr.text(2),
    }


def _is_urgent(line: _Line) -> bool:
    given = [tq1.text(9) for tq1 in line.named("TQ1")]
    if line.obr:
        given.append(line.obr.text(5))
    return any(priority.upper() in _URGENT for priority in given)


def _orderer(line: _Line) -> str:
    """ORC-12, or OBR-16: family name, given name."""
    segment, at = (line.obr, 16) if line.obr and not line.orc.text(12, 2) else (line.orc, 12)
    return ", ".join(name for name in (segment.text(at, 2), segment.text(at, 3)) if name)


def _indications(line: _Line) -> list[tuple[str, str]]:
    """OBR-31 and DG1-3: code and words."""
    found = [(dg1, 3, 1) for dg1 in line.named("DG1")]
    if line.obr:
        found = [(line.obr, 31, at) for at in line.obr.repetitions(31)] + found
    return [
        (one.text(at, 1, 1, rep), one.text(at, 2, 1, rep) or one.text(at, 9, 1, rep))
        for one, at, rep in found
    ]


def _clinical_text(lines: list[_Line], indications: list[tuple[str, str]]) -> str:
    """OBR-13, the indications in words, and the notes, each once."""
    texts = [line.obr.text(13) for line in lines if line.obr]
    texts += [" ".join(part for part in named if part) for named in indications]
    texts += [note.text(3) for line in lines for note in line.named("NTE")]
    return "\n".join(dict.fromkeys(text for text in texts if text))
