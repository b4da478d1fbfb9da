"""For the administrator and quality: the last backup, the last one restored on trial, what is planned."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from ..journeys import safekeeping
from ..journeys.safekeeping import Safekeeping
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .permissions import needs
from .request import db, now, settings
from .schemas.administration import Nothing
from .schemas.safekeeping import SafekeepingOut

pages = Blueprint("safekeeping", __name__)
api = ApiBlueprint("safekeeping_api", __name__, url_prefix="/api/v1", description="Backups")


@pages.get("/backups")
@needs(Permission.SEE_BACKUPS)
def index() -> ResponseReturnValue:
    return _page(Form(Nothing))


@pages.post("/backups")
@needs(Permission.MAKE_BACKUPS)
def ask() -> ResponseReturnValue:
    """Back up now: the worker does it next."""
    form = Form(Nothing)
    form.attempt(lambda _: safekeeping.ask_for_backup(db(), settings(), now=now()))
    return _page(form) if form.faulty else redirect(url_for(".index"))


@api.route("/backups")
@needs(Permission.SEE_BACKUPS)
@api.response(200, SafekeepingOut)
def api_index() -> Safekeeping:
    """The last backup, the last that was restored on trial, and what is planned."""
    return safekeeping.overview(db(), settings(), now=now())


def _page(form: Form) -> tuple[str, int]:
    view = safekeeping.overview(db(), settings(), now=now())
    return form.page("safekeeping/backups.html", view=view)
