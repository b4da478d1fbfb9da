"""The evidence log: its key for paper, how it stands, and custody packs to take away."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request

from ..journeys import evidence
from ..staff import Permission
from .permissions import needs
from .request import catalog, db, now
from .shedding import heavy

pages = Blueprint("evidence", __name__)


@pages.get("/evidence")
@needs(Permission.CHECK_LEDGER)
def index() -> str:
    return render_template("evidence/index.html", standing=evidence.log_standing(db()))


@pages.get("/samples/<code>/evidence.zip")
@needs(Permission.CHECK_LEDGER)
@heavy
def pack(code: str) -> Response:
    data, at = current_app.extensions["labflow.settings"].data, now()
    details = request.args.get("details") != "no"
    found = evidence.custody_pack(db(), catalog(), data, code, now=at, details=details)
    headers = {"Content-Disposition": f'attachment; filename="{code}.zip"', "Cache-Control": "no-store"}
    return Response(evidence.as_zip(found, now=at), mimetype="application/zip", headers=headers)
