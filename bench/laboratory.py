"""A laboratory of a given size in a data folder, and the person who works in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from labflow import orders, patients, staff
from labflow.catalog import Catalog, PlaceKind, Urgency, load_catalog
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.database import Database
from labflow.foundation.settings import load_settings
from labflow.migrations import upgrade
from labflow.orders import NewOrder
from labflow.patients import NewPatient
from labflow.staff import Role
from labflow.web.templating import example_config

from .history import SAMPLES_A_CASE, History

_ROLES = (Role.OPERATOR, Role.TECHNOLOGIST, Role.RECEPTION)
_INDICATION = "LEUK-MRD"
_CASES_A_WRITE = 500


@dataclass(frozen=True)
class Child:
    """A child whose order waits for its procedure."""

    order: str
    wristband: str


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """What a program needs to work in it: its token, place codes, and the codes and numbers there are.

    The first `closed` cases are history, the others have their tests in the queues; each has eight samples.
    """

    database_url: str
    token: str
    bedside: str
    reception: str
    samples: tuple[str, ...]
    cases: tuple[str, ...]
    closed: int
    children: tuple[Child, ...]


def settle(data: Path, *, samples: int, children: int = 0) -> Laboratory:
    """A laboratory with so many samples, and so many children whose procedure is still to come."""
    settings, catalog = load_settings({}, data=data), load_catalog(example_config())
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    bedside, reception = _place(catalog, PlaceKind.BEDSIDE), _place(catalog, PlaceKind.RECEPTION)
    with database.writing() as session:
        act, verifier, token = _hire(session, reception)
        history = History(catalog, act, verifier, cases=samples // SAMPLES_A_CASE)
        _live_through(session, history, samples // SAMPLES_A_CASE)
        waiting = tuple(_children(session, catalog, act, children))
        session.connection().execute(sa.text("ANALYZE"))
    database.close()
    return Laboratory(
        database_url=settings.database_url,
        token=token,
        bedside=bedside,
        reception=reception,
        samples=tuple(history.samples),
        cases=tuple(history.cases),
        closed=history.closed,
        children=waiting,
    )


def _place(catalog: Catalog, kind: PlaceKind) -> str:
    return next(place.code for place in catalog.places.values() if place.kind == kind)


def _hire(session: Session, place: str) -> tuple[Act, int, str]:
    """The act of the person who did everything, who verified it, and the person's token."""
    now, rng = datetime.now(UTC), random.Random(20261120)
    person = staff.register(session, login="bench", name="Bench Invented", roles=_ROLES, rng=rng, now=now)
    verifier = staff.register(
        session, login="second", name="Second Invented", roles=[Role.PATHOLOGIST], rng=rng, now=now
    )
    _, token = staff.make_token(session, person, name="bench", lasts=timedelta(days=1), now=now, rng=rng)
    act = Act(
        at=now,
        by=person.id,
        badge=person.badge,
        rng=rng,
        event_id=UUID(int=rng.getrandbits(128), version=4),
        occurred_at=now,
        place=place,
        read_by=ReadBy.SCANNED,
    )
    return act, verifier.id, token


def _live_through(session: Session, history: History, cases: int) -> None:
    for number in range(1, cases + 1):
        history.case(number)
        if number % _CASES_A_WRITE == 0:
            history.store(session)
    history.counters()
    history.store(session)


def _children(session: Session, catalog: Catalog, act: Act, count: int) -> Iterator[Child]:
    born = (act.at - timedelta(days=7 * 365)).date()
    for number in range(count):
        mrn = f"9{number:09d}"
        authority = catalog.laboratory.mrn_authority
        new = NewPatient(
            mrn=mrn,
            mrn_authority=authority,
            family_name=f"Waiting{number}",
            given_name="Child",
            birth_date=born,
        )
        patient = patients.register(session, new, now=act.at)
        patients.record_weight(
            session, patient, kg=Decimal(22), measured_on=act.at.date(), today=act.at.date()
        )
        asked = NewOrder(
            patient_id=patient.id,
            tests=orders.asked(*catalog.panels[_INDICATION].required),
            indication=_INDICATION,
            urgency=Urgency.URGENT,
            ordered_at=act.at,
            ordered_by="Invented clinician",
        )
        placed = orders.place(session, asked, catalog, act=act.part(mrn))
        yield Child(placed.number, f"WB{mrn}-{born:%Y%m%d}")
