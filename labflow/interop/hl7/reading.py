"""Messages of a file, and the fields of a message. Every fault is an HL7Refused that quotes no content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import hl7

from .limits import HL7Refused, checked_text

_LINE_ENDS = re.compile(rb"[\r\n]+")
# What begins and ends a file or a batch of messages; the messages between say everything.
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
_NULL = '""'


@dataclass(frozen=True)
class Segment:
    """One segment and its fields."""

    name: str
    parts: list[Any]
    escapes: Escapes

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """What stands there, unescaped, without outer spaces; "" where nothing stands. All count from 1."""
        part = _at(_at(_at(_at(self.parts, field), repetition - 1), component - 1), subcomponent - 1)
        while isinstance(part, list):
            part = part[0] if part else ""
        text = self.escapes.resolve(str(part), f"{self.name}-{field}").strip()
        return "" if text == _NULL else text

    def repetitions(self, field: int) -> range:
        """The numbers of the field's repetitions, from 1."""
        found = _at(self.parts, field)
        return range(1, (len(found) if isinstance(found, list) else 1) + 1)

    def raw(self, field: int) -> str:
        """The whole field as it was sent."""
        return str(_at(self.parts, field))


@dataclass(frozen=True)
class Escapes:
    """HL7 escape sequences of one message (chapter 2.7 of the standard)."""

    sign: str
    meaning: dict[str, str]

    def resolve(self, text: str, where: str) -> str:
        """The text meant; raises HL7Refused for a sequence that is unknown or does not end."""
        if self.sign not in text:
            return text
        plain, *rest = text.split(self.sign)
        if len(rest) % 2:
            raise HL7Refused(fault=f"{where} holds an escape sequence that does not end")
        for sequence, after in zip(rest[::2], rest[1::2], strict=True):
            plain += self._meant(sequence, where) + after
        return plain

    def _meant(self, sequence: str, where: str) -> str:
        if sequence in self.meaning:
            return self.meaning[sequence]
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", sequence):
            try:
                return bytes.fromhex(sequence[1:]).decode()
            except UnicodeDecodeError:
                raise HL7Refused(fault=f"{where} holds hexadecimal bytes that are not UTF-8") from None
        raise HL7Refused(fault=f"{where} holds an escape sequence that labflow does not know")


@dataclass(frozen=True)
class Message:
    """A message that passed the limits; `content` is all of it, its line ends made alike."""

    content: str
    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def named(self, name: str) -> list[Segment]:
        """The segments of this name, in order."""
        return [segment for segment in self.segments if segment.name == name]


def split_messages(content: bytes) -> Iterator[bytes]:
    """The messages of a file, their segments ended by CR. What stands before the first MSH is a message too:
    reading it says what is wrong with it."""
    message: list[bytes] = []
    for line in _LINE_ENDS.split(content.removeprefix(b"\xef\xbb\xbf")):
        segment = line.strip(b"\x0b\x1c \t")  # the frame of a message as it goes over the wire
        if not segment or segment.startswith(_ENVELOPE):
            continue
        if segment.startswith(b"MSH") and message:
            yield b"\r".join(message)
            message = []
        message.append(segment)
    if message:
        yield b"\r".join(message)


def read_message(raw: bytes) -> Message:
    """The message's segments; raises HL7Refused or HL7TooLarge."""
    text = checked_text(raw)
    try:
        parsed = hl7.parse(text)
    except (hl7.HL7Exception, IndexError, ValueError, AssertionError):
        raise HL7Refused(fault="its segments cannot be told apart") from None
    escapes = _escapes(text)
    segments = (Segment(str(parts[0]), list(parts), escapes) for parts in parsed)
    return Message(text, tuple(segments))


def _escapes(text: str) -> Escapes:
    field, component, repetition, sign, subcomponent = tuple(text[3:8])
    truncation = text[8] if text[8] != field else ""
    meaning = {"F": field, "S": component, "R": repetition, "E": sign, "T": subcomponent, "P": truncation}
    # line breaks and paragraphs; highlighting is not kept
    return Escapes(sign, meaning | {".br": "\n", ".sp": "\n", "H": "", "N": ""})


def _at(parts: Any, index: int) -> Any:
    """The part there; a part that was not divided further is its own first part."""
    if isinstance(parts, list):
        return parts[index] if index < len(parts) else ""
    return parts if index == 0 else ""
