"""Faults of label designs: no design for a kind of sample, no symbol that fits. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .faults import Fault
from .kinds import LabelUse, SampleKind, Symbol
from .symbol_room import least_size

Row = Mapping[str, Any]

_SYMBOL_WORDS = {Symbol.CODE_128: "Code 128", Symbol.DATA_MATRIX: "a Data Matrix"}


def _for_everything(document: Row) -> Iterator[Fault]:
    """A design for every kind of sample, from the bedside and made in the laboratory, and for every use."""
    designs = [row for row in document.get("label_designs", {}).values() if "use" in row]
    for use in LabelUse:
        if not any(row["use"] == use for row in designs):
            yield Fault("label_designs", f"a design for the use {use}", "none")
    for kind in SampleKind:
        found = [row.get("laboratory_made") for row in designs if kind in row.get("for_kinds", ())]
        if None not in found and {True, False} - set(found):
            where = "made in the laboratory" if True not in found else "from the bedside"
            words = f"{kind} {where}" if found else str(kind)
            yield Fault("label_designs", f"a design for the kind {words}", "none")


def _meant_for_samples(document: Row) -> Iterator[Fault]:
    for code, row in document.get("label_designs", {}).items():
        if row.get("use") not in (None, LabelUse.SAMPLE):
            for setting in ("for_kinds", "containers"):
                if row.get(setting):
                    expected = f"none, because its use is {row['use']}"
                    yield Fault(f"label_designs.{code}.{setting}", expected, ", ".join(row[setting]))


def _room_for_a_symbol(document: Row) -> Iterator[Fault]:
    for code, row in document.get("label_designs", {}).items():
        size = row.get("width_mm"), row.get("height_mm")
        if None in size or "symbols" not in row:
            continue
        if not row["symbols"]:
            yield Fault(f"label_designs.{code}.symbols", "code_128, data_matrix or both", "none")
        elif all(any(_missing(symbol, *size)) for symbol in row["symbols"]):
            expected = " or ".join(_needed(symbol) for symbol in row["symbols"])
            found = " or ".join(_missing_words(symbol, *size) for symbol in row["symbols"])
            yield Fault(f"label_designs.{code}", expected, f"{size[0]:g} x {size[1]:g} mm: {found}")


def _missing(symbol: Symbol, width: float, height: float) -> tuple[float, float]:
    """Millimetres of width and of height that the symbol with its texts lacks."""
    least = least_size({symbol})
    return max(least[0] - width, 0), max(least[1] - height, 0)


def _needed(symbol: Symbol) -> str:
    width, height = least_size({symbol})
    return f"{_tenths(width)} x {_tenths(height)} mm for {_SYMBOL_WORDS[symbol]} with its texts"


def _missing_words(symbol: Symbol, width: float, height: float) -> str:
    sides = zip(("width", "height"), _missing(symbol, width, height), strict=True)
    lacking = " and ".join(f"{_tenths(mm)} mm of {side}" for side, mm in sides if mm)
    return f"{lacking} missing for {_SYMBOL_WORDS[symbol]}"


def _tenths(mm: float) -> str:
    """Rounded up, so that what is missing is never told as nothing."""
    return f"{math.ceil(round(mm, 6) * 10) / 10:.1f}"


CHECKS: tuple[Callable[[Row], Iterator[Fault]], ...] = (
    _for_everything,
    _meant_for_samples,
    _room_for_a_symbol,
)
