"""Cases whose samples were accepted, so that their tests wait on their queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labflow import queues, samples, staff
from labflow.catalog import Catalog, Urgency
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.orders import OrderedTest
from labflow.samples import SampleAction
from labflow.staff import Role

from .cases import MadeCase, make_case


def acting(database: Database, act: Act, login: str, *roles: Role, password_hash: str = "") -> Act:
    """The same act by a new person with these roles."""
    with database.writing() as session:
        person = staff.register(
            session, login=login, name=f"{login.title()} Invented", roles=roles, rng=act.rng, now=act.at
        )
        if password_hash:
            staff.set_password(session, person, password_hash, now=act.at)
    return replace(act, by=person.id, badge=person.badge).part(login)


def make_waiting_case(
    database: Database,
    catalog: Catalog,
    act: Act,
    *,
    mrn: str = "1000000001",
    tests: Sequence[str] = ("BM-MORPH",),
    containers: Sequence[str] = ("EDTA",),
    urgency: Urgency = Urgency.ROUTINE,
) -> MadeCase:
    """A case whose samples were accepted at the time of the act; every test waits with the first sample."""
    made = make_case(database, catalog, act, mrn=mrn, tests=tests, containers=containers, urgency=urgency)
    with database.writing() as session:
        for sample in made.samples:
            row = samples.by_id(session, sample.id)
            samples.advance(session, row, SampleAction.ACCEPT)
            for test in made.tests:
                queues.put_on(
                    session,
                    catalog,
                    test=session.get_one(OrderedTest, test.id),
                    sample=row,
                    urgency=urgency,
                    received_at=act.occurred_at,
                    act=act,
                )
    return made


def finish_steps(database: Database, ordered_test_id: int, act: Act) -> None:
    """Every step of a waiting test, done by the person who acts."""
    with database.writing() as session:
        while (work := queues.work_of_test(session, ordered_test_id)) and work.next_step:
            queues.start_step(session, work, None, act=act)
            queues.finish_step(session, work, None, act=act)
