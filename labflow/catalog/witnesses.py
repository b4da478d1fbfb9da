"""Witnesses of the log in other departments, as plain values, and their faults. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..foundation.hosts import is_host
from .faults import Fault

_COSIGNATURE = b"\x04"
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, kw_only=True)
class Witness:
    """Where `labflow witness` runs, and `key`, the verifier key that it printed at its start.

    `path` is what stands before /add-checkpoint, for witnesses of other makers.
    """

    code: str
    name: str
    host: str
    port: int
    tls: bool = True
    path: str = ""
    key: str


def _faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    for code, row in document.get("witnesses", {}).items():
        if (host := row.get("host")) and not is_host(host):
            yield Fault(f"witnesses.{code}.host", "a plain host name or address", host)
        if (key := row.get("key")) and not _is_witness_key(key):
            yield Fault(f"witnesses.{code}.key", "the verifier key that the witness printed", key)
        if not _PATH.fullmatch(path := row.get("path", "")):
            yield Fault(f"witnesses.{code}.path", "empty, or a path of letters, digits and - . _ ~ /", path)


def _is_witness_key(text: str) -> bool:
    """Whether it is a verifier key of c2sp.org/signed-note for cosignatures, every sign of it right."""
    name, number, encoded = [*text.split("+", 2), "", ""][:3]
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    named = f"{name}\n".encode() + key
    return key[:1] == _COSIGNATURE and hashlib.sha256(named).hexdigest()[:8] == number


CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (_faults,)
