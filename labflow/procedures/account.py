"""The operator's account of a procedure, and what makes one impossible. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ..catalog import Catalog, CheckItem, Side
from ..foundation.act import possible_time
from ..foundation.errors import Refused
from .parts import exact
from .sites import require_site
from .tables import Outcome, Particles


class ChecklistIncomplete(Refused):
    """The checklist is not complete: {missing}.

    Do what is missing, tick it, and go on.
    """


class ImpossibleVolume(Refused):
    """A pull of {volume} mL cannot be right: one pull is more than 0 and at most {largest} mL.

    Correct the volume.
    """


class ImpossibleTimes(Refused):
    """The procedure cannot end before it began.

    Correct the times.
    """


class ImpossibleAttempts(Refused):
    """{attempts} attempts cannot be right: one puncture at least, 20 at most.

    Correct the number of attempts.
    """


class OutcomeContradicted(Refused):
    """The outcome "{outcome}" does not fit: {why}.

    Correct the outcome, the pulls or the cores.
    """


class UnknownChoice(Refused):
    """ "{choice}" is not one of the laboratory's choices for {what}.

    Choose one of: {choices}.
    """


@dataclass(frozen=True, kw_only=True)
class NewPull:
    """One draw through the needle; `pulled_at` None means when the procedure ended."""

    site: str
    side: Side
    volume_ml: Decimal
    needle_repositioned: bool = False
    particles: Particles = Particles.NOT_CHECKED
    pulled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewCore:
    """A core that was taken."""

    site: str
    side: Side


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the operator tells of the procedure. Times are UTC, volumes millilitres."""

    outcome: Outcome
    anaesthesia: str
    began_at: datetime
    ended_at: datetime
    checked: tuple[str, ...]
    pulls: tuple[NewPull, ...] = ()
    cores: tuple[NewCore, ...] = ()
    attempts: int = 1
    complications: tuple[str, ...] = ()
    site_reason: str = ""
    volume_reason: str = ""
    blood_drawn_ml: Decimal = Decimal(0)
    antimicrobial_at: datetime | None = None
    note: str = ""

    @property
    def punctures(self) -> set[tuple[str, Side]]:
        """Every site and side that a needle went into."""
        pulls = {(pull.site, pull.side) for pull in self.pulls}
        return pulls | {(core.site, core.side) for core in self.cores}

    @property
    def drawn_ml(self) -> Decimal:
        """Marrow and blood of this visit."""
        return sum((pull.volume_ml for pull in self.pulls), self.blood_drawn_ml)


def before_items(catalog: Catalog) -> list[CheckItem]:
    """What is ticked before the needle goes in: time-out and asepsis."""
    return [*catalog.checklists["time_out"], *catalog.checklists["asepsis"]]


def observation_items(catalog: Catalog) -> list[CheckItem]:
    """What is done and watched afterwards: pressure and observation. It never holds up the samples."""
    return [*catalog.checklists["pressure"], *catalog.checklists["observation"]]


def require_possible(account: Account, catalog: Catalog, *, now: datetime) -> None:
    """Passes an account that can be true and is complete; each fault raises its own rule."""
    _require_checklist(before_items(catalog), account.checked)
    _require_choice(account.anaesthesia, "anaesthesia", catalog.anaesthesia)
    for complication in account.complications:
        _require_choice(complication, "complications", catalog.complications)
    if not 1 <= account.attempts <= 20:
        raise ImpossibleAttempts(attempts=account.attempts)
    for site, side in account.punctures:
        require_site(catalog.sites, site, side)
    require_possible_pulls(account.pulls, catalog)
    if not 0 <= account.blood_drawn_ml <= 1000:
        raise ImpossibleVolume(volume=account.blood_drawn_ml, largest=1000)
    _require_outcome(account)
    _require_times(account, now)


def require_possible_pulls(pulls: tuple[NewPull, ...], catalog: Catalog) -> None:
    """Raises ImpossibleVolume for a pull of nothing, or of more than one syringe gives."""
    largest = exact(catalog.volume_limits.largest_pull_ml)
    for pull in pulls:
        if not 0 < pull.volume_ml <= largest:
            raise ImpossibleVolume(volume=pull.volume_ml, largest=largest)


def _require_checklist(items: list[CheckItem], checked: tuple[str, ...]) -> None:
    for code in checked:
        _require_choice(code, "the checklist", {item.code: item.name for item in items})
    missing = [item.name for item in items if item.required and item.code not in checked]
    if missing:
        raise ChecklistIncomplete(missing="; ".join(missing))


def _require_choice(choice: str, what: str, choices: Mapping[str, str]) -> None:
    if choice not in choices:
        raise UnknownChoice(choice=choice[:40], what=what, choices=", ".join(choices))


def _require_outcome(account: Account) -> None:
    why = ""
    if account.outcome == Outcome.OBTAINED and not (account.pulls or account.cores):
        why = "there is neither a pull nor a core"
    if account.outcome == Outcome.DRY_TAP and account.pulls:
        why = "a dry tap has no pulls"
    if why:
        raise OutcomeContradicted(outcome=account.outcome.value.replace("_", " "), why=why)


def _require_times(account: Account, now: datetime) -> None:
    told = [
        account.began_at,
        account.ended_at,
        *(pull.pulled_at or account.ended_at for pull in account.pulls),
    ]
    for moment in told:
        possible_time(moment, now=now)
    if account.ended_at < account.began_at:
        raise ImpossibleTimes
