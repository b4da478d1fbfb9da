"""What a label says: one function builds it, whatever prints it (DOMAIN 4.1, CLSI AUTO12)."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..catalog import Catalog, LabelDesign
from ..foundation.errors import Conflict
from ..foundation.wording import date_words, datetime_words, full_name, mrn
from ..patients import Patient
from ..samples import Case, Sample


class NoLabelDesign(Conflict):
    """No label design is configured for a {kind}.

    Ask the administrator to add one.
    """


@dataclass(frozen=True, kw_only=True)
class LabelContent:
    """The texts of one label, ready to print. `code` is what the bars hold."""

    code: str
    name: str
    mrn: str
    born: str
    origin: str
    container: str
    collected: str
    case_number: str
    number: str
    design: LabelDesign


def label_content(
    catalog: Catalog, patient: Patient, case: Case, sample: Sample, *, pull_number: int | None
) -> LabelContent:
    """The label of a sample; raises NoLabelDesign."""
    container = catalog.containers.get(sample.container)
    return LabelContent(
        code=sample.code,
        name=full_name(patient.family_name, patient.given_name),
        mrn=mrn(patient.mrn),
        born=date_words(patient.birth_date),
        origin=_origin(catalog, sample, pull_number),
        container=" ".join(
            part for part in (container.name if container else sample.container, sample.stain) if part
        ),
        collected=datetime_words(sample.collected_at, ZoneInfo(catalog.calendar.time_zone)),
        case_number=case.number,
        number=f"{sample.number:02d}",
        design=design_for(catalog, sample),
    )


def design_for(catalog: Catalog, sample: Sample) -> LabelDesign:
    """The first design that names the sample's container, else its kind; raises NoLabelDesign."""
    made = sample.parent_id is not None
    designs = [one for one in catalog.label_designs.values() if one.laboratory_made in (None, made)]
    for design in designs:
        if sample.container in design.containers:
            return design
    for design in designs:
        if sample.kind in design.for_kinds:
            return design
    raise NoLabelDesign(kind=sample.kind.value)


def _origin(catalog: Catalog, sample: Sample, pull_number: int | None) -> str:
    site = catalog.sites.get(sample.site)
    words = [sample.side.value.capitalize() if sample.side else "", site.name if site else sample.site]
    pull = f"pull {pull_number}" if pull_number else ""
    return ", ".join(part for part in (" ".join(word for word in words if word), pull) if part)
