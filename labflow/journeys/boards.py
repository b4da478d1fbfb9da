"""What waits for a person: the home page, by what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .. import orders, results
from ..catalog import Catalog
from ..custody import OverdueCount
from ..foundation.alarms import Alarm
from ..foundation.database import Database
from ..staff import Permission, SignedIn
from . import alarms, bench_queue, overdue, reception, tracker, transport
from .bench_queue import QueueCard
from .tracker import CaseAnswer
from .transport_bags import BagCard

# A tile says "100 or more" rather than count what nobody could work off today.
MOST_COUNTED = 100


@dataclass(frozen=True, kw_only=True)
class Home:
    """What waits, part by part; a part that the person may not see is none.

    Counts stop at MOST_COUNTED, but for what is overdue.
    """

    queues: list[QueueCard] | None
    to_verify: int | None
    to_reconcile: int | None
    bags: list[BagCard] | None
    awaited: int | None
    missing: int | None
    cases: list[CaseAnswer] | None
    overdue: OverdueCount | None
    alarms: tuple[Alarm, ...]


def home(db: Database, catalog: Catalog, person: SignedIn, *, now: datetime) -> Home:
    """The home of this person."""
    may = person.permissions
    carries = may & {Permission.MOVE_SAMPLES, Permission.RECEIVE_SAMPLES}
    return Home(
        queues=bench_queue.queue_cards(db, catalog) if Permission.SEE_QUEUES in may else None,
        to_verify=_to_verify(db, person) if Permission.VERIFY_RESULTS in may else None,
        to_reconcile=_to_reconcile(db) if Permission.RECONCILE_ORDERS in may else None,
        bags=transport.bags_on_the_way(db, catalog) if carries else None,
        awaited=len(reception.awaited(db, catalog)) if Permission.RECEIVE_SAMPLES in may else None,
        missing=len(transport.missing(db, catalog)) if Permission.RECEIVE_SAMPLES in may else None,
        cases=tracker.my_cases(db, catalog, by=person.id, now=now)
        if Permission.SEE_READINESS in may
        else None,
        overdue=overdue.count_all(db) if Permission.SEE_OVERDUE in may else None,
        alarms=alarms.alarms_standing(db) if Permission.SEE_ALARMS in may else (),
    )


def _to_verify(db: Database, person: SignedIn) -> int:
    """How many results wait for this person: one's own wait for somebody else."""
    with db.reading() as session:
        waiting = results.to_verify(session, limit=MOST_COUNTED)
    return sum(version.entered_by != person.id for version in waiting)


def _to_reconcile(db: Database) -> int:
    with db.reading() as session:
        return len(orders.to_reconcile(session, None, MOST_COUNTED))
