"""Other systems that labflow tells what happened, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wire(StrEnum):
    WEBHOOK = "webhook"  # JSON by POST
    MLLP = "mllp"  # HL7 v2.5.1


class Tells(StrEnum):
    SAMPLE_STATUS = "sample_status"  # what happens to samples, each act once
    OVERDUE = "overdue"  # what was escalated
    ALARM = "alarm"  # about labflow itself


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A system that is told: how it is reached, and of what.

    `path` belongs to a webhook; `token_file` names a file with the token that the webhook wants to see;
    `application` and `facility` name the receiver in HL7 messages.
    """

    code: str
    name: str
    wire: Wire
    host: str
    port: int
    tls: bool = True
    path: str = "/"
    token_file: str = ""
    application: str = ""
    facility: str = ""
    tells: tuple[Tells, ...]
