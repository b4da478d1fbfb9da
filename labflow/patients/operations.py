"""Writes of patients: register, complete, correct, weigh. Never commit."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from ..foundation.errors import Conflict, Refused
from .identity import NewPatient
from .names import name_key
from .queries import find_mrn, weight_on
from .tables import Patient, Sex, Weight

_HEAVIEST_KG = 400


class AlreadyRegistered(Conflict):
    """A child with this medical record number is registered already.

    Search for the number and compare the child.
    """


class ImpossibleWeight(Refused):
    """This weight cannot be right: {fault}.

    Weigh the child again, or correct the number or the date.
    """


def register(session: Session, new: NewPatient, *, now: datetime) -> Patient:
    """A new child; raises AlreadyRegistered, ImpossibleName, ImpossibleMrn or ImpossibleBirthDate."""
    identity = new.cleaned(now=now)
    if find_mrn(session, identity.mrn_authority, identity.mrn):
        raise AlreadyRegistered
    key = name_key(identity.family_name, identity.given_name)
    patient = Patient(**asdict(identity), name_key=key, registered_at=now)
    session.add(patient)
    session.flush()
    return patient


def complete(session: Session, patient: Patient, seen: NewPatient) -> None:
    """Fills in what was not recorded; what was recorded stays as it is."""
    patient.given_name = patient.given_name or seen.given_name
    patient.name_key = name_key(patient.family_name, patient.given_name)
    patient.birth_date = patient.birth_date or seen.birth_date
    patient.born_at = patient.born_at or seen.born_at
    if patient.sex == Sex.UNKNOWN:
        patient.sex = seen.sex
    session.add(patient)
    session.flush()


def correct(
    session: Session,
    patient: Patient,
    *,
    family_name: str,
    given_name: str,
    birth_date: date | None,
    sex: Sex,
) -> None:
    """Replaces name, birth date and sex by what a person decided is right; unknown parts stay as they are."""
    patient.family_name = family_name
    patient.given_name = given_name or patient.given_name
    patient.name_key = name_key(patient.family_name, patient.given_name)
    if birth_date and birth_date != patient.birth_date:
        patient.birth_date, patient.born_at = birth_date, None
    patient.sex = patient.sex if sex == Sex.UNKNOWN else sex
    session.add(patient)
    session.flush()


def record_weight(
    session: Session, patient: Patient, *, kg: Decimal, measured_on: date, today: date
) -> Weight:
    """The weight of that day in kilograms, replacing an earlier one of that day; raises ImpossibleWeight."""
    if not 0 < kg < _HEAVIEST_KG:
        raise ImpossibleWeight(fault=f"it is not between 0 and {_HEAVIEST_KG} kg")
    if measured_on > today:
        raise ImpossibleWeight(fault="it was measured in the future")
    if patient.birth_date and measured_on < patient.birth_date:
        raise ImpossibleWeight(fault="it was measured before birth")
    weight = weight_on(session, patient.id, measured_on) or Weight(
        patient_id=patient.id, kg=kg, measured_on=measured_on
    )
    weight.kg = kg
    session.add(weight)
    session.flush()
    return weight
