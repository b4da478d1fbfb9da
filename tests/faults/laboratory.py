"""A laboratory of its own: people with tokens, samples in one hand, and what the record says about them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlmodel import select

from labflow import ledger, staff
from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.ledger import Entry
from labflow.migrations import upgrade
from labflow.samples import Sample
from labflow.staff import Role

from ..factories.cases import make_case

_SAMPLES_A_CASE = 8


@dataclass(frozen=True)
class Person:
    """Somebody who may move, receive, and register people; `token` lets a program act as this person."""

    name: str
    badge: str
    token: str


@dataclass(frozen=True)
class Done:
    """One entry of a sample's chain."""

    event_id: str
    kind: str
    actor: str
    holder: str | None
    place: str | None


class Laboratory:
    """A data folder with a database, `people`, and the `codes` of samples that the first person collected."""

    def __init__(
        self, data: Path, catalog: Catalog, *, people: int = 1, samples: int = 1, url: str = ""
    ) -> None:
        data.mkdir(mode=0o700)
        self.data, self.url = data, url or sqlite_url(data / "labflow.db")
        upgrade(self.url)
        self._rng, self._now = random.Random(3), datetime.now(UTC)
        self.codes: list[str] = []
        database = Database(self.url)
        self.people = [self._person(database, number) for number in range(people)]
        database.close()
        self.collect(catalog, samples)

    @property
    def environment(self) -> dict[str, str]:
        """What tells a server to serve this laboratory's database."""
        return {"LABFLOW_DATABASE_URL": self.url}

    def _person(self, database: Database, number: int) -> Person:
        rng, now, name = self._rng, self._now, f"Invented Number {number}"
        login, lasts = f"person{number}", timedelta(days=1)
        roles = [Role.RECEPTION, Role.ADMINISTRATOR]
        with database.writing() as session:
            made = staff.register(session, login=login, name=name, roles=roles, rng=rng, now=now)
            _, token = staff.make_token(session, made, name="faults", lasts=lasts, now=now, rng=rng)
        return Person(name=name, badge=made.badge, token=token)

    def person_at(self, now: datetime) -> Person:
        """The first person with a token that was made at this time, and lasts a day."""
        first, database = self.people[0], Database(self.url)
        with database.writing() as session:
            who, lasts = staff.by_badge(session, first.badge), timedelta(days=1)
            _, token = staff.make_token(session, who, name="faults", lasts=lasts, now=now, rng=self._rng)
        database.close()
        return replace(first, token=token)

    def collect(self, catalog: Catalog, count: int) -> None:
        """So many more samples, each with its first entry."""
        database, wanted = Database(self.url), len(self.codes) + count
        while len(self.codes) < wanted:
            act = Act(
                at=self._now,
                by=1,
                badge=self.people[0].badge,
                rng=self._rng,
                event_id=uuid4(),
                occurred_at=self._now,
            )
            containers = ["EDTA"] * min(_SAMPLES_A_CASE, wanted - len(self.codes))
            mrn = f"{1_000_000_000 + len(self.codes)}"
            made = make_case(database, catalog, act, mrn=mrn, containers=containers)
            self.codes += [sample.code for sample in made.samples]
        database.close()

    def chains(self) -> dict[str, list[Done]]:
        """Each sample's chain as the database has it, by code, first entry to last."""
        database, found = Database(self.url), defaultdict(list)
        with database.reading() as session:
            codes = {sample.chain_id: sample.code for sample in session.exec(select(Sample))}
            for entry in session.exec(select(Entry).order_by(Entry.number)):  # type: ignore[arg-type]
                done = Done(str(entry.event_id), entry.kind, entry.actor, entry.holder, entry.place)
                found[codes[entry.chain_id]].append(done)
        database.close()
        return dict(found)

    def faults(self) -> list[str]:
        """What the check of the ledger finds wrong."""
        database = Database(self.url)
        with database.reading() as session:
            found = ledger.check(session).faults
        database.close()
        return [str(fault) for fault in found]
