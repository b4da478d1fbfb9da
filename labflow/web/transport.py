"""Hand-over: what I carry, bags, and their contents."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ..custody import BagAction
from ..foundation.errors import Forbidden
from ..journeys import transport
from ..journeys.transport_bags import BagCard
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .permissions import needs
from .request import act, catalog, db, now, person
from .schemas.transport import BagMove, BagOut, BagsOut, CarriedOut, NewBag, PackIn, PackOut

pages = Blueprint("transport", __name__)
api = ApiBlueprint("transport_api", __name__, url_prefix="/api/v1", description="Bags and hand-overs")


class MayNotReceive(Forbidden):
    """Your role does not receive bags.

    Take it, and hand it over at reception.
    """


@pages.route("/hand-over", methods=["GET", "POST"])
@needs(Permission.MOVE_SAMPLES)
def index() -> ResponseReturnValue:
    form = Form(NewBag, temperature="room")
    if made := form.attempt(lambda data: _open(data, form)):
        return redirect(url_for("transport.bag", code=made.code))
    carried = transport.carried(db(), catalog(), person().badge)
    bags, racks = transport.bags_on_the_way(db(), catalog()), transport.racks(db(), catalog())
    return form.page("transport/index.html", carried=carried, bags=bags, racks=racks, now=now())


@pages.get("/bags/<code>")
@needs(Permission.MOVE_SAMPLES)
def bag(code: str) -> str:
    return render_template(
        "transport/bag.html", bag=transport.bag_card(db(), catalog(), code), now=now(), form=Form(BagMove)
    )


@pages.get("/bags/<code>/panel")
@needs(Permission.MOVE_SAMPLES)
def panel(code: str) -> str:
    """The part of a page that says what was expected, scanned and missing."""
    return render_template("transport/panel.html", bag=transport.bag_card(db(), catalog(), code), now=now())


@pages.post("/bags/<code>")
@needs(Permission.MOVE_SAMPLES)
def move(code: str) -> ResponseReturnValue:
    form = Form(BagMove)
    if form.attempt(lambda data: _move(code, data, form)):
        return redirect(url_for("transport.bag", code=code))
    return form.page("transport/bag.html", bag=transport.bag_card(db(), catalog(), code), now=now())


@api.route("/hand-over")
@needs(Permission.MOVE_SAMPLES)
@api.response(200, CarriedOut)
def carried_json() -> dict[str, Any]:
    """What you hold of the samples that reception has not decided on, tightest limit first."""
    return {"samples": transport.carried(db(), catalog(), person().badge)}


@api.route("/bags", methods=["GET"])
@needs(Permission.MOVE_SAMPLES)
@api.response(200, BagsOut)
def bags_json() -> dict[str, Any]:
    """Bags that are not reconciled yet, oldest first."""
    return {"bags": transport.bags_on_the_way(db(), catalog())}


@api.route("/racks")
@needs(Permission.MOVE_SAMPLES)
@api.response(200, BagsOut)
def racks_json() -> dict[str, Any]:
    """Every rack with what lies in it."""
    return {"bags": transport.racks(db(), catalog())}


@api.route("/bags", methods=["POST"])
@needs(Permission.MOVE_SAMPLES)
@api.arguments(NewBag)
@api.response(201, BagOut)
def open_bag(data: dict[str, Any]) -> BagCard:
    """A new bag; without a pre-printed code it gets one. A rack needs its printed code and a place."""
    place = data.pop("place")
    return transport.open_bag(db(), catalog(), act=act(place=place), **data)


@api.route("/bags/<code>")
@needs(Permission.MOVE_SAMPLES)
@api.response(200, BagOut)
def bag_json(code: str) -> BagCard:
    """One bag with what was packed into it and what is missing."""
    return transport.bag_card(db(), catalog(), code)


@api.route("/bags/<code>/samples", methods=["POST"])
@needs(Permission.MOVE_SAMPLES)
@api.arguments(PackIn)
@api.response(200, PackOut)
def pack(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Put a sample into the bag, by the packing rules."""
    doing = act(place=data["place"])
    return {"packed": transport.pack(db(), catalog(), code, data["sample"], act=doing)}


@api.route("/bags/<code>/move", methods=["POST"])
@needs(Permission.MOVE_SAMPLES)
@api.arguments(BagMove)
@api.response(200, BagOut)
def move_json(data: dict[str, Any], code: str) -> BagCard:
    """Hand over, take or receive the bag with everything in it."""
    return _move(code, data)


def _open(data: dict[str, Any], form: Form) -> BagCard:
    doing = act(place=data.pop("place"), event_id=form.event_id)
    return transport.open_bag(db(), catalog(), act=doing, **data)


def _move(code: str, data: dict[str, Any], form: Form | None = None) -> BagCard:
    action = BagAction(data["action"])
    if action == BagAction.RECEIVE and Permission.RECEIVE_SAMPLES not in person().permissions:
        raise MayNotReceive
    doing = act(place=data["place"], event_id=form.event_id if form else None)
    return transport.move_bag(db(), catalog(), code, action, act=doing)
