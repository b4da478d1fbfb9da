"""Is the process alive, and can it work?"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from ..foundation.errors import Unavailable
from ..migrations import current, newest
from .permissions import open_to_all
from .request import db

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """200 while the process answers."""
    return jsonify(status="alive")


@pages.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """200 when the database answers at this version's schema; 503 and what is wrong otherwise."""
    try:
        with db().reading() as session:
            session.connection().execute(sa.text("SELECT 1"))
        schema = current(db().engine)
    except (Unavailable, sa.exc.SQLAlchemyError):
        return jsonify(status="not ready", database="cannot be reached"), 503, {"Retry-After": "2"}
    if schema != newest():
        return jsonify(status="not ready", database="needs `labflow migrate`"), 503, {"Retry-After": "60"}
    return jsonify(status="ready", database=db().dialect)
