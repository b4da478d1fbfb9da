"""The two ways a message leaves, JSON by POST and HL7 over MLLP, and the three things that may come of it."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import hl7

from ..catalog import Receiver, Wire
from ..interop.hl7 import control_id
from .connecting import connect

_SECONDS = 5.0
_MOST_ANSWERED = 65_536
_START, _END = b"\x0b", b"\x1c\r"
# Refusals that may end by themselves: too slow, in conflict, too early, too many.
_PERHAPS_LATER = (408, 409, 425, 429)


class Outcome(StrEnum):
    TAKEN = "taken"
    REFUSED = "refused"  # this message, for good
    UNKNOWN = "unknown"  # not taken, or nobody knows: send it again


@dataclass(frozen=True)
class Said:
    """What became of one sending; `words` tell it to people and hold nothing of the message."""

    outcome: Outcome
    words: str


def send(receiver: Receiver, message_id: UUID, body: str) -> Said:
    """Sends one message once; raises OSError when the receiver could not be reached."""
    if receiver.wire == Wire.MLLP:
        return _mllp(receiver, message_id, body)
    return _webhook(receiver, message_id, body)


def _webhook(receiver: Receiver, message_id: UUID, body: str) -> Said:
    asking = http.client.HTTPConnection(receiver.host, receiver.port, timeout=_SECONDS)
    asking.sock = connect(receiver.host, receiver.port, seconds=_SECONDS, tls=receiver.tls)
    try:
        asking.request("POST", receiver.path, body.encode(), _headers(receiver, message_id))
        status = asking.getresponse().status
    except http.client.HTTPException:
        return Said(Outcome.UNKNOWN, "It answered something that is no HTTP.")
    finally:
        asking.close()
    words = f"It answered {status}."
    if 200 <= status < 300:
        return Said(Outcome.TAKEN, words)
    # a redirect is not followed: only the configured address is ever asked
    refused = 400 <= status < 500 and status not in _PERHAPS_LATER
    return Said(Outcome.REFUSED if refused else Outcome.UNKNOWN, words)


def _headers(receiver: Receiver, message_id: UUID) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": f'"{message_id}"'}
    if receiver.token_file:
        token = Path(receiver.token_file).read_text(encoding="ascii").strip()
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _mllp(receiver: Receiver, message_id: UUID, body: str) -> Said:
    with connect(receiver.host, receiver.port, seconds=_SECONDS, tls=receiver.tls) as wire:
        wire.settimeout(_SECONDS)
        wire.sendall(_START + body.encode() + _END)
        answer = b""
        while not answer.endswith(_END):
            part = wire.recv(_MOST_ANSWERED)
            if not part or len(answer) > _MOST_ANSWERED:
                return Said(Outcome.UNKNOWN, "It closed the connection without an acknowledgement.")
            answer += part
    return _acknowledged(answer, control_id(message_id))


def _acknowledged(answer: bytes, expected: str) -> Said:
    try:
        acknowledgement = hl7.parse(answer.strip(_START + _END).decode()).segment("MSA")
        code, about = str(acknowledgement[1]), str(acknowledgement[2])
    except (hl7.HL7Exception, UnicodeDecodeError, LookupError, ValueError, AssertionError):
        return Said(Outcome.UNKNOWN, "It answered something that is no HL7 acknowledgement.")
    if about != expected:
        return Said(Outcome.UNKNOWN, "It acknowledged another message.")
    if code in ("AA", "CA"):
        return Said(Outcome.TAKEN, f"It answered {code}.")
    refused = code in ("AR", "CR")
    return Said(
        Outcome.REFUSED if refused else Outcome.UNKNOWN, "It answered AR." if refused else "It answered AE."
    )
