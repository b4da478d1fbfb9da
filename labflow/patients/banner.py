"""What the patient banner and lists say of a child. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from .names import with_look_alikes
from .tables import Patient, Sex


@dataclass(frozen=True, kw_only=True)
class Banner:
    """A child's identity as pages show it; `born` is the moment of birth where it is known."""

    family_name: str
    given_name: str
    mrn: str
    mrn_authority: str
    birth_date: date | None
    born_at: datetime | None
    sex: Sex
    similar_name: bool = False

    @property
    def born(self) -> date | None:
        return self.born_at or self.birth_date


def banner(patient: Patient, *, similar_name: bool = False) -> Banner:
    """`similar_name`: another child may be taken for this one."""
    return Banner(
        family_name=patient.family_name,
        given_name=patient.given_name,
        mrn=patient.mrn,
        mrn_authority=patient.mrn_authority,
        birth_date=patient.birth_date,
        born_at=patient.born_at,
        sex=patient.sex,
        similar_name=similar_name,
    )


def banners(patients: Iterable[Patient]) -> dict[int, Banner]:
    """The children of a list by row, each marked that may be taken for another one of the list."""
    listed = list({patient.id: patient for patient in patients}.values())
    alike = with_look_alikes(listed)
    return {patient.id: banner(patient, similar_name=at in alike) for at, patient in enumerate(listed)}
