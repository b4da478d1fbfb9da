"""Labels as PDF: the set of a case, and one more of a sample with its reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from ..journeys import bedside_after
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .permissions import needs
from .request import act, catalog, db
from .schemas.bedside import ReprintIn

pages = Blueprint("labels", __name__)
api = ApiBlueprint("labels_api", __name__, url_prefix="/api/v1", description="Labels")


@pages.get("/labels/<number>.pdf")
@needs(Permission.PRINT_LABELS)
def case_set(number: str) -> Response:
    return _pdf(bedside_after.case_labels(db(), catalog(), number, act=act()), "labels.pdf")


@pages.post("/samples/<code>/label")
@needs(Permission.PRINT_LABELS)
def reprint(code: str) -> ResponseReturnValue:
    form = Form(ReprintIn)
    doing = act(event_id=form.event_id)
    if pdf := form.attempt(lambda data: bedside_after.reprint(db(), catalog(), code, act=doing, **data)):
        return _pdf(pdf, f"label-{code}.pdf")
    return form.page("labels/refused.html", code=code)


@api.route("/cases/<number>/labels")
@needs(Permission.PRINT_LABELS)
@api.response(200, content_type="application/pdf")
def api_case_set(number: str) -> Response:
    """The labels of the case that were not scanned back yet, one page each."""
    return case_set(number)


@api.route("/samples/<code>/label", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(ReprintIn)
@api.response(200, content_type="application/pdf")
def api_reprint(data: dict[str, Any], code: str) -> Response:
    """One more label of a sample, with a coded reason."""
    return _pdf(bedside_after.reprint(db(), catalog(), code, act=act(), **data), f"label-{code}.pdf")


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)
