"""Is the process alive, and can it work?"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from ..foundation.database import DatabaseUnavailable
from ..foundation.errors import Unavailable
from ..journeys import alarms
from ..journeys.alarms import Background, DutyNow
from ..migrations import current, newest
from .api import retry_after
from .permissions import open_to_all
from .request import db, now

pages = Blueprint("health", __name__)


class NeedsMigration(Unavailable):
    """The database has the schema of another version.

    Run `labflow migrate`, or start `labflow serve`, which migrates.
    """

    retry_after_seconds = 60


@pages.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """200 while the process answers."""
    return jsonify(status="alive")


@pages.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """200 when labflow can read and save, also where it is degraded; 503 and what is wrong otherwise."""
    try:
        seen = _background()
    except Unavailable as error:
        words = f"{error.message} {error.next_step}"
        return jsonify(status="not ready", database=words), 503, retry_after(error)
    return jsonify(
        status="ready" if seen.is_well else "degraded",
        database=db().dialect,
        duties={duty.name: _told(duty) for duty in seen.duties},
        alarms=[alarm.code for alarm in seen.alarms],
    )


def _background() -> Background:
    try:
        schema = current(db().engine)
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnavailable from error
    if schema != newest():
        raise NeedsMigration
    seen = alarms.background(db(), now=now())
    alarms.require_writable(db(), seen, now=now())
    return seen


def _told(duty: DutyNow) -> dict[str, Any]:
    """How a duty is getting on; what it waits for is told to those who may see alarms."""
    ago = round((now() - duty.finished_at).total_seconds(), 1) if duty.finished_at else None
    behind = round(duty.behind_seconds, 1)
    return {
        "late": duty.late,
        "faulty": bool(duty.fault),
        "behind_seconds": behind,
        "last_round_seconds_ago": ago,
    }
