"""Faults of printers: an address that is none, a resolution that no printer has, two for one label. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..foundation.hosts import is_host
from .faults import Fault

Row = Mapping[str, Any]

_DPI = (203, 300)


def _addresses(document: Row) -> Iterator[Fault]:
    for code, row in document.get("printers", {}).items():
        if (host := row.get("host")) and not is_host(host):
            yield Fault(f"printers.{code}.host", "a plain host name or address of a printer", host)
        if (dpi := row.get("dpi", _DPI[0])) not in _DPI:
            yield Fault(f"printers.{code}.dpi", "203 or 300", str(dpi))


def _one_for_each_label(document: Row) -> Iterator[Fault]:
    """A label of a place goes to one printer, so that nobody looks for it at two."""
    taken: dict[tuple[str, str], str] = {}
    for code, row in document.get("printers", {}).items():
        for place in row.get("places", ()):
            for design in row.get("designs", ()):
                first = taken.setdefault((place, design), code)
                if first != code:
                    expected = f"labels that {first} does not print for {place}"
                    yield Fault(f"printers.{code}.designs", expected, design)


CHECKS: tuple[Callable[[Row], Iterator[Fault]], ...] = (_addresses, _one_for_each_label)
