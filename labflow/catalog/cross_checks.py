"""Faults that show only when the parts of a configuration are held against each other. Pure.

The document is the valid part of the file with defaults filled in: what is missing or has the wrong type was
told already and is passed over here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from . import code_checks, label_checks, printer_checks, receiver_checks, witnesses
from .faults import Fault
from .kinds import CardAction, FieldKind, ReasonUse, StepKind

Row = Mapping[str, Any]

# (table, setting, table that it refers to)
_REFERENCES = (
    ("tests", "queue", "queues"),
    ("tests", "containers", "containers"),
    ("tests", "uses_samples_of", "tests"),
    ("tests", "may_share_with", "tests"),
    ("panels", "required", "tests"),
    ("panels", "offered", "tests"),
    ("panels", "both_sides", "tests"),
    ("queues", "place", "places"),
    ("printers", "places", "places"),
    ("printers", "designs", "label_designs"),
    ("label_designs", "containers", "containers"),
)
# (table, setting that is at most the next one)
_AT_MOST = (
    ("tests", "minimum_ml", "ideal_ml"),
    ("tests", "minimum_pieces", "pieces"),
    ("tests.target", "urgent_hours", "routine_hours"),
    ("tests.target", "preliminary_urgent_hours", "urgent_hours"),
    ("tests.target", "preliminary_routine_hours", "routine_hours"),
    ("tests.result_fields", "minimum", "maximum"),
)
_LESS_THAN = (
    ("warn_percent", "reason_percent"),
    ("reason_percent", "block_percent"),
    ("first_pull_ml", "largest_pull_ml"),
)
_CHECKLISTS = ("time_out", "asepsis", "pressure", "observation")


def cross_faults(document: Row) -> list[Fault]:
    """Every fault across the tables of the document."""
    checks = (
        *_CHECKS,
        *code_checks.CHECKS,
        *label_checks.CHECKS,
        *printer_checks.CHECKS,
        *receiver_checks.CHECKS,
        *witnesses.CHECKS,
    )
    return [fault for check in checks for fault in check(document)]


def rows(document: Row, name: str) -> Iterator[tuple[str, Row]]:
    """The rows of a table with their key paths; `tests.steps` walks the list or table in each row."""
    table, _, inner = name.partition(".")
    for code, row in document.get(table, {}).items():
        path = f"{table}.{code}"
        if not inner:
            yield path, row
        elif isinstance(within := row.get(inner), list):
            yield from ((f"{path}.{inner}[{number}]", each) for number, each in enumerate(within, 1))
        elif within is not None:
            yield f"{path}.{inner}", within


def _references(document: Row) -> Iterator[Fault]:
    for table, setting, target in _REFERENCES:
        known = document.get(target, {})
        for path, row in rows(document, table):
            for code in _each(row.get(setting)):
                if code not in known:
                    yield Fault(f"{path}.{setting}", f"one of the {target}: {_listed(known)}", code)


def _amounts(document: Row) -> Iterator[Fault]:
    for table, lower, higher in _AT_MOST:
        for path, row in rows(document, table):
            low, high = row.get(lower), row.get(higher)
            if low is not None and high is not None and low > high:
                yield Fault(f"{path}.{lower}", f"at most {higher}, which is {high}", str(low))


def _samples_of_tests(document: Row) -> Iterator[Fault]:
    tests = document.get("tests", {})
    for path, row in rows(document, "tests"):
        reads, containers = row.get("uses_samples_of"), row.get("containers")
        if not reads and containers == []:
            yield Fault(f"{path}.containers", "a container, or uses_samples_of", "neither")
        if reads and containers:
            yield Fault(
                f"{path}.containers", f"none, because uses_samples_of is {reads}", _listed(containers)
            )
        if reads and tests.get(reads, {}).get("uses_samples_of"):
            yield Fault(f"{path}.uses_samples_of", "a test that has containers of its own", reads)
        for number, limit in enumerate(row.get("stability", ()), 1):
            if "container" in limit and containers and limit["container"] not in containers:
                expected = f"one of this test's containers: {_listed(containers)}"
                yield Fault(f"{path}.stability[{number}].container", expected, limit["container"])


def _steps_and_fields(document: Row) -> Iterator[Fault]:
    for path, step in rows(document, "tests.steps"):
        making = step.get("kind") in (StepKind.MAKE_SLIDES, StepKind.MAKE_ALIQUOTS)
        if making != bool(step.get("makes")) and "kind" in step:
            expected = "1 or more where slides or aliquots are made, else none"
            yield Fault(f"{path}.makes", expected, str(step.get("makes")))
    for path, field in rows(document, "tests.result_fields"):
        if (field.get("kind") == FieldKind.CHOICE) != bool(field.get("choices")) and "kind" in field:
            expected = "choices for a field of kind choice, and only there"
            yield Fault(f"{path}.choices", expected, _listed(field.get("choices") or ()))


def _panels(document: Row) -> Iterator[Fault]:
    tests = document.get("tests", {})
    for path, row in rows(document, "panels"):
        required = row.get("required", [])
        named = [*required, *row.get("offered", ())]
        yield from _once(named, f"{path}.offered", "each test once, required or offered")
        for code in row.get("both_sides", ()):
            if code in named:
                continue
            yield Fault(f"{path}.both_sides", "tests that the panel requires or offers", code)
        for code in named:
            source = tests.get(code, {}).get("uses_samples_of")
            within = required if code in required else named
            if source not in within and tests.get(source, {}).get("containers"):
                yield Fault(path, f"{source} too, because {code} reads its samples", _listed(within))


def _said_once(document: Row) -> Iterator[Fault]:
    for path, row in rows(document, "tests"):
        yield from _once(row.get("containers", ()), f"{path}.containers", "each container once")
        yield from _once(_codes(row.get("steps", ())), f"{path}.steps", "each code once")
        yield from _once(_codes(row.get("result_fields", ())), f"{path}.result_fields", "each code once")
    for name, items in document.get("checklists", {}).items():
        yield from _once(_codes(items), f"checklists.{name}", "each code once")
    for table in ("tests", "panels"):
        yield from _aliases(document, table)


def _aliases(document: Row, table: str) -> Iterator[Fault]:
    """An order must never find two tests or two panels under one name."""
    owner: dict[str, str] = {code.casefold(): code for code in document.get(table, {})}
    for path, row in rows(document, table):
        code = path.removeprefix(f"{table}.")
        for alias in dict.fromkeys([*filter(None, [row.get("loinc")]), *row.get("aliases", ())]):
            other = owner.setdefault(alias.casefold(), code)
            if other != code:
                yield Fault(f"{path}.aliases", f"names that {other} does not have", alias)


def _limits(document: Row) -> Iterator[Fault]:
    limits = document.get("volume_limits", {})
    for lower, higher in _LESS_THAN:
        low, high = limits.get(lower), limits.get(higher)
        if low is not None and high is not None and low >= high:
            yield Fault(f"volume_limits.{lower}", f"less than {higher}, which is {high}", str(low))
    ages = [row["from_months"] for row in document.get("blood_volumes", ()) if "from_months" in row]
    if ages[:1] != [0] or any(younger >= older for younger, older in pairwise(ages)):
        yield Fault("blood_volumes", "ages in months, ascending from 0", _listed(ages))


def _packing(document: Row) -> Iterator[Fault]:
    containers = document.get("containers", {})
    hazards = {row["hazard"] for row in containers.values() if row.get("hazard")}
    known = [*containers, *sorted(hazards)]
    for number, rule in enumerate(document.get("packing_rules", ()), 1):
        for setting in ("these", "those"):
            for name in rule.get(setting, ()):
                if name not in known:
                    path = f"packing_rules[{number}].{setting}"
                    yield Fault(path, f"one of the containers or hazards: {_listed(known)}", name)


def _complete(document: Row) -> Iterator[Fault]:
    """What pages need one of: a reason for every use, and the four checklists."""
    given = Counter(use for _, row in rows(document, "reasons") for use in row.get("uses", ()))
    for use in ReasonUse:
        if not given[use]:
            yield Fault("reasons", f"a reason for the use {use}", "none")
    for name in _CHECKLISTS:
        if not document.get("checklists", {}).get(name):
            yield Fault(f"checklists.{name}", "a list of check items", "nothing")


def _card_actions(document: Row) -> Iterator[Fault]:
    for path, card in rows(document, "do_cards"):
        if card.get("action", CardAction.END) not in set(CardAction):
            yield Fault(f"{path}.action", f"one of {_listed(CardAction)}", card["action"])
        if card.get("count") and card.get("action") != CardAction.MAKE_SLIDES:
            yield Fault(f"{path}.count", "a count on cards that make slides only", str(card["count"]))
        if (reason := card.get("reason")) and reason not in _reasons_of(document, card.get("action", "")):
            yield Fault(f"{path}.reason", f"a reason for {card.get('action')}", reason)


def _reasons_of(document: Row, action: str) -> set[str]:
    """The reasons that the cards of this action may carry."""
    return {code for code, row in document.get("reasons", {}).items() if action in row.get("uses", ())}


def _calendar(document: Row) -> Iterator[Fault]:
    calendar = document.get("calendar", {})
    opens, closes = calendar.get("opens"), calendar.get("closes")
    if opens and closes and opens >= closes:
        yield Fault("calendar.opens", f"a time before closes, which is {closes}", str(opens))
    if calendar.get("weekdays") == []:
        yield Fault("calendar.weekdays", "a working day", "none")
    yield from _once(calendar.get("weekdays", ()), "calendar.weekdays", "each weekday once")


def _once(values: Iterable[Any], path: str, expected: str) -> Iterator[Fault]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Fault(path, expected, f"{value} {count} times")


def _codes(listed: Iterable[Row]) -> list[str]:
    return [row["code"] for row in listed if "code" in row]


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values) or "none"


_CHECKS: tuple[Callable[[Row], Iterator[Fault]], ...] = (
    _references,
    _amounts,
    _samples_of_tests,
    _steps_and_fields,
    _panels,
    _said_once,
    _limits,
    _packing,
    _complete,
    _card_actions,
    _calendar,
)
