"""One act on many samples: tick, preview, do, and take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ..foundation.codes import CodeKind, require_kind
from ..foundation.errors import LabError, NotFound
from ..journeys import bulk
from ..journeys.bulk import Outcome
from ..staff import Permission
from .counting import counts_by_itself
from .forms import Form
from .permissions import needs
from .request import act, catalog, db, now, person, person_or_none
from .schemas.bulk import BulkForm, asked_for, local_path

pages = Blueprint("bulk", __name__)


class NoSuchPlace(NotFound):
    """There is no place {place}.

    Choose one of the list.
    """


@pages.app_context_processor
def _offered() -> dict[str, Any]:
    """What lists offer for what is ticked in them."""
    who = person_or_none()
    if who is None or Permission.SCAN not in who.permissions:
        return {"bulk_actions": []}
    return {
        "bulk_actions": bulk.actions_of(who),
        "bulk_reasons": bulk.reasons_offered(catalog(), who),
        "bulk_back": request.full_path.rstrip("?") if request.method == "GET" else "/",
    }


@pages.post("/bulk/preview")
@needs(Permission.SCAN)
@counts_by_itself
def preview() -> ResponseReturnValue:
    """Nothing is done yet."""
    form = Form(BulkForm)
    outcome = form.attempt(_previewed)
    return form.page("bulk/preview.html", outcome=outcome, now=now())


@pages.post("/bulk")
@needs(Permission.SCAN)
def carry_out() -> ResponseReturnValue:
    form = Form(BulkForm)
    if lot := form.attempt(lambda data: _carried_out(data, form)):
        return redirect(url_for("bulk.card", lot=lot, back=form.values.get("back") or None))
    return form.page("bulk/preview.html", outcome=None, now=now())


@pages.get("/bulk/<uuid:lot>")
@needs(Permission.SCAN)
def card(lot: UUID) -> ResponseReturnValue:
    return _lot_page(lot)


@pages.post("/bulk/<uuid:lot>/undo")
@needs(Permission.SCAN)
def undo(lot: UUID) -> ResponseReturnValue:
    """One UNDO takes back the lot."""
    try:
        bulk.undo(db(), catalog(), lot, person(), act=act())
    except LabError as problem:
        return _lot_page(lot, problem)
    return redirect(url_for("bulk.card", lot=lot))


def _lot_page(lot: UUID, problem: LabError | None = None) -> ResponseReturnValue:
    found = bulk.lot_card(db(), catalog(), lot, person(), now=now())
    back = local_path(request.args.get("back", "/"))
    page = render_template("bulk/lot.html", lot=found, problem=problem, back=back, actions=bulk.ACTIONS)
    return page, problem.status if problem else 200


def _previewed(data: dict[str, Any]) -> Outcome:
    asked = asked_for(data)
    return bulk.preview(db(), catalog(), person(), asked, act=act(place=_known(asked.place)))


def _carried_out(data: dict[str, Any], form: Form) -> UUID:
    asked = asked_for(data)
    doing = act(place=_known(asked.place), event_id=form.event_id)
    return bulk.carry_out(db(), catalog(), person(), asked, act=doing)


def _known(place: str | None) -> str | None:
    if place is not None and require_kind(place, CodeKind.PLACE) not in catalog().places:
        raise NoSuchPlace(place=place)
    return place
