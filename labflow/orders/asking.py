"""What is asked: a new order's values, what an indication proposes, which tests the catalog knows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import cycle

from ..catalog import Catalog, Panel, Side, Test, Urgency, find_test, offered_tests
from ..foundation.errors import Refused
from .tables import OrderSource

_DAYS_A_YEAR = 365.25


class UnknownIndication(Refused):
    """The catalog knows no indication "{indication}".

    Choose one of: {known}.
    """


@dataclass(frozen=True, kw_only=True)
class AskedTest:
    """A test as it was asked for: by a code of the catalog, an alias or a LOINC code.

    `other_codes` say the same in other coding systems; `placer_number` is the hospital's number of this part.
    """

    code: str
    other_codes: tuple[str, ...] = ()
    text: str = ""
    coding_system: str = ""
    placer_number: str = ""


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """An order as it came in. `ordered_at` is when the clinician ordered, UTC."""

    patient_id: int
    tests: tuple[AskedTest, ...]
    urgency: Urgency
    ordered_at: datetime
    indication: str | None = None
    clinical_text: str = ""
    ordered_by: str = ""
    source: OrderSource = OrderSource.TYPED
    placer_authority: str = ""
    placer_group: str = ""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an indication asks for in this child: tests to take unless deselected, and tests on offer."""

    panel: Panel
    required: tuple[Test, ...]
    offered: tuple[Test, ...]


def asked(*codes: str) -> tuple[AskedTest, ...]:
    """Tests asked for by code, each once."""
    return tuple(AskedTest(code=code) for code in dict.fromkeys(codes))


def panel_of(catalog: Catalog, indication: str) -> Panel:
    """The panel of this indication code; raises UnknownIndication."""
    try:
        return catalog.panels[indication]
    except KeyError:
        raise UnknownIndication(indication=indication[:40], known=", ".join(catalog.panels)) from None


def propose(catalog: Catalog, indication: str, *, birth_date: date | None, today: date) -> Proposal:
    """The tests of an indication, in order of priority, without those for younger children only."""
    panel = panel_of(catalog, indication)
    age_years = (today - birth_date).days / _DAYS_A_YEAR if birth_date else None
    tests = offered_tests(catalog, panel, age_years=age_years)
    return Proposal(
        panel=panel,
        required=tuple(test for test in tests if test.code in panel.required),
        offered=tuple(test for test in tests if test.code not in panel.required),
    )


def known_test(catalog: Catalog, one: AskedTest) -> Test | None:
    """The one test that the codes mean; None when the catalog knows none, or when they mean several."""
    found = {test.code: test for code in (one.code, *one.other_codes) if (test := find_test(catalog, code))}
    return next(iter(found.values())) if len(found) == 1 else None


def sided(
    panel: Panel | None, tests: Sequence[tuple[AskedTest, Test]]
) -> Iterator[tuple[AskedTest, Test, Side | None]]:
    """The tests with the side they are done on: what the panel wants from both sides comes once for each.

    What was asked for more than once already (each side its own line) takes the sides in turn.
    """
    times = Counter(test.code for _, test in tests)
    turn = {code: cycle((Side.LEFT, Side.RIGHT)) for code in times}
    for one, test in tests:
        if panel is None or test.code not in panel.both_sides:
            yield one, test, None
            continue
        for _ in range(2 if times[test.code] == 1 else 1):
            yield one, test, next(turn[test.code])
