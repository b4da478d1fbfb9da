"""Faults of receivers: an address that is none, a wire that cannot carry what is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..foundation.hosts import is_host
from .faults import Fault
from .receivers import Tells, Wire

Row = Mapping[str, Any]

_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
_HL7_NAME = re.compile(r"[A-Za-z0-9 ._-]{0,180}")


def _addresses(document: Row) -> Iterator[Fault]:
    for code, row in document.get("receivers", {}).items():
        if (host := row.get("host")) and not is_host(host):
            yield Fault(f"receivers.{code}.host", "a plain host name or address", host)
        if not _PATH.fullmatch(path := row.get("path", "/")):
            yield Fault(f"receivers.{code}.path", "a path of letters, digits and - . _ ~ /", path)


def _wires(document: Row) -> Iterator[Fault]:
    for code, row in document.get("receivers", {}).items():
        others = [tells for tells in row.get("tells", ()) if tells != Tells.SAMPLE_STATUS]
        if row.get("wire") == Wire.MLLP and others:
            yield Fault(f"receivers.{code}.tells", "sample_status alone over mllp", ", ".join(others))
        for setting in ("application", "facility"):
            if not _HL7_NAME.fullmatch(name := row.get(setting, "")):
                yield Fault(f"receivers.{code}.{setting}", "letters, digits, spaces and . _ -", name)


CHECKS: tuple[Callable[[Row], Iterator[Fault]], ...] = (_addresses, _wires)
