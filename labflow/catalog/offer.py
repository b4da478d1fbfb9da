"""What one laboratory offers, as plain values. Pure: no clock, no database, no file.

Units are in the names: `_ml`, `_hours`, `_months`, `_percent`. Everything here is configuration with a source
and an owner (config.example.toml); no figure of medicine stands in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from .kinds import (
    FieldKind,
    Hours,
    PlaceKind,
    ReasonUse,
    SampleKind,
    Side,
    StepKind,
    Temperature,
    Urgency,
)
from .labelling import LabelDesign, Printer
from .receivers import Receiver
from .witnesses import Witness


@dataclass(frozen=True, kw_only=True)
class Container:
    """A tube, bottle, slide or pot that a pull is filled into. `hazard` is "formalin" or nothing."""

    code: str
    name: str
    kind: SampleKind
    additive: str = ""
    additive_hl7: str = ""
    snomed: str = ""
    capacity_ml: float | None = None
    hazard: str = ""


@dataclass(frozen=True, kw_only=True)
class Stability:
    """How long a test may be started after collection in this container at this temperature."""

    container: str
    temperature: Temperature
    hours: float


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step at the bench, in the order of the test. `makes`: how many children a making step proposes."""

    code: str
    name: str
    kind: StepKind = StepKind.WORK
    makes: int = 0


@dataclass(frozen=True, kw_only=True)
class ResultField:
    """One structured field of a test's result; the numbers marked `share` add up to 100 %."""

    code: str
    name: str
    kind: FieldKind
    unit: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    share: bool = False
    loinc: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Turnaround from receipt in the laboratory, by urgency; `preliminary` where a first answer is owed."""

    urgent_hours: float
    routine_hours: float
    preliminary_urgent_hours: float | None = None
    preliminary_routine_hours: float | None = None
    hours: Hours = Hours.CALENDAR

    def hours_for(self, urgency: Urgency) -> float:
        return self.urgent_hours if urgency == Urgency.URGENT else self.routine_hours


@dataclass(frozen=True, kw_only=True)
class Test:
    """One orderable test. `pull` is its place in the order of pulls (1 first, 9 last).

    `containers` in order of preference; `uses_samples_of` names the test whose samples it reads (a
    differential reads the films) and then it needs no volume; `may_share_with` names tests whose tube may
    serve both.
    """

    code: str
    name: str
    short_name: str
    queue: str
    pull: int
    target: Target | None
    containers: tuple[str, ...] = ()
    minimum_ml: float = 0
    ideal_ml: float = 0
    pieces: int = 1
    minimum_pieces: int = 1
    uses_samples_of: str = ""
    may_share_with: tuple[str, ...] = ()
    below_years: int | None = None
    stability: tuple[Stability, ...] = ()
    never_chilled: bool = False
    first_pull_only: bool = False
    steps: tuple[Step, ...] = ()
    result_fields: tuple[ResultField, ...] = ()
    loinc: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def takes_what_is_left(self) -> bool:
        """Whether it is filled only after all others: a draw plan counts no volume for it."""
        return self.ideal_ml > 0 and self.minimum_ml == 0

    def stable_hours(self, container: str, temperature: Temperature) -> float | None:
        """Hours this test may wait in this container at this temperature; None where no limit is known."""
        for limit in self.stability:
            if limit.container == container and limit.temperature == temperature:
                return limit.hours
        return None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What an indication asks for. Tests stand in order of priority: the first gets its volume first."""

    indication: str
    name: str
    required: tuple[str, ...]
    offered: tuple[str, ...] = ()
    both_sides: tuple[str, ...] = ()
    needs_text: bool = False
    snomed: str = ""
    aliases: tuple[str, ...] = ()

    def priority(self, test: str) -> int:
        """The test's place in the panel, required before offered; tests outside the panel come last."""
        listed = (*self.required, *self.offered)
        return listed.index(test) if test in listed else len(listed)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Where tests wait. `cut_off`: what comes after it is set up the next working day."""

    code: str
    name: str
    short_name: str
    place: str
    cut_off: time | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere a sample can be. `keeps` places hold samples without a person (a fridge, a rack, a hatch).

    `telephone` is whom to call there about a sample that is overdue.
    """

    code: str
    name: str
    kind: PlaceKind
    keeps: bool = False
    temperature: Temperature = Temperature.ROOM
    telephone: str = ""


@dataclass(frozen=True, kw_only=True)
class DoCard:
    """A card whose scan sets the action of the context line (a CardAction), or does it at once.

    `reason` (a coded reason) and `count` (slides to make) come with the action.
    """

    code: str
    action: str
    name: str
    reason: str = ""
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Site:
    """A puncture site, offered in the order of the configuration.

    `below_months`: offered under this age only, otherwise it needs `reason` like a guarded site. `guarded`
    sites show `warning` and need a reason and a second confirmation.
    """

    code: str
    name: str
    snomed: str
    hl7: str
    sides: tuple[Side, ...]
    below_months: int | None = None
    guarded: bool = False
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class BloodVolume:
    """Millilitres of blood a kilogram from this age on (months, inclusive)."""

    from_months: float
    ml_per_kg: float


@dataclass(frozen=True, kw_only=True)
class VolumeLimits:
    """Share of the estimated blood volume in one visit: told, needs a reason, refused without an override.

    `first_pull_ml`: a larger first pull dilutes what tests with `first_pull_only` measure. `largest_pull_ml`:
    more in one pull is a typing error.
    """

    warn_percent: float
    reason_percent: float
    block_percent: float
    first_pull_ml: float
    largest_pull_ml: float


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A coded reason with the HL7 codes it travels as (tables 0490 and 0493)."""

    code: str
    name: str
    uses: tuple[ReasonUse, ...]
    spm21: str = ""
    spm24: str = ""
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckItem:
    """One line of a checklist. `after_hours` (or minutes as a fraction) sets when an observation is due."""

    code: str
    name: str
    required: bool = True
    after_hours: float | None = None


@dataclass(frozen=True, kw_only=True)
class PackingRule:
    """What may not travel together: containers or hazards of `these` never with `those` in one bag."""

    name: str
    these: tuple[str, ...]
    those: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OutsideCode:
    """A code that labflow did not print: its pattern names the groups `mrn` and `birth_date` (YYYYMMDD)."""

    kind: str
    name: str
    pattern: str


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When the laboratory works: weekdays (Monday 0), opening hours, holidays as ISO dates, time zone."""

    time_zone: str
    weekdays: tuple[int, ...]
    opens: time
    closes: time
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """The laboratory itself."""

    name: str
    address: str
    case_prefix: str
    mrn_authority: str
    mrn_pattern: str
    telephone: str


@dataclass(frozen=True, kw_only=True)
class Custody:
    """When a hand-over counts as a gap, a receipt as missing, and an act as entered late (minutes).

    A limit of viability is told `viability_warning_minutes` before it is reached; what stays as it is for
    `escalate_minutes` after it was told is escalated.
    """

    gap_minutes: int
    receipt_minutes: int
    late_minutes: int
    viability_warning_minutes: int
    escalate_minutes: int


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """Everything this laboratory offers. Mappings keep the order of the configuration."""

    laboratory: Laboratory
    calendar: Calendar
    custody: Custody
    containers: Mapping[str, Container]
    tests: Mapping[str, Test]
    panels: Mapping[str, Panel]
    queues: Mapping[str, Queue]
    places: Mapping[str, Place]
    do_cards: Mapping[str, DoCard]
    sites: Mapping[str, Site]
    reasons: Mapping[str, Reason]
    checklists: Mapping[str, tuple[CheckItem, ...]]
    blood_volumes: tuple[BloodVolume, ...]
    volume_limits: VolumeLimits
    anaesthesia: Mapping[str, str]
    complications: Mapping[str, str]
    packing_rules: tuple[PackingRule, ...]
    outside_codes: tuple[OutsideCode, ...]
    label_designs: Mapping[str, LabelDesign]
    printers: Mapping[str, Printer] = field(default_factory=dict)
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
