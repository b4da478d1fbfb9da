"""Faults of single codes, patterns and names that only their own standard can tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from stdnum import luhn, verhoeff

from ..foundation.codes import CodeKind, kind_words, require_kind
from ..foundation.errors import Refused
from .faults import Fault

Row = Mapping[str, Any]

_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_SNOMED = re.compile(r"[0-9]{6,18}")
_CASE_PREFIX = re.compile(r"[A-Z]{1,4}")
_WRISTBAND_GROUPS = {"mrn", "birth_date"}


def is_loinc(code: str) -> bool:
    """Whether the code has LOINC's form and its check digit fits (Luhn, modulus 10)."""
    return bool(_LOINC.fullmatch(code)) and bool(luhn.is_valid(code.replace("-", "")))


def is_snomed(code: str) -> bool:
    """Whether the code has SNOMED CT's form and its check digit fits (Verhoeff)."""
    return bool(_SNOMED.fullmatch(code)) and bool(verhoeff.is_valid(code))


def _terminology(document: Row) -> Iterator[Fault]:
    for table in ("containers", "sites", "panels"):
        for code, row in document.get(table, {}).items():
            if (snomed := row.get("snomed")) and not is_snomed(snomed):
                yield Fault(f"{table}.{code}.snomed", "a SNOMED CT code with a right check digit", snomed)
    for code, row in document.get("tests", {}).items():
        for path, loinc in _loinc_codes(f"tests.{code}", row):
            if not is_loinc(loinc):
                yield Fault(path, "a LOINC code with a right check digit", loinc)


def _loinc_codes(path: str, test: Row) -> Iterator[tuple[str, str]]:
    """Every LOINC code that the test names; an alias is one when it has the form."""
    if test.get("loinc"):
        yield f"{path}.loinc", test["loinc"]
    yield from ((f"{path}.aliases", alias) for alias in test.get("aliases", ()) if _LOINC.fullmatch(alias))
    for number, field in enumerate(test.get("result_fields", ()), 1):
        if field.get("loinc"):
            yield f"{path}.result_fields[{number}].loinc", field["loinc"]


def _own_codes(document: Row) -> Iterator[Fault]:
    for table, kind in (("places", CodeKind.PLACE), ("do_cards", CodeKind.DO_CARD)):
        for code in document.get(table, {}):
            try:
                require_kind(code, kind)
            except Refused as error:
                expected = f"a {kind_words(kind)}: {kind} and eight signs, the last a right check character"
                yield Fault(f"{table}.{code}", expected, error.message)


def _patterns(document: Row) -> Iterator[Fault]:
    laboratory = document.get("laboratory", {})
    if "mrn_pattern" in laboratory:
        yield from _pattern("laboratory.mrn_pattern", laboratory["mrn_pattern"], set())
    if not _CASE_PREFIX.fullmatch(laboratory.get("case_prefix", "LF")):
        yield Fault("laboratory.case_prefix", "1 to 4 letters A to Z", laboratory["case_prefix"])
    for number, outside in enumerate(document.get("outside_codes", ()), 1):
        if "pattern" in outside:
            yield from _pattern(f"outside_codes[{number}].pattern", outside["pattern"], _WRISTBAND_GROUPS)


def _pattern(path: str, pattern: str, groups: set[str]) -> Iterator[Fault]:
    try:
        found = set(re.compile(pattern).groupindex)
    except re.error as error:
        yield Fault(path, "a regular expression", f"{pattern} ({error})")
        return
    if not groups <= found:
        yield Fault(path, f"the groups {' and '.join(sorted(groups))}", pattern)


def _days(document: Row) -> Iterator[Fault]:
    calendar = document.get("calendar", {})
    if (zone := calendar.get("time_zone")) and not _is_zone(zone):
        yield Fault("calendar.time_zone", "a time zone as Europe/London", zone)
    for day in calendar.get("holidays", ()):
        if not _is_date(day):
            yield Fault("calendar.holidays", 'dates as "2026-12-25"', day)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


CHECKS: tuple[Callable[[Row], Iterator[Fault]], ...] = (_terminology, _own_codes, _patterns, _days)
