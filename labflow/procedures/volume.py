"""How much may be drawn: a share of the child's estimated blood volume (DOMAIN 2.3). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ..catalog import BloodVolume, VolumeLimits
from ..foundation.errors import Conflict, Refused
from .parts import exact


class VolumeNeedsReason(Refused):
    """The draw is {percent} % of the estimated blood volume, more than the {limit} % that need a reason.

    Give the reason.
    """


class VolumeBlocked(Conflict):
    """The draw is {percent} % of the estimated blood volume, more than the {limit} % allowed.

    Somebody who may override the limit has to confirm it, with a reason.
    """


class VolumeLevel(StrEnum):
    FINE = "fine"
    WARN = "warn"
    REASON = "reason"
    BLOCK = "block"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Child:
    """What the limits need to know of the child; None is not known."""

    birth_date: date | None
    weight_kg: Decimal | None

    def age_months(self, on: date) -> int | None:
        """Whole months of age, None without a birth date."""
        if self.birth_date is None:
            return None
        months = (on.year - self.birth_date.year) * 12 + on.month - self.birth_date.month
        return months - (on.day < self.birth_date.day)


@dataclass(frozen=True, kw_only=True)
class VolumeCheck:
    """Millilitres against the limits; `percent` of the estimated blood volume, None when not known."""

    ml: Decimal
    percent: Decimal | None
    level: VolumeLevel


def blood_volume_ml(table: Sequence[BloodVolume], child: Child, on: date) -> Decimal | None:
    """The child's estimated blood volume; None without weight or age."""
    months = child.age_months(on)
    if months is None or child.weight_kg is None:
        return None
    reached = [row for row in table if row.from_months <= max(months, 0)]
    if not reached:
        return None
    return exact(max(reached, key=lambda row: row.from_months).ml_per_kg) * child.weight_kg


def check_volume(ml: Decimal, estimated_ml: Decimal | None, limits: VolumeLimits) -> VolumeCheck:
    """The draw of one visit against the limits; a share that equals a limit is still within it."""
    if not estimated_ml:
        return VolumeCheck(ml=ml, percent=None, level=VolumeLevel.UNKNOWN)
    percent = 100 * ml / estimated_ml
    return VolumeCheck(ml=ml, percent=percent, level=_level(percent, limits))


def require_within_limits(check: VolumeCheck, limits: VolumeLimits, *, reason: str, overridden: bool) -> None:
    """Raises VolumeNeedsReason or VolumeBlocked; what cannot be checked passes."""
    percent = f"{check.percent or 0:.1f}"
    if check.level == VolumeLevel.BLOCK and not overridden:
        raise VolumeBlocked(percent=percent, limit=limits.block_percent)
    if check.level in (VolumeLevel.REASON, VolumeLevel.BLOCK) and not reason.strip():
        raise VolumeNeedsReason(percent=percent, limit=limits.reason_percent)


def _level(percent: Decimal, limits: VolumeLimits) -> VolumeLevel:
    if percent > exact(limits.block_percent):
        return VolumeLevel.BLOCK
    if percent > exact(limits.reason_percent):
        return VolumeLevel.REASON
    if percent > exact(limits.warn_percent):
        return VolumeLevel.WARN
    return VolumeLevel.FINE
