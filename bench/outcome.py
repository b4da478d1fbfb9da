"""What was measured against which bar, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True)
class Bar:
    """The most (or, with `at_least`, the least) that a value may be."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One measure: the median of its repetitions with the least and the most, and the figures behind it."""

    name: str
    value: float
    low: float
    high: float
    bar: Bar
    figures: str

    @property
    def ok(self) -> bool:
        return self.bar.holds(self.value)


def of_repetitions(name: str, values: Sequence[float], bar: Bar, figures: str) -> Outcome:
    """The median of one value (mostly a ratio) a repetition."""
    return Outcome(
        name=name, value=median(values), low=min(values), high=max(values), bar=bar, figures=figures
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def table(outcomes: Iterable[Outcome]) -> str:
    """One line for each measure."""
    rows = [("measure", "median", "min", "max", "bar", "", "figures behind it (medians)")]
    rows += [
        (
            one.name,
            f"{one.value:.3g}",
            f"{one.low:.3g}",
            f"{one.high:.3g}",
            str(one.bar),
            "ok" if one.ok else "MISSED",
            one.figures,
        )
        for one in outcomes
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def as_json(outcomes: Iterable[Outcome]) -> str:
    """Name to value, bar and whether it holds."""
    found = {one.name: {"value": round(one.value, 4), "bar": one.bar.limit, "ok": one.ok} for one in outcomes}
    return json.dumps(found, indent=2) + "\n"
