"""The bedside as JSON."""

from __future__ import annotations

from typing import Any

from ..journeys import bedside, bedside_after, bedside_plan
from ..journeys.bedside import Registered, Registration
from ..journeys.bedside_identity import SecondPerson, Wristband
from ..journeys.bedside_plan import Preview
from ..procedures import Account, DrawPlan, NewCore, NewPull, Observation
from ..staff import Permission
from .api import ApiBlueprint
from .counting import counts_by_itself
from .permissions import needs
from .request import act, catalog, db, now
from .schemas.bedside import (
    AllocationIn,
    AllocationOut,
    DrawPlanOut,
    ObservationIn,
    ObservationOut,
    ProcedureIn,
    RegisteredOut,
)

api = ApiBlueprint("bedside_api", __name__, url_prefix="/api/v1", description="The procedure at the bedside")


@api.route("/orders/<number>/draw-plan")
@needs(Permission.REGISTER_PROCEDURE)
@api.response(200, DrawPlanOut)
def draw_plan(number: str) -> DrawPlan:
    """Pulls in order, what each fills, and the total as a share of the child's blood volume."""
    return bedside_plan.draw_plan(db(), catalog(), number, now=now())


@api.route("/orders/<number>/allocation", methods=["POST"])
@needs(Permission.REGISTER_PROCEDURE)
@counts_by_itself
@api.arguments(AllocationIn)
@api.response(200, AllocationOut)
def allocation(data: dict[str, Any], number: str) -> Preview:
    """What these pulls cover, and which tests still need how much more. Nothing is written."""
    return preview(number, data)


@api.route("/orders/<number>/procedures", methods=["POST"])
@needs(Permission.REGISTER_PROCEDURE)
@api.arguments(ProcedureIn)
@api.response(201, RegisteredOut)
def register(data: dict[str, Any], number: str) -> Registered:
    """Registers the procedure: case, samples, custody and labels, all or nothing."""
    doing = act(place=data.pop("place"), event_id=data.pop("event_id"))
    return bedside.register_procedure(db(), catalog(), registration(number, data), act=doing)


@api.route("/cases/<case_number>/observations/<item>", methods=["POST"])
@needs(Permission.REGISTER_PROCEDURE)
@api.arguments(ObservationIn)
@api.response(200, ObservationOut)
def observe(data: dict[str, Any], case_number: str, item: str) -> Observation:
    """An item of the checks after the procedure is done."""
    doing = act(occurred_at=data["occurred_at"])
    return bedside_after.note_observation(db(), case_number, item, note=data["note"], act=doing)


_SENT = ("operator", "supervisor", "films", "not_obtained_reason", "labels_of_a_kit")


def preview(number: str, data: dict[str, Any]) -> Preview:
    """What loaded pulls and cores cover."""
    pulls, cores = _drawn(data)
    blood = data["blood_drawn_ml"]
    return bedside_plan.preview(db(), catalog(), number, pulls, cores, blood_drawn_ml=blood, now=now())


def registration(number: str, data: dict[str, Any]) -> Registration:
    """The registration that a loaded ProcedureIn asks for."""
    pulls, cores = _drawn(data)
    band = data.pop("wristband")
    sent = {name: data.pop(name) for name in _SENT}
    site_confirmed_by, override_by = data.pop("site_confirmed_by"), data.pop("volume_override_by")
    told = {name: tuple(data.pop(name)) for name in ("checked", "complications")}
    return Registration(
        order_number=number,
        wristband=Wristband(**band | {"confirmed_by": _second(band["confirmed_by"])}),
        account=Account(**data | told | {"pulls": pulls, "cores": cores}),
        **sent,
        site_confirmed_by=_second(site_confirmed_by),
        volume_override_by=_second(override_by),
    )


def _drawn(data: dict[str, Any]) -> tuple[tuple[NewPull, ...], tuple[NewCore, ...]]:
    return tuple(NewPull(**pull) for pull in data["pulls"]), tuple(NewCore(**core) for core in data["cores"])


def _second(data: dict[str, str] | None) -> SecondPerson | None:
    return SecondPerson(**data) if data else None
