"""Making the demo laboratory's data, and throwing them away."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from ... import ledger, staff
from ...catalog import Catalog
from ...foundation.database import Database
from ...foundation.errors import Conflict, Refused
from ...journeys import overdue
from ...migrations import downgrade, upgrade
from . import cast, programme
from .cast import ADMINISTRATOR, CAST, PLAYERS
from .laboratory import Laboratory
from .timeline import Timeline

_SEED = 20261120
_AUTHORITY = "DEMO"
_CAST_SINCE = timedelta(days=30)
_MANY = 1000


class NotTheDemo(Conflict):
    """This database holds people who do not belong to the demo. Nothing was changed.

    Choose another data folder for the demo: in the demo everybody signs in without a password.
    """


class DemoUnfinished(Conflict):
    """The demo's data are not complete: making them was interrupted.

    Make them anew with `labflow demo --reset`.
    """


class NotTheDemoLaboratory(Refused):
    """The demo needs the demo laboratory's configuration, and this is another one.

    Start the demo without a configuration file.
    """


def prepare(db: Database, catalog: Catalog, *, now: datetime, secret: str) -> bool:
    """Makes the demo's data as they stand at `now`; False when they are there already.

    The same moment gives the same data; the passwords of those who sign follow from `secret`.
    Raises NotTheDemo, DemoUnfinished, NotTheDemoLaboratory. What happened in the past prints nothing now, its
    labels went as PDF, and tells no other system.
    """
    if catalog.laboratory.mrn_authority != _AUTHORITY:
        raise NotTheDemoLaboratory
    if _is_prepared(db):
        return False
    rng, timeline = random.Random(_SEED), Timeline(until=now)  # noqa: S311  # invented data
    with db.writing() as session:
        people = cast.register(session, PLAYERS, now=now - _CAST_SINCE, rng=rng, secret=secret)
    past = replace(catalog, printers={}, receivers={})
    programme.begin(Laboratory(db, past, timeline, people, rng, secret))
    timeline.run()
    overdue.watch(db, past, now=now)
    with db.writing() as session:
        cast.register(session, [ADMINISTRATOR], now=now - _CAST_SINCE, rng=rng, secret=secret)
    return True


def reset(database_url: str, db: Database, data: Path) -> None:
    """Empties the demo's database; its log in the folder `data` ends, and the next one has another key.

    Raises NotTheDemo when anybody in it does not belong to the demo.
    """
    with db.reading() as session:
        badges = {person.badge for person in staff.people(session, limit=_MANY)}
    if badges - {player.badge for player in CAST}:
        raise NotTheDemo
    db.close()
    ledger.forget_logs(data)
    downgrade(database_url, "base")
    upgrade(database_url)


def _is_prepared(db: Database) -> bool:
    """Whether everybody of the cast is here; False when nobody is."""
    with db.reading() as session:
        known = staff.names_by_badge(session, [player.badge for player in CAST])
        anybody = staff.people(session, limit=1)
    if len(known) == len(CAST):
        return True
    if known:
        raise DemoUnfinished
    if anybody:
        raise NotTheDemo
    return False
