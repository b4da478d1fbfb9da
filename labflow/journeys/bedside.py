"""Registering a procedure at the bedside: one transaction from the wristband to the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from .. import custody, orders, procedures, samples, staff
from ..catalog import Catalog, PlaceKind, ReasonUse, require_reason
from ..custody import CustodyKind, NewEntry
from ..foundation.act import Act
from ..foundation.answers import Answer
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..orders import TestAction, TestState
from ..procedures import Account, Allocation, People, Pull
from ..samples import Case, Sample, SampleState
from ..staff import Permission
from .bedside_identity import SecondPerson, Wristband, confirmed, identify
from .bedside_plan import Collectable, Uncovered, allocate, check_volume, collectable, today, uncovered
from .bedside_samples import samples_of
from .printing import first_labels


class RegisteredDifferently(Refused):
    """This registration was sent before with other content. Nothing more was saved.

    Open the case and look at what was saved; send a new registration under a new event id.
    """


class NotAtABedside(Refused):
    """A procedure is registered where it happens, and {place} is not a bedside.

    Scan or choose the place of the procedure.
    """


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What the bedside sends. Operator and supervisor are badges; without an operator it is who registers.

    `labels_of_a_kit`: the containers carry labels of a downtime kit, so none are printed.

    `films` is how many films were made, None for the plan's number. `not_obtained_reason` is the coded reason
    of the planned parts that are missing.
    """

    order_number: str
    wristband: Wristband
    account: Account
    operator: str | None = None
    supervisor: str | None = None
    films: int | None = None
    not_obtained_reason: str = ""
    site_confirmed_by: SecondPerson | None = None
    volume_override_by: SecondPerson | None = None
    labels_of_a_kit: bool = False


@dataclass(frozen=True, kw_only=True)
class Registered:
    """The new case with its samples; `repeated` when the same registration had been saved before."""

    case_number: str
    samples: tuple[Sample, ...]
    uncovered: tuple[Uncovered, ...] = ()
    diluted: tuple[str, ...] = ()
    repeated: bool = False


def register_procedure(db: Database, catalog: Catalog, registration: Registration, *, act: Act) -> Registered:
    """The case with its samples, all or nothing; the same registration again answers the same.

    Raises WristbandMismatch before anything is written, and what the account, the sites or the volume break.
    """
    _require_bedside(catalog, act.place)
    identified_with = confirmed(db, registration.wristband.confirmed_by, Permission.SEE_CASES, act=act)
    site_confirmed_by = confirmed(db, registration.site_confirmed_by, Permission.SEE_CASES, act=act)
    override_by = confirmed(db, registration.volume_override_by, Permission.OVERRIDE_VOLUME, act=act)
    with db.writing() as session:
        # a second sending waits here until the first is saved
        order = orders.by_number(session, registration.order_number, lock=True)
        if repeated := _registered_before(session, registration, act):
            return repeated
        found = collectable(session, order)
        identify(catalog, found.patient, registration.wristband)
        people = People(
            operator_id=_badge_holder(session, registration.operator) or act.by,
            supervisor_id=_badge_holder(session, registration.supervisor),
            identified_with=identified_with,
            site_confirmed_by=site_confirmed_by,
            volume_override_by=override_by,
        )
        _require_possible(catalog, registration.account, found, people, now=act.at)
        return _register(session, catalog, registration, found, people, act)


def _require_bedside(catalog: Catalog, place: str | None) -> None:
    found = catalog.places.get(place or "")
    if found is None or found.kind != PlaceKind.BEDSIDE:
        raise NotAtABedside(place=found.name if found else "an unnamed place")


def _registered_before(session: Session, registration: Registration, act: Act) -> Registered | None:
    answer = session.get(Answer, act.event_id)
    if answer is None:
        return None
    if answer.fingerprint != _fingerprint(registration, act):
        raise RegisteredDifferently
    case = samples.case_by_number(session, answer.answer)
    return Registered(
        case_number=case.number, samples=tuple(samples.of_case(session, case.id)), repeated=True
    )


def _fingerprint(registration: Registration, act: Act) -> bytes:
    """Tells the same registration from another one. Times are no part of it: the door may fill them in."""
    told = registration.account
    drawn = f"{told.outcome} {told.pulls!r} {told.cores!r}"
    return hashlib.sha256(f"{act.badge} {act.place} {registration.order_number} {drawn}".encode()).digest()


def _badge_holder(session: Session, badge: str | None) -> int | None:
    return staff.by_badge(session, badge).id if badge else None


def _require_possible(
    catalog: Catalog, account: Account, found: Collectable, people: People, *, now: datetime
) -> None:
    procedures.require_possible(account, catalog, now=now)
    age_months = found.child.age_months(today(catalog, now))
    for code, _ in sorted(account.punctures):
        procedures.require_confirmation(
            catalog.sites[code],
            age_months,
            reason=account.site_reason,
            confirmed=people.site_confirmed_by is not None,
        )
    volume = check_volume(catalog, found.child, account.drawn_ml, now=now)
    procedures.require_within_limits(
        volume,
        catalog.volume_limits,
        reason=account.volume_reason,
        overridden=bool(people.volume_override_by),
    )


def _register(
    session: Session,
    catalog: Catalog,
    registration: Registration,
    found: Collectable,
    people: People,
    act: Act,
) -> Registered:
    account = registration.account
    allocation = allocate(catalog, found, account.pulls, account.cores)
    if allocation.missed:
        require_reason(catalog, registration.not_obtained_reason, ReasonUse.NOT_OBTAINED)
    case, pulls = _open_case(session, catalog, registration, found, people, act)
    missed = registration.not_obtained_reason
    wanted = samples_of(allocation, account, pulls, found.tests, films=registration.films, missed=missed)
    rows = samples.register(session, case, wanted, act=act)
    _begin_custody(session, catalog, registration, case, rows, act=act)
    _give_up(session, found, allocation, missed)
    session.connection().execute(sa.insert(Answer), _answer(case.number, registration, act))
    return Registered(
        case_number=case.number,
        samples=tuple(rows),
        uncovered=uncovered(allocation),
        diluted=tuple(wanted.test.code for wanted in allocation.diluted),
    )


def _open_case(
    session: Session,
    catalog: Catalog,
    registration: Registration,
    found: Collectable,
    people: People,
    act: Act,
) -> tuple[Case, list[Pull]]:
    procedure, pulls = procedures.record(
        session,
        catalog,
        found.order.id,
        registration.account,
        people,
        identified_by=registration.wristband.identified_by,
        weight_kg=found.child.weight_kg,
        act=act,
    )
    ids = {"procedure_id": procedure.id, "order_id": found.order.id, "patient_id": found.patient.id}
    return samples.open_case(session, catalog, **ids, act=act), pulls


def _begin_custody(
    session: Session,
    catalog: Catalog,
    registration: Registration,
    case: Case,
    rows: Sequence[Sample],
    *,
    act: Act,
) -> None:
    """Who registers holds what was drawn, at the bedside, and its labels are printed."""
    drawn = act.claiming(registration.account.ended_at, late_minutes=catalog.custody.late_minutes)
    obtained = [row for row in rows if row.state != SampleState.NOT_OBTAINED]
    failed = [row.chain_id for row in rows if row.state == SampleState.NOT_OBTAINED]
    begun = [NewEntry(CustodyKind.COLLECTED, drawn, holder=act.badge, place=act.place)]
    if not registration.labels_of_a_kit:
        first_labels(session, catalog, case.id, obtained, act=act)
        begun.append(NewEntry(CustodyKind.LABELS_ISSUED, act))
    custody.record_all(session, [row.chain_id for row in obtained], begun)
    details = {"reason": registration.not_obtained_reason}
    custody.record(session, failed, CustodyKind.COLLECTION_FAILED, act=drawn, details=details)


def _give_up(session: Session, found: Collectable, allocation: Allocation, reason: str) -> None:
    """Tests of parts that were not obtained are not possible, until another sample comes."""
    for part in allocation.missed:
        for one in (*part.tests, *part.readers):
            test = found.tests[one.number]
            if test.state == TestState.PLANNED:
                orders.advance_test(session, test, TestAction.REFUSE, reason=reason)


def _answer(case_number: str, registration: Registration, act: Act) -> dict[str, Any]:
    return {
        "event_id": act.event_id,
        "fingerprint": _fingerprint(registration, act),
        "answer": case_number,
        "answered_at": act.at,
    }
