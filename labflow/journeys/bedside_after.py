"""After the procedure: labels, scanning them back, and what is watched."""

from __future__ import annotations

from dataclasses import dataclass

from .. import labels, orders, patients, procedures, samples, staff
from ..catalog import Catalog
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import Conflict
from ..patients import Banner
from ..procedures import Observation
from ..samples import Case, Sample, SampleState
from .label_contents import contents_of
from .printing import JobCard, NoLabelYet, cards_of_case, count_reprints


class AllScannedBack(Conflict):
    """Every label of case {number} was scanned back, so the set is not printed again.

    Reprint the one label that is needed, with its reason.
    """


@dataclass(frozen=True, kw_only=True)
class ScanBack:
    """What the bedside still has to do for a case."""

    case: Case
    order_number: str
    banner: Banner
    samples: tuple[Sample, ...]
    missed: tuple[Sample, ...]
    waiting: tuple[Sample, ...]
    observations: tuple[Observation, ...]
    names: dict[int, str]
    jobs: tuple[JobCard, ...]

    @property
    def labelled(self) -> int:
        return len(self.samples) - len(self.waiting)


def scan_back(db: Database, catalog: Catalog, case_number: str) -> ScanBack:
    """The case's labels, print jobs and observations, and what was not scanned back; raises UnknownCase."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        found = [one for one in samples.of_case(session, case.id) if one.parent_id is None]
        observations = procedures.observations_of(session, case.procedure_id)
        return ScanBack(
            case=case,
            order_number=orders.by_id(session, case.order_id).number,
            banner=patients.banner(patients.by_id(session, case.patient_id)),
            samples=tuple(one for one in found if one.state != SampleState.NOT_OBTAINED),
            missed=tuple(one for one in found if one.state == SampleState.NOT_OBTAINED),
            waiting=tuple(samples.unlabelled(session, case.id)),
            observations=tuple(observations),
            names=staff.names(session, [one.done_by for one in observations if one.done_by]),
            jobs=tuple(cards_of_case(session, catalog, case)),
        )


def note_observation(db: Database, case_number: str, item: str, *, note: str = "", act: Act) -> Observation:
    """An item of the checks afterwards is done; raises UnknownCase, UnknownObservation, ObservationDone."""
    with db.writing() as session:
        case = samples.case_by_number(session, case_number)
        observation = procedures.observation(session, case.procedure_id, item)
        procedures.note_observation(session, observation, note=note, act=act)
        return observation


def case_labels(db: Database, catalog: Catalog, case_number: str, *, act: Act) -> bytes:
    """The PDF of the case's labels that were not scanned back yet; raises UnknownCase, AllScannedBack.

    Print jobs of the case that waited for it, or that a printer failed, are done with it.
    """
    with db.writing() as session:
        case = samples.case_by_number(session, case_number)
        waiting = [one for one in samples.of_case(session, case.id) if _awaits_label(one)]
        if not waiting:
            raise AllScannedBack(number=case.number)
        pdf = labels.labels_pdf(contents_of(session, catalog, waiting), title=f"Labels of {case.number}")
        for job in labels.jobs_of_case(session, case.id):
            labels.fetched(job, at=act.at)
        return pdf


def reprint(db: Database, catalog: Catalog, code: str, reason: str, *, act: Act) -> bytes:
    """The PDF of one more label of a sample; raises UnknownSample, NoLabelYet, UnknownReason."""
    with db.writing() as session:
        sample = samples.by_code(session, code)
        if sample.state == SampleState.NOT_OBTAINED:
            raise NoLabelYet(code=code)
        count_reprints(session, catalog, sample, 1, reason=reason, act=act)
        return labels.labels_pdf(contents_of(session, catalog, [sample]), title=f"Label {code}")


def _awaits_label(sample: Sample) -> bool:
    return sample.labelled_at is None and sample.state != SampleState.NOT_OBTAINED
