"""What labels say: every label of labflow is built here, whatever prints it (DOMAIN 4.1, CLSI AUTO12)."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..catalog import Catalog, LabelDesign, LabelUse, Place, SampleKind
from ..foundation.errors import Conflict
from ..foundation.wording import date_words, datetime_words, full_name, mrn
from ..patients import Patient
from ..samples import Case, Sample

_TO_FILL_IN = ("Name", "MRN", "Born", "Collected")


class NoLabelDesign(Conflict):
    """No label design is configured for a {kind}.

    Ask the administrator to add one.
    """


class UnknownLabelDesign(Conflict):
    """There is no label design {design} for this.

    Choose one of the list.
    """


@dataclass(frozen=True, kw_only=True)
class LabelContent:
    """The texts of one label in the order of their importance. `code` is what bars and matrix hold.

    `identified_by`: without these and the name it is not printed, where `must_identify`. `details` are left
    out from the last on where there is no room. `beside_code` leads to the child: case number and number of
    the sample. `to_fill_in`: the identifiers are blank lines for a pen.
    """

    code: str
    design: LabelDesign
    name: str
    identified_by: tuple[str, ...] = ()
    must_identify: bool = True
    details: tuple[str, ...] = ()
    beside_code: str = ""
    to_fill_in: bool = False


def label_content(
    catalog: Catalog,
    patient: Patient,
    case: Case,
    sample: Sample,
    *,
    pull_number: int | None,
    design: str | None = None,
) -> LabelContent:
    """The label of a sample in its usual design or in another; raises NoLabelDesign, UnknownLabelDesign."""
    made_here = sample.parent_id is not None
    what, collected = _what(catalog, sample), _collected(catalog, sample)
    origin = _origin(catalog, sample, pull_number)
    details = (what, origin, collected) if made_here else (collected, what, origin)
    return LabelContent(
        code=sample.code,
        design=_chosen(catalog, design) if design else design_for(catalog, sample),
        name=full_name(patient.family_name, patient.given_name),
        identified_by=(f"MRN {mrn(patient.mrn)}", f"Born {date_words(patient.birth_date)}"),
        must_identify=not made_here,
        details=tuple(detail for detail in details if detail),
        beside_code=f"{case.number} · {sample.number:02d}",
    )


def kit_content(catalog: Catalog, *, code: str, kit: str, container: str) -> LabelContent:
    """A label of a downtime kit: a reserved code, and lines on which the child is written with a pen."""
    design = _design(catalog, container, catalog.containers[container].kind, made_here=False)
    name = catalog.containers[container].name
    return LabelContent(
        code=code, design=design, name=name, identified_by=_TO_FILL_IN, beside_code=kit, to_fill_in=True
    )


def bag_content(catalog: Catalog, code: str) -> LabelContent:
    """The label of a bag or a rack; raises NoLabelDesign."""
    laboratory = catalog.laboratory
    name = "Rack of samples" if code.startswith("R") else "Bag of samples"
    details = (laboratory.name, laboratory.address, laboratory.telephone)
    return LabelContent(
        code=code, design=_of_use(catalog, LabelUse.BAG), name=name, details=tuple(filter(None, details))
    )


def place_content(catalog: Catalog, place: Place) -> LabelContent:
    """The card of a place; raises NoLabelDesign."""
    details = (place.kind.capitalize(), f"Kept {place.temperature}" if place.keeps else "")
    return LabelContent(
        code=place.code,
        design=_of_use(catalog, LabelUse.PLACE),
        name=place.name,
        details=tuple(filter(None, details)),
    )


def badge_content(catalog: Catalog, *, code: str, name: str, roles: str) -> LabelContent:
    """The badge of a person; raises NoLabelDesign."""
    details = tuple(filter(None, (roles, catalog.laboratory.name)))
    return LabelContent(code=code, design=_of_use(catalog, LabelUse.BADGE), name=name, details=details)


def design_for(catalog: Catalog, sample: Sample) -> LabelDesign:
    """The first design that names the sample's container, else its kind; raises NoLabelDesign."""
    return _design(catalog, sample.container, sample.kind, made_here=sample.parent_id is not None)


def chosen_design(catalog: Catalog, sample: Sample, code: str | None) -> LabelDesign:
    """The design of this code for a sample's label, or its usual one; raises UnknownLabelDesign."""
    return _chosen(catalog, code) if code else design_for(catalog, sample)


def _design(catalog: Catalog, container: str, kind: SampleKind, *, made_here: bool) -> LabelDesign:
    designs = [one for one in catalog.label_designs.values() if one.laboratory_made in (None, made_here)]
    by_container = [design for design in designs if container in design.containers]
    by_kind = [design for design in designs if kind in design.for_kinds]
    for design in (*by_container, *by_kind):
        return design
    raise NoLabelDesign(kind=kind.value)


def _chosen(catalog: Catalog, code: str) -> LabelDesign:
    design = catalog.label_designs.get(code)
    if design is None or design.use != LabelUse.SAMPLE:
        raise UnknownLabelDesign(design=code[:20])
    return design


def _of_use(catalog: Catalog, use: LabelUse) -> LabelDesign:
    for design in catalog.label_designs.values():
        if design.use == use:
            return design
    raise NoLabelDesign(kind=use.value)


def _what(catalog: Catalog, sample: Sample) -> str:
    """A tube by its container, a stained slide by its stain."""
    container = catalog.containers.get(sample.container)
    if sample.kind == SampleKind.SLIDE and sample.stain:
        return sample.stain
    words = container.name if container else sample.container
    return " ".join(part for part in (words, sample.stain) if part)


def _collected(catalog: Catalog, sample: Sample) -> str:
    if sample.collected_at is None:
        return ""
    return f"Collected {datetime_words(sample.collected_at, ZoneInfo(catalog.calendar.time_zone))}"


def _origin(catalog: Catalog, sample: Sample, pull_number: int | None) -> str:
    site = catalog.sites.get(sample.site)
    words = [sample.side.value.capitalize() if sample.side else "", site.name if site else sample.site]
    pull = f"pull {pull_number}" if pull_number else ""
    return ", ".join(part for part in (" ".join(word for word in words if word), pull) if part)
