"""The labels of a case as people see them before they print: what each says, how often it was printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from .. import labels, patients, samples
from ..catalog import Catalog, Printer
from ..foundation.database import Database
from ..patients import Banner
from ..samples import Sample, SampleState
from .label_contents import contents_of
from .printing import NoLabelYet


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """One label. `copies` were printed so far; `voidable`: it was not used yet."""

    code: str
    number: int
    container: str
    design: str
    size: str
    copies: int
    labelled: bool
    made_here: bool
    state: SampleState
    voidable: bool


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """The labels of a case in the order of drawing; `printers` have the stock for some of them."""

    case_number: str
    banner: Banner
    rows: tuple[LabelRow, ...]
    printers: tuple[Printer, ...]

    @property
    def waiting(self) -> int:
        """Labels that were not scanned back."""
        return sum(not row.labelled and not row.made_here for row in self.rows)


def label_set(db: Database, catalog: Catalog, case_number: str) -> LabelSet:
    """The labels of a case; raises UnknownCase."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        return _set(session, catalog, samples.of_case(session, case.id), case_number)


def label_of(db: Database, catalog: Catalog, code: str) -> LabelSet:
    """The one label of a sample; raises UnknownSample and NoLabelYet."""
    with db.reading() as session:
        sample = samples.by_code(session, code)
        if sample.state == SampleState.NOT_OBTAINED:
            raise NoLabelYet(code=code)
        return _set(session, catalog, [sample], samples.case_by_id(session, sample.case_id).number)


def label_svg(db: Database, catalog: Catalog, code: str) -> str:
    """The label of a sample in its true size; raises UnknownSample and NoLabelYet."""
    with db.reading() as session:
        contents = contents_of(session, catalog, [samples.by_code(session, code)])
        if not contents:
            raise NoLabelYet(code=code)
        return labels.label_svg(contents[0])


def _set(session: Session, catalog: Catalog, found: Sequence[Sample], case_number: str) -> LabelSet:
    there = [one for one in found if one.state != SampleState.NOT_OBTAINED]
    case = samples.case_by_number(session, case_number)
    designs = {labels.design_for(catalog, one).code for one in there}
    return LabelSet(
        case_number=case.number,
        banner=patients.banner(patients.by_id(session, case.patient_id)),
        rows=tuple(_row(session, catalog, one) for one in there),
        printers=tuple(one for one in catalog.printers.values() if designs & set(one.designs)),
    )


def _row(session: Session, catalog: Catalog, sample: Sample) -> LabelRow:
    container, design = catalog.containers.get(sample.container), labels.design_for(catalog, sample)
    unused = sample.state == SampleState.COLLECTED and sample.labelled_at is None
    return LabelRow(
        code=sample.code,
        number=sample.number,
        container=container.name if container else sample.container,
        design=design.name,
        size=f"{design.width_mm:g} × {design.height_mm:g} mm",
        copies=labels.copies(session, sample),
        labelled=sample.labelled_at is not None,
        made_here=sample.parent_id is not None,
        state=sample.state,
        voidable=unused and sample.parent_id is None,
    )
