"""What the labels of samples, kits and print jobs say, as they stand when they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlmodel import Session

from .. import labels, patients, procedures, samples
from ..catalog import Catalog, LabelDesign
from ..foundation.errors import Conflict
from ..labels import LabelContent
from ..samples import Sample, SampleState


class NothingLeftToPrint(Conflict):
    """The labels of this job were cancelled or replaced meanwhile, so none of them is printed.

    Open the case and print the labels that its samples have now.
    """


def contents_of_job(session: Session, catalog: Catalog, job_id: int) -> list[LabelContent]:
    """Every label of the job as often as it is wanted; a code that is out of use is never printed.

    Raises NothingLeftToPrint.
    """
    wanted = labels.labels_of(session, [job_id])[job_id]
    rows = samples.by_codes(session, [label.code for label in wanted if label.code])
    designs = {label.code: label.design for label in wanted}
    of_samples = {one.code: one for one in contents_of(session, catalog, rows.values(), designs)}
    found = [
        content
        for label in wanted
        if (content := of_samples.get(label.code) or _of_kit(session, catalog, label.code)) is not None
        for _ in range(label.copies)
    ]
    if not found:
        raise NothingLeftToPrint
    return found


def _of_kit(session: Session, catalog: Catalog, code: str) -> LabelContent | None:
    kit_code = labels.kit_of(session, code)
    if kit_code is None or kit_code.voided_at is not None:
        return None
    return labels.kit_content(catalog, code=code, kit=kit_code.kit_number, container=kit_code.container)


def contents_of(
    session: Session, catalog: Catalog, rows: Iterable[Sample], designs: Mapping[str, str] | None = None
) -> list[LabelContent]:
    """What the labels of these samples say, case by case; those that were not obtained have none.

    `designs` tells the design of each code, which is else the usual one.
    """
    cases: dict[int, list[Sample]] = {}
    for row in rows:
        if row.state != SampleState.NOT_OBTAINED:
            cases.setdefault(row.case_id, []).append(row)
    found: list[LabelContent] = []
    for case_id, of_case in cases.items():
        found.extend(_of_one_case(session, catalog, case_id, of_case, designs or {}))
    return found


def _of_one_case(
    session: Session, catalog: Catalog, case_id: int, rows: Sequence[Sample], designs: Mapping[str, str]
) -> Iterator[LabelContent]:
    case = samples.case_by_id(session, case_id)
    patient = patients.by_id(session, case.patient_id)
    pulls = {pull.id: pull.number for pull in procedures.pulls_of(session, case.procedure_id)}
    for row in rows:
        pull = pulls.get(row.pull_id or 0)
        design = designs.get(row.code)
        yield labels.label_content(catalog, patient, case, row, pull_number=pull, design=design)


def test_design_of(session: Session, catalog: Catalog, job_id: int) -> LabelDesign | None:
    """The design whose test label this job is for."""
    wanted = labels.labels_of(session, [job_id])[job_id]
    return next((catalog.label_designs.get(label.design) for label in wanted if not label.code), None)
