"""What a message may be before any parser sees it: sizes, delimiters, character set. Pure.

The parser needs seconds for a megabyte of delimiters, so they are counted first.
"""

from __future__ import annotations

import re

from ...foundation.errors import Malformed, TooLarge
from ...foundation.texts import hidden_sign

MOST_BYTES = 1024 * 1024
MOST_SEGMENTS = 2000
MOST_FIELDS = 500
# Fields, components and repetitions of a whole message: the largest published order has 300.
MOST_PARTS = 20_000

_HEADER = re.compile(rb"MSH([!-/:-@\[-`{-~])([!-/:-@\[-`{-~]{4,5})\1")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_CHARSET_FIELD = 18
# HL7 table 0211, as Python names them. No charset means ASCII, of which UTF-8 is the harmless superset.
_CHARSETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}


class HL7Refused(Malformed):
    """The message cannot be read: {fault}.

    Correct it at the sender and send it again. Nothing was saved.
    """


class HL7TooLarge(TooLarge):
    """The message is larger than labflow reads: {fault}.

    Send less in one message. Nothing was saved.
    """


def checked_text(raw: bytes) -> str:
    """The message as text, its segments ended by CR; raises HL7Refused or HL7TooLarge.

    `raw` has segments that end with CR, LF or both.
    """
    if len(raw) > MOST_BYTES:
        raise HL7TooLarge(fault=f"more than {MOST_BYTES} bytes")
    lines = [line for line in re.split(rb"[\r\n]+", raw) if line]
    if len(lines) > MOST_SEGMENTS:
        raise HL7TooLarge(fault=f"more than {MOST_SEGMENTS} segments")
    delimiters = _delimiters(lines[0] if lines else b"")
    _check_parts(lines, delimiters)
    segments = _decoded(b"\r".join(lines), _charset(lines[0], delimiters[:1])).split("\r")
    for number, segment in enumerate(segments, 1):
        _check_segment(number, segment, chr(delimiters[0]))
    return "\r".join(segments)


def _delimiters(first: bytes) -> bytes:
    """MSH-1 and MSH-2: field, component, repetition, escape, subcomponent and perhaps truncation."""
    header = _HEADER.match(first)
    if header is None:
        raise HL7Refused(fault="it does not begin with MSH and four or five delimiters")
    delimiters = header[1] + header[2]
    if len(set(delimiters)) != len(delimiters):
        raise HL7Refused(fault="MSH-1 and MSH-2 use one sign for two delimiters")
    return delimiters


def _check_parts(lines: list[bytes], delimiters: bytes) -> None:
    field, others = delimiters[:1], (delimiters[1:2], delimiters[2:3], delimiters[4:5])
    parts = 0
    for number, line in enumerate(lines, 1):
        fields = line.count(field)
        if fields > MOST_FIELDS:
            raise HL7TooLarge(fault=f"more than {MOST_FIELDS} fields in segment {number}")
        parts += fields + sum(line.count(delimiter) for delimiter in others)
    if parts > MOST_PARTS:
        raise HL7TooLarge(fault=f"more than {MOST_PARTS} fields and components")


def _charset(header: bytes, field: bytes) -> str:
    fields = header.split(field)
    named = fields[_CHARSET_FIELD - 1] if len(fields) >= _CHARSET_FIELD else b""
    try:
        return _CHARSETS[named.decode("ascii", "replace").strip().upper()]
    except KeyError:
        raise HL7Refused(fault="labflow does not know the character set in MSH-18") from None


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset)
    except UnicodeDecodeError as error:
        segment = raw.count(b"\r", 0, error.start) + 1
        fault = f"segment {segment} is not in the character set of MSH-18 ({charset} where none is named)"
        raise HL7Refused(fault=fault) from None


def _check_segment(number: int, segment: str, field: str) -> None:
    if not _SEGMENT.fullmatch(segment.partition(field)[0]):
        raise HL7Refused(fault=f"segment {number} does not begin with a segment name")
    if hidden := hidden_sign(segment, prose=True):
        raise HL7Refused(fault=f"segment {number} contains the invisible sign {hidden}")
