"""Children with an order, and what the bedside sends for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from labflow import orders, patients
from labflow.catalog import Catalog, Side, Urgency
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.journeys.bedside import Registration
from labflow.journeys.bedside_identity import Wristband
from labflow.orders import NewOrder
from labflow.patients import NewPatient, Patient
from labflow.procedures import Account, NewPull, Outcome, before_items

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
