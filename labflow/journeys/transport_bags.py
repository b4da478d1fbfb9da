"""What a bag or rack is shown as: what was expected, what was scanned, and what is missing, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from .. import custody, samples
from ..catalog import Catalog, Temperature, reason_words
from ..custody import Bag, BagState, Content, InBag
from ..samples import Sample


@dataclass(frozen=True, kw_only=True)
class BagSample:
    """A sample that was packed into a bag or rack, and what is known of it there.

    `name` is "tube 3 (EDTA)". `missing_since` and `reason` say that the bag was closed without it.
    """

    code: str
    case_number: str
    number: int
    container: str
    name: str
    state: InBag
    missing_since: datetime | None
    reason: str | None
    holder: str | None
    place: str | None

    @property
    def arrived(self) -> bool:
        return self.state in (InBag.ARRIVED, InBag.STRAGGLER)


@dataclass(frozen=True, kw_only=True)
class BagCard:
    """A bag or rack with what was packed into it; `missing_words` names what was not scanned."""

    code: str
    is_rack: bool
    state: BagState
    temperature: Temperature
    opened_at: datetime
    handed_over_at: datetime | None
    received_at: datetime | None
    reconciled_at: datetime | None
    checked_since: datetime | None
    from_place: str | None
    place: str | None
    closable: bool
    samples: tuple[BagSample, ...]
    missing_words: str

    @property
    def thing(self) -> str:
        return "Rack" if self.is_rack else "Bag"

    @property
    def expected(self) -> tuple[BagSample, ...]:
        """Everything but what somebody took out of the rack."""
        return tuple(sample for sample in self.samples if sample.state != InBag.OUT)

    @property
    def scanned(self) -> int:
        return sum(sample.arrived for sample in self.samples)

    @property
    def missing(self) -> tuple[BagSample, ...]:
        """Expected and not scanned."""
        return tuple(sample for sample in self.expected if not sample.arrived)

    @property
    def counted(self) -> bool:
        """Whether anybody counts: before that nothing is missing."""
        return self.closable or self.scanned > 0 or any(one.state == InBag.MISSING for one in self.samples)

    @property
    def sentence(self) -> str:
        """`Bag T52 · 6 expected · 4 scanned · missing: tube 3 (EDTA), slides 7 and 8`."""
        if not self.counted:
            return f"{self.thing} {self.code} · {len(self.expected)} in it"
        missing = f"missing: {self.missing_words}" if self.missing else "nothing is missing"
        counts = f"{len(self.expected)} expected · {self.scanned} scanned"
        return f"{self.thing} {self.code} · {counts} · {missing}"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A sample that a bag or rack was closed without, and that nobody scanned since."""

    bag: str
    sample: BagSample


def card_of(session: Session, catalog: Catalog, bag: Bag) -> BagCard:
    return cards_of(session, catalog, [bag])[0]


def cards_of(session: Session, catalog: Catalog, bags: Sequence[Bag]) -> list[BagCard]:
    """The cards of many bags at once."""
    contents = custody.contents_of_all(session, catalog, bags)
    return [_card(catalog, bag, contents[bag.id]) for bag in bags]


def _card(catalog: Catalog, bag: Bag, contents: Sequence[Content]) -> BagCard:
    return BagCard(
        code=bag.code,
        is_rack=bag.is_rack,
        state=bag.state,
        temperature=bag.temperature,
        opened_at=bag.opened_at,
        handed_over_at=bag.handed_over_at,
        received_at=bag.received_at,
        reconciled_at=bag.reconciled_at,
        checked_since=bag.check_began_at,
        from_place=bag.from_place,
        place=bag.stands_at if bag.is_rack else None,
        closable=custody.being_checked(bag),
        samples=tuple(_sample(catalog, one) for one in contents),
        missing_words=missing_words(catalog, contents),
    )


def missing_words(catalog: Catalog, contents: Sequence[Content]) -> str:
    """What was not scanned, by name; with the case numbers where there are several cases."""
    missing = [one for one in contents if one.state != InBag.OUT and not one.scanned]
    if len({one.case_number for one in contents}) > 1:
        return custody.named_by_case(catalog, missing)
    return custody.named(catalog, [one.sample for one in missing])


def _sample(catalog: Catalog, one: Content) -> BagSample:
    missing = one.stay.is_missing or one.state == InBag.STRAGGLER
    return BagSample(
        code=one.sample.code,
        case_number=one.case_number,
        number=one.sample.number,
        container=container_name(catalog, one.sample),
        name=one.name,
        state=one.state,
        missing_since=one.stay.missing_at if missing else None,
        reason=reason_words(catalog, one.stay.missing_reason or "") if missing else None,
        holder=one.position.holder if one.position else None,
        place=one.position.place if one.position else None,
    )


def missing_of(session: Session, catalog: Catalog, *, limit: int) -> list[Missing]:
    """Every sample that is missing, the longest first."""
    found = custody.missing_anywhere(session, catalog, limit=limit)
    return [Missing(bag=bag.code, sample=_sample(catalog, one)) for bag, one in found]


def container_name(catalog: Catalog, sample: Sample) -> str:
    """What people call the sample's container; its code when the catalog dropped it since."""
    container = catalog.containers.get(sample.container)
    return container.name if container else sample.container


def case_numbers(session: Session, of: Sequence[Sample]) -> dict[int, str]:
    """Case number by case row, for many samples at once."""
    cases = {sample.case_id for sample in of}
    rows = session.exec(select(samples.Case.id, samples.Case.number).where(col(samples.Case.id).in_(cases)))
    return dict(rows.all())
