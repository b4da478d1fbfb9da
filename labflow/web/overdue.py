"""Overdue: samples that should have been taken, received or worked on by now. No child is named here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from ..custody import OverdueKind
from ..journeys import overdue
from ..staff import Permission
from .api import ApiBlueprint
from .permissions import needs
from .polling import unless_unchanged
from .request import catalog, db, now, wants_fragment
from .schemas.overdue import OverdueOut

pages = Blueprint("overdue", __name__)
api = ApiBlueprint("overdue_api", __name__, url_prefix="/api/v1", description="Overdue samples")


@pages.get("/overdue")
@needs(Permission.SEE_OVERDUE)
def index() -> ResponseReturnValue:
    samples = overdue.overdue_list(db(), catalog())
    groups = [(kind, [one for one in samples if one.kind == kind]) for kind in OverdueKind]
    shown = {"groups": groups, "laboratory": catalog().laboratory, "now": now()}
    if wants_fragment():
        return unless_unchanged(render_template("overdue/groups.html", **shown))
    return render_template("overdue/index.html", **shown)


@api.route("/overdue")
@needs(Permission.SEE_OVERDUE)
@api.response(200, OverdueOut)
def overdue_json() -> dict[str, Any]:
    """Samples that are overdue, kind by kind, the latest first; `escalated_at` where it was escalated."""
    return {"samples": overdue.overdue_list(db(), catalog())}
