"""A case with samples, made by the rooms themselves, as a registration leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from labflow import custody, orders, patients, samples, staff
from labflow.catalog import Catalog, Side, Urgency
from labflow.custody import CustodyKind
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.database import Database
from labflow.orders import NewOrder, Order, OrderedTest
from labflow.patients import NewPatient
from labflow.procedures import Outcome, Procedure
from labflow.samples import Case, NewSample, Sample
from labflow.staff import Role

THEATRE = "P3R28GS03"
HATCH = "P326XN7CE"
SMEAR_BENCH = "P08VK5R04"


@dataclass(frozen=True)
class MadeCase:
    order: Order
    tests: list[OrderedTest]
    case: Case
    samples: list[Sample]

    def code(self, number: int = 1) -> str:
        return self.samples[number - 1].code


def make_operator(database: Database, act: Act, login: str = "olga") -> staff.StaffMember:
    """A person whose row and badge acts may carry."""
    with database.writing() as session:
        return staff.register(
            session,
            login=login,
            name=f"{login.title()} Invented",
            roles=[Role.OPERATOR],
            rng=act.rng,
            now=act.at,
        )


def make_case(
    database: Database,
    catalog: Catalog,
    act: Act,
    *,
    mrn: str = "1000000001",
    tests: Sequence[str] = ("BM-MORPH",),
    containers: Sequence[str] = ("EDTA",),
    urgency: Urgency = Urgency.ROUTINE,
    labelled: bool = True,
) -> MadeCase:
    """One case; every sample serves every test, is in the operator's hands and (unless told) labelled."""
    with database.writing() as session:
        patient = patients.register(
            session,
            NewPatient(
                mrn=mrn,
                mrn_authority=catalog.laboratory.mrn_authority,
                family_name="Test",
                given_name=f"Child {mrn}",
                birth_date=date(2019, 7, 14),
            ),
            now=act.at,
        )
        new = NewOrder(
            patient_id=patient.id,
            tests=orders.asked(*tests),
            urgency=urgency,
            ordered_at=act.at,
            ordered_by="Dr Who",
        )
        order = orders.place(session, new, catalog, act=act)
        ordered = orders.tests_of(session, order.id)
        procedure = Procedure(
            order_id=order.id,
            outcome=Outcome.OBTAINED,
            identified_by=ReadBy.SCANNED,
            operator_id=act.by,
            place=THEATRE,
            anaesthesia="general",
            checklist={},
            complications=[],
            began_at=act.at,
            ended_at=act.at,
        )
        session.add(procedure)
        session.flush()
        case = samples.open_case(
            session, catalog, procedure_id=procedure.id, order_id=order.id, patient_id=patient.id, act=act
        )
        wanted = [
            NewSample(
                kind=catalog.containers[container].kind,
                container=container,
                site="psis",
                side=Side.LEFT,
                volume_ml=Decimal(2),
                collected_at=act.at,
                serves={test.id: Decimal(1) for test in ordered},
            )
            for container in containers
        ]
        made = samples.register(session, case, wanted, act=act)
        chains = [sample.chain_id for sample in made]
        custody.record(session, chains, CustodyKind.COLLECTED, act=act, holder=act.badge, place=THEATRE)
        if labelled:
            for sample in made:
                samples.mark_labelled(session, sample, at=act.at)
        session.flush()
        return MadeCase(order, ordered, case, made)
