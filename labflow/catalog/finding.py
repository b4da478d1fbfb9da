"""Finding what an order, a wristband or a page means in the catalog. Pure."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from .offer import Catalog, Panel, Test

# No code on a wristband is longer; a bound keeps a careless pattern from being fed a novel.
_LONGEST_OUTSIDE_CODE = 80


@dataclass(frozen=True, kw_only=True)
class OutsideMatch:
    """What a code that labflow did not print says: whose it is."""

    kind: str
    mrn: str
    birth_date: date


def find_test(catalog: Catalog, code_or_alias: str) -> Test | None:
    """The test with this code, LOINC code or alias, whatever its case; None where the catalog knows none."""
    wanted = code_or_alias.strip().casefold()
    for test in catalog.tests.values():
        if wanted and wanted in (name.casefold() for name in (test.code, test.loinc, *test.aliases)):
            return test
    return None


def find_panel(catalog: Catalog, code_or_alias: str) -> Panel | None:
    """The panel of this indication code or alias; an alias M86 also stands for the ICD-10 codes M86.*."""
    wanted = code_or_alias.strip().casefold()
    for panel in catalog.panels.values():
        for name in (panel.indication.casefold(), *(alias.casefold() for alias in panel.aliases)):
            if wanted == name or wanted.startswith(f"{name}."):
                return panel
    return None


def offered_tests(catalog: Catalog, panel: Panel, *, age_years: float | None) -> tuple[Test, ...]:
    """The panel's tests in order of priority, without those that are for younger children only.

    An unknown age leaves all of them.
    """
    tests = (catalog.tests[code] for code in (*panel.required, *panel.offered))
    return tuple(test for test in tests if not _outgrown(test, age_years))


def _outgrown(test: Test, age_years: float | None) -> bool:
    return test.below_years is not None and age_years is not None and age_years >= test.below_years


def match_outside_code(catalog: Catalog, text: str) -> OutsideMatch | None:
    """What the whole text says by the first pattern that it fits; None for none or an impossible date."""
    if len(text) > _LONGEST_OUTSIDE_CODE:
        return None
    for outside in catalog.outside_codes:
        if match := re.fullmatch(outside.pattern, text):
            with suppress(ValueError):
                born = date.fromisoformat(match["birth_date"])
                return OutsideMatch(kind=outside.kind, mrn=match["mrn"], birth_date=born)
    return None
