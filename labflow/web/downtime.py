"""Downtime kits: made and printed beforehand, put on record and closed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..catalog import PlaceKind
from ..foundation.errors import LabError
from ..journeys import downtime, label_set
from ..journeys.downtime import KitCard, PutOn
from ..journeys.label_set import LabelRow
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .labels import pdf_response
from .permissions import needs
from .request import act, catalog, db
from .schemas import printing as schemas
from .schemas.administration import Nothing
from .shedding import heavy

pages = Blueprint("downtime", __name__)
api = ApiBlueprint("downtime_api", __name__, url_prefix="/api/v1", description="Downtime kits")


@pages.route("/downtime-kits", methods=["GET", "POST"])
@needs(Permission.PRINT_LABELS)
def index() -> ResponseReturnValue:
    form = Form(schemas.kit_form(catalog().containers.values()), **_proposed())
    if made := form.attempt(lambda counts: _make(_listed(counts), counts["place"], form)):
        return redirect(url_for(".kit", number=made.number))
    places = [(one.code, one.name) for one in catalog().places.values() if one.kind == PlaceKind.BEDSIDE]
    kits = downtime.kits(db(), catalog())
    return form.page("downtime/index.html", kits=kits, places=places, offer=catalog())


@pages.route("/downtime-kits/<number>", methods=["GET", "POST"])
@needs(Permission.PRINT_LABELS)
def kit(number: str) -> ResponseReturnValue:
    """A kit; with `?case=` the samples of a case wait for its codes."""
    form = Form(schemas.PutOnForm)
    case = request.args.get("case", "").strip()
    if done := form.attempt(lambda data: _put_on(number, data.pop("code"), form, **data)):
        return redirect(url_for(".kit", number=number, case=done.case_number, done=done.code))
    return _kit_page(number, form, case)


@pages.get("/downtime-kits/<number>/sheet.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def sheet(number: str) -> Response:
    return pdf_response(downtime.sheet_pdf(db(), catalog(), number), f"{number}.pdf")


@pages.get("/downtime-kits/<number>/labels.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def kit_labels(number: str) -> Response:
    return pdf_response(downtime.labels_pdf(db(), catalog(), number), f"{number}-labels.pdf")


@pages.post("/downtime-kits/<number>/print-jobs")
@needs(Permission.PRINT_LABELS)
def print_kit(number: str) -> ResponseReturnValue:
    form = Form(schemas.PrinterIn)
    doing = act(event_id=form.event_id)
    if name := form.attempt(lambda data: downtime.print_kit(db(), catalog(), number, act=doing, **data)):
        return redirect(url_for("printing.job", name=name))
    return _kit_page(number, form, "")


@pages.post("/downtime-kits/<number>/reconciliation")
@needs(Permission.PRINT_LABELS)
def close(number: str) -> ResponseReturnValue:
    form = Form(Nothing)
    doing = act(event_id=form.event_id)
    if form.attempt(lambda _: downtime.close(db(), catalog(), number, act=doing)):
        return redirect(url_for(".kit", number=number))
    return _kit_page(number, form, "")


@api.route("/downtime-kits", methods=["GET"])
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.KitsOut)
def api_kits() -> dict[str, Any]:
    """The newest downtime kits."""
    return {"kits": downtime.kits(db(), catalog())}


@api.route("/downtime-kits", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.KitIn)
@api.response(201, schemas.KitOut)
def api_make(data: dict[str, Any]) -> KitCard:
    """A kit with a reserved code for each container."""
    return _make(data["containers"], data["place"])


@api.route("/downtime-kits/<number>")
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.KitOut)
def api_kit(number: str) -> KitCard:
    """One kit with its codes and the samples that have them."""
    return downtime.kit(db(), catalog(), number)


@api.route("/downtime-kits/<number>/codes/<code>", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.PutOnIn)
@api.response(200, schemas.PutOnOut)
def api_put_on(data: dict[str, Any], number: str, code: str) -> PutOn:
    """The sample has carried this kit's label since the downtime; entered late."""
    doing = act(read_by=data["read_by"])
    return downtime.put_on(db(), catalog(), number, code, data["sample"], act=doing)


@api.route("/downtime-kits/<number>/reconciliation", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.KitOut)
def api_close(number: str) -> KitCard:
    """Everything of the kit is on record: its unused codes go out of use."""
    return downtime.close(db(), catalog(), number, act=act())


def _proposed() -> dict[str, Any]:
    usual = downtime.usual_containers(catalog())
    return {f"count_{code}": count for code, count in usual.items()}


def _listed(counts: dict[str, Any]) -> list[str]:
    """Each container as often as it was asked for."""
    return [code for code in catalog().containers for _ in range(counts[f"count_{code}"])]


def _make(containers: Sequence[str], place: str | None, form: Form | None = None) -> KitCard:
    doing = act(place=place, event_id=form.event_id if form else None)
    return downtime.make_kit(db(), catalog(), containers, act=doing)


def _put_on(number: str, code: str, form: Form, *, sample: str) -> PutOn:
    return downtime.put_on(db(), catalog(), number, code, sample, act=act(event_id=form.event_id))


def _kit_page(number: str, form: Form, case: str) -> ResponseReturnValue:
    found = downtime.kit(db(), catalog(), number)
    waiting, refused = _waiting(found, case)
    answered = {"done": request.args.get("done", ""), "refused": refused}
    return form.page("downtime/kit.html", kit=found, case=case, waiting=waiting, **answered)


def _waiting(found: KitCard, case: str) -> tuple[list[LabelRow], LabError | None]:
    """The samples of the case that have no label of this kit, or why there are none to show."""
    if not case:
        return [], None
    on_samples = {line.code for line in found.lines}
    try:
        rows = label_set.label_set(db(), catalog(), case).rows
    except LabError as error:
        return [], error
    return [row for row in rows if row.code not in on_samples and not row.made_here], None
