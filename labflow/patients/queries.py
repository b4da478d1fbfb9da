"""Reads of patients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.errors import NotFound
from ..foundation.texts import hidden_sign
from .names import alike, fold, name_key
from .tables import Patient, Weight

_LAST_SIGN = "\U0010ffff"
_MOST_CANDIDATES = 200
_MOST_WORDS = 6


class UnknownPatient(NotFound):
    """No child with this medical record number is registered.

    Check the number, or register the child.
    """


def by_mrn(session: Session, authority: str, mrn: str) -> Patient:
    """The child with this number; raises UnknownPatient."""
    patient = find_mrn(session, authority, mrn)
    if patient is None:
        raise UnknownPatient
    return patient


def find_mrn(session: Session, authority: str, mrn: str) -> Patient | None:
    """The child with this number, or None."""
    plain = "".join(mrn.split())
    if hidden_sign(plain + authority):
        return None
    return session.exec(
        select(Patient).where(Patient.mrn == plain, Patient.mrn_authority == authority.strip())
    ).one_or_none()


def by_id(session: Session, patient_id: int) -> Patient:
    """The child of another row's foreign key."""
    return session.get_one(Patient, patient_id)


def by_ids(session: Session, patient_ids: Iterable[int]) -> dict[int, Patient]:
    """Children by row, for lists."""
    found = session.exec(select(Patient).where(col(Patient.id).in_(set(patient_ids))))
    return {patient.id: patient for patient in found}


def search(session: Session, text: str, limit: int) -> list[Patient]:
    """Children whose number is the text, then those whose family name begins with it, by name.

    "Family, given" or "family given" narrow by the given name.
    """
    number = "".join(text.split())
    by_number = session.exec(select(Patient).where(Patient.mrn == number).limit(limit)).all()
    beginnings = [_begins(prefix) for prefix in _prefixes(text)]
    if not beginnings:
        return list(by_number)
    named = session.exec(select(Patient).where(sa.or_(*beginnings)).order_by(*_BY_NAME).limit(limit)).all()
    others = [patient for patient in named if patient not in by_number]
    return [*by_number, *others][:limit]


def look_alikes(session: Session, patient: Patient) -> list[Patient]:
    """Other children who may be taken for this one (see names.alike), by name."""
    family = name_key(patient.family_name)
    same_name_or_day = sa.or_(_begins(family), col(Patient.birth_date) == patient.birth_date)
    candidates = session.exec(
        select(Patient)
        .where(same_name_or_day, Patient.id != patient.id)
        .order_by(*_BY_NAME)
        .limit(_MOST_CANDIDATES)
    )
    return [other for other in candidates if alike(patient, other)]


def latest_weight(session: Session, patient_id: int) -> Weight | None:
    """The last measured weight, or None."""
    return session.exec(
        select(Weight)
        .where(Weight.patient_id == patient_id)
        .order_by(col(Weight.measured_on).desc())
        .limit(1)
    ).one_or_none()


def weight_on(session: Session, patient_id: int, day: date) -> Weight | None:
    """The weight of that day, or None."""
    return session.exec(
        select(Weight).where(Weight.patient_id == patient_id, Weight.measured_on == day)
    ).one_or_none()


_BY_NAME = (col(Patient.name_key), col(Patient.id))


def _prefixes(text: str) -> list[str]:
    """The folded beginnings that the text may mean: a family name may have several words."""
    family, comma, given = text.partition(",")
    if comma:
        return [name_key(family, given)] if fold(family) else []
    words = text.split()[:_MOST_WORDS]
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return [key for key in (fold(text), *(name_key(*split) for split in splits if fold(split[1]))) if key]


def _begins(prefix: str) -> sa.ColumnElement[bool]:
    """A range of the index, where LIKE would read the whole table."""
    return sa.and_(col(Patient.name_key) >= prefix, col(Patient.name_key) < prefix + _LAST_SIGN)
