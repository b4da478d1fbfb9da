"""For quality and the administrator: what is wrong with labflow itself, in plain words."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..journeys import alarms
from ..staff import Permission
from .permissions import needs
from .request import db, now

pages = Blueprint("alarms", __name__)


@pages.get("/alarms")
@needs(Permission.SEE_ALARMS)
def index() -> str:
    return render_template("alarms/index.html", background=alarms.background(db(), now=now()), now=now())
