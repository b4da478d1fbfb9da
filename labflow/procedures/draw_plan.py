"""The draw plan: which pulls in which order fill what, and what that is of the child's blood volume. Pure.

Films come first, then what only a small first pull can answer, then the rest by its place in the order of
pulls (DOMAIN 2.2). Cores come from another track and need no millilitres.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from ..catalog import BloodVolume, Container, Side, VolumeLimits
from .parts import Part, Wanted, exact, parts_of
from .volume import Child, VolumeCheck, blood_volume_ml, check_volume


@dataclass(frozen=True, kw_only=True)
class PlannedPull:
    """One pull to make. `reposition` asks for the needle to be moved first; no `side` means either."""

    number: int
    side: Side | None
    parts: tuple[Part, ...]
    minimum_ml: Decimal
    ideal_ml: Decimal
    reposition: bool


@dataclass(frozen=True, kw_only=True)
class DrawPlan:
    """Pulls in order and cores; totals at minimum and at ideal; what nothing can serve; what is not known."""

    pulls: tuple[PlannedPull, ...]
    cores: tuple[Part, ...]
    unserved: tuple[Wanted, ...]
    minimum: VolumeCheck
    ideal: VolumeCheck
    estimated_blood_ml: Decimal | None
    weight_known: bool
    age_known: bool


def plan_draw(
    wanted: Iterable[Wanted],
    child: Child,
    *,
    containers: Mapping[str, Container],
    blood_volumes: Sequence[BloodVolume],
    limits: VolumeLimits,
    on: date,
    blood_drawn_ml: Decimal = Decimal(0),
) -> DrawPlan:
    """The plan for these tests on this child; blood drawn at the same visit counts."""
    found = parts_of(wanted, containers)
    pulls = _pulls([part for part in found.parts if part.is_aspirate], exact(limits.first_pull_ml))
    estimated = blood_volume_ml(blood_volumes, child, on)
    minimum = sum((pull.minimum_ml for pull in pulls), blood_drawn_ml)
    ideal = sum((pull.ideal_ml for pull in pulls), blood_drawn_ml)
    return DrawPlan(
        pulls=pulls,
        cores=tuple(part for part in found.parts if not part.is_aspirate),
        unserved=found.unserved,
        minimum=check_volume(minimum, estimated, limits),
        ideal=check_volume(ideal, estimated, limits),
        estimated_blood_ml=estimated,
        weight_known=child.weight_kg is not None,
        age_known=child.birth_date is not None,
    )


def _pulls(parts: Sequence[Part], first_pull_ml: Decimal) -> tuple[PlannedPull, ...]:
    """Side by side; what may come from either side is drawn with the first."""
    sides: list[Side | None] = [*sorted({part.side for part in parts if part.side})] or [None]
    pulls: list[PlannedPull] = []
    for side in sides:
        here = [part for part in parts if part.side == side or (part.side is None and side == sides[0])]
        for ordinal, filled in enumerate(_in_order(here, first_pull_ml)):
            pulls.append(_pull(len(pulls) + 1, side, filled, first_pull_ml, reposition=ordinal > 0))
    return tuple(pulls)


def _in_order(parts: Sequence[Part], first_pull_ml: Decimal) -> list[list[Part]]:
    """The parts of each pull of one side."""
    first = _first_pull(parts, first_pull_ml)
    rest = sorted((part for part in parts if part not in first), key=lambda part: max(part.pull, 2))
    later = [list(group) for _, group in groupby(rest, key=lambda part: max(part.pull, 2))]
    return [first, *later] if first else later


def _first_pull(parts: Sequence[Part], first_pull_ml: Decimal) -> list[Part]:
    """Films and what only the first pull answers; other early parts while the pull stays small."""
    first = [part for part in parts if part.pull == 1]
    first.sort(key=lambda part: (not part.is_films, not part.first_pull_only))
    chosen: list[Part] = []
    for part in first:
        fits = sum((one.ideal_ml for one in (*chosen, part)), Decimal(0)) <= first_pull_ml
        if part.is_films or part.first_pull_only or fits or not chosen:
            chosen.append(part)
    return chosen


def _pull(
    number: int, side: Side | None, parts: Sequence[Part], first_pull_ml: Decimal, *, reposition: bool
) -> PlannedPull:
    minimum = sum((part.minimum_ml for part in parts), Decimal(0))
    ideal = sum((part.ideal_ml for part in parts), Decimal(0))
    if any(part.first_pull_only for part in parts):
        ideal = max(minimum, min(ideal, first_pull_ml))
    return PlannedPull(
        number=number,
        side=side,
        parts=tuple(parts),
        minimum_ml=minimum,
        ideal_ml=ideal,
        reposition=reposition,
    )
