"""Reception: what arrives, in which condition, and where it goes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ..catalog import ReasonUse
from ..journeys import reception, sample_card, transport
from ..journeys.reception import Accepted, Decision, Rejected
from ..journeys.transport_bags import BagCard
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .permissions import needs
from .request import act, catalog, db, now
from .schemas.reception import (
    AcceptedOut,
    AcceptIn,
    DecisionForm,
    DeviationIn,
    QuarantineIn,
    ReconcileIn,
    RejectedOut,
    RejectIn,
)
from .schemas.transport import AwaitedOut, BagOut, MissingOut

pages = Blueprint("reception", __name__)
api = ApiBlueprint("reception_api", __name__, url_prefix="/api/v1", description="Reception")


@pages.get("/reception")
@needs(Permission.RECEIVE_SAMPLES)
def index() -> str:
    return render_template(
        "reception/index.html",
        bags=transport.bags_on_the_way(db(), catalog()),
        awaited=reception.awaited(db(), catalog()),
        missing=transport.missing(db(), catalog()),
        now=now(),
    )


@pages.route("/reception/<code>", methods=["GET", "POST"])
@needs(Permission.RECEIVE_SAMPLES)
def decide(code: str) -> ResponseReturnValue:
    form = Form(DecisionForm)
    if form.attempt(lambda data: _decide(code, data, form)):
        return redirect(url_for("samples.card", code=code))
    card = sample_card.sample_card(db(), catalog(), code, now=now())
    return form.page(
        "reception/decide.html", card=card, reasons=catalog().reasons.values(), uses=ReasonUse, now=now()
    )


@pages.route("/reception/bags/<code>", methods=["GET", "POST"])
@needs(Permission.RECEIVE_SAMPLES)
def reconcile(code: str) -> ResponseReturnValue:
    form = Form(ReconcileIn)
    doing = act(event_id=form.event_id)
    if form.attempt(lambda data: reception.reconcile_bag(db(), catalog(), code, act=doing, **data)):
        return redirect(url_for("reception.index"))
    bag = transport.bag_card(db(), catalog(), code)
    return form.page(
        "reception/bag.html", bag=bag, reasons=catalog().reasons.values(), uses=ReasonUse, now=now()
    )


def _decide(code: str, data: dict[str, Any], form: Form) -> Accepted | Rejected | str:
    doing = act(place=data["place"], event_id=form.event_id)
    decision = Decision(**data["decision"])
    match data["verdict"]:
        case "accept":
            return reception.accept(db(), catalog(), code, act=doing)
        case "deviation":
            return reception.accept_with_deviation(db(), catalog(), code, decision, act=doing)
        case "quarantine":
            reception.quarantine(db(), catalog(), code, decision, act=doing)
            return code
    sedation = data["needs_sedation"]
    return reception.reject(db(), catalog(), code, decision, needs_sedation=sedation, act=doing)


@api.route("/reception")
@needs(Permission.RECEIVE_SAMPLES)
@api.response(200, AwaitedOut)
def awaited_json() -> dict[str, Any]:
    """Samples collected and not yet decided on, oldest first."""
    return {"samples": reception.awaited(db(), catalog())}


@api.route("/missing")
@needs(Permission.RECEIVE_SAMPLES)
@api.response(200, MissingOut)
def missing_json() -> dict[str, Any]:
    """Samples that a bag or rack was closed without and that nobody scanned since, the longest first."""
    return {"samples": transport.missing(db(), catalog())}


@api.route("/samples/<code>/accept", methods=["POST"])
@needs(Permission.RECEIVE_SAMPLES)
@api.arguments(AcceptIn)
@api.response(200, AcceptedOut)
def accept(data: dict[str, Any], code: str) -> Accepted:
    """The condition is good: the sample's tests go to their queues."""
    return reception.accept(db(), catalog(), code, act=act(**data))


@api.route("/samples/<code>/accept-with-deviation", methods=["POST"])
@needs(Permission.RECEIVE_SAMPLES)
@api.arguments(DeviationIn)
@api.response(200, AcceptedOut)
def deviate(data: dict[str, Any], code: str) -> Accepted:
    """Accepted although something is wrong; somebody who may approves it with login and password."""
    place = data.pop("place")
    return reception.accept_with_deviation(db(), catalog(), code, Decision(**data), act=act(place=place))


@api.route("/samples/<code>/reject", methods=["POST"])
@needs(Permission.RECEIVE_SAMPLES)
@api.arguments(RejectIn)
@api.response(200, RejectedOut)
def reject(data: dict[str, Any], code: str) -> Rejected:
    """Refused for coded reasons; with `needs_sedation` an order for a new sample is made."""
    place, sedation = data.pop("place"), data.pop("needs_sedation")
    decision = Decision(**data)
    return reception.reject(db(), catalog(), code, decision, needs_sedation=sedation, act=act(place=place))


@api.route("/samples/<code>/quarantine", methods=["POST"])
@needs(Permission.RECEIVE_SAMPLES)
@api.arguments(QuarantineIn)
@api.response(204)
def quarantine(data: dict[str, Any], code: str) -> None:
    """Set aside until two people have settled whose it is."""
    place = data.pop("place")
    reception.quarantine(db(), catalog(), code, Decision(**data), act=act(place=place))


@api.route("/bags/<code>/reconcile", methods=["POST"])
@needs(Permission.RECEIVE_SAMPLES)
@api.arguments(ReconcileIn)
@api.response(200, BagOut)
def reconcile_json(data: dict[str, Any], code: str) -> BagCard:
    """Close a received bag or the check of a rack; what is missing is named and needs a reason."""
    return reception.reconcile_bag(db(), catalog(), code, act=act(), **data)
