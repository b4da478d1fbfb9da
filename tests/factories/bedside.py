"""Children with an order, and what the bedside sends for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from labflow import custody, orders, patients
from labflow.catalog import Catalog, Side, Urgency
from labflow.custody import CustodyKind
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.journeys import bedside
from labflow.journeys.bedside import Registered, Registration
from labflow.journeys.bedside_identity import Wristband
from labflow.orders import NewOrder
from labflow.patients import NewPatient, Patient
from labflow.procedures import Account, NewPull, Outcome, before_items
from labflow.samples import Sample
from labflow.staff import Role

from ..conftest import MakeAct
from ..people import make_person
from .cases import THEATRE

MRN = "1000000001"
BORN = date(2019, 7, 14)
BAND = "WB1000000001-20190714"
AMPLE = ("2.5", "8", "4")


@dataclass(frozen=True)
class Child:
    patient: Patient
    order_number: str


def make_child(
    database: Database,
    catalog: Catalog,
    act: Act,
    *,
    indication: str | None = "LEUK-NEW",
    tests: Sequence[str] = (),
    weight_kg: str | None = "22.4",
    birth_date: date | None = BORN,
    names: tuple[str, str] = ("Smith", "Jane"),
    mrn: str = MRN,
) -> Child:
    """A child with an open order: the required tests of the indication unless others are named."""
    asked = tests or catalog.panels[indication or ""].required
    with database.writing() as session:
        patient = patients.register(
            session,
            NewPatient(
                mrn=mrn,
                mrn_authority=catalog.laboratory.mrn_authority,
                family_name=names[0],
                given_name=names[1],
                birth_date=birth_date,
            ),
            now=act.at,
        )
        if weight_kg:
            today = act.at.date()
            patients.record_weight(session, patient, kg=Decimal(weight_kg), measured_on=today, today=today)
        new = NewOrder(
            patient_id=patient.id,
            tests=orders.asked(*asked),
            indication=indication,
            urgency=Urgency.URGENT,
            ordered_at=act.at,
            ordered_by="Dr Who",
        )
        return Child(patient, orders.place(session, new, catalog, act=act).number)


def pulls(*volumes: str, side: Side = Side.LEFT, site: str = "PIC") -> tuple[NewPull, ...]:
    return tuple(NewPull(site=site, side=side, volume_ml=Decimal(volume)) for volume in volumes)


def account(
    catalog: Catalog, act: Act, *, made: tuple[NewPull, ...] = pulls(*AMPLE), **told: object
) -> Account:
    """A complete account of a procedure that ended at the time of the act."""
    usual: dict[str, object] = {
        "outcome": Outcome.OBTAINED,
        "anaesthesia": "GENERAL",
        "began_at": act.occurred_at - timedelta(minutes=20),
        "ended_at": act.occurred_at,
        "checked": tuple(item.code for item in before_items(catalog)),
        "pulls": made,
    }
    return Account(**usual | told)  # type: ignore[arg-type]  # the tests name what they change


def registration(order_number: str, told: Account, **sent: object) -> Registration:
    """What the bedside sends with the right wristband."""
    usual: dict[str, object] = {
        "order_number": order_number,
        "wristband": Wristband(code=BAND),
        "account": told,
        "not_obtained_reason": "QNS",
    }
    return Registration(**usual | sent)  # type: ignore[arg-type]  # the tests name what they change


class Bedside:
    """One operator in the theatre with one child and an order for new leukaemia."""

    def __init__(self, database: Database, catalog: Catalog, make_act: MakeAct) -> None:
        self.database, self.catalog, self.make_act = database, catalog, make_act
        self.operator = make_person(database, "olga", Role.OPERATOR, password=None)
        self.act = self.at_theatre()
        self.child: Child = make_child(database, catalog, self.act)

    def at_theatre(self) -> Act:
        return self.make_act(by=self.operator.id, badge=self.operator.badge, place=THEATRE)

    def register(
        self, *volumes: str, act: Act | None = None, told: Account | None = None, **sent: object
    ) -> Registered:
        told = told or account(self.catalog, self.act, made=pulls(*(volumes or ("2.5", "8", "4"))))
        wanted = registration(self.child.order_number, told, **sent)
        return bedside.register_procedure(self.database, self.catalog, wanted, act=act or self.at_theatre())

    def rows(self) -> dict[str, int]:
        """How many rows every table has."""
        with self.database.reading() as session:
            return {
                name: session.connection().execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in SQLModel.metadata.tables.items()
            }

    def test_states(self) -> dict[str, orders.TestState]:
        with self.database.reading() as session:
            order = orders.by_number(session, self.child.order_number)
            return {test.test_code: test.state for test in orders.tests_of(session, order.id)}

    def kinds(self, sample: Sample) -> list[CustodyKind]:
        with self.database.reading() as session:
            return [entry.kind for entry in custody.timeline(session, sample.chain_id)]
