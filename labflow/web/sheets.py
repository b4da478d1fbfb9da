"""Sheets of codes as PDF: do-cards, places, badges."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from ..foundation.codes import CodeKind
from ..journeys import sheets
from ..staff import Permission
from .counting import counts_by_itself
from .forms import Form
from .labels import pdf_response
from .permissions import needs
from .request import catalog, db, rng
from .schemas.printing import BadgesForm
from .shedding import heavy

pages = Blueprint("sheets", __name__)


@pages.get("/sheets")
@needs(Permission.SEE_HOME)
def index() -> str:
    return render_template("sheets/index.html")


@pages.get("/sheets/do-cards.pdf")
@needs(Permission.SEE_HOME)
@heavy
def do_cards() -> Response:
    return pdf_response(sheets.do_cards_pdf(catalog()), "do-cards.pdf")


@pages.get("/sheets/places.pdf")
@needs(Permission.SEE_HOME)
@heavy
def places() -> Response:
    return pdf_response(sheets.places_pdf(catalog()), "places.pdf")


@pages.get("/sheets/place-labels.pdf")
@needs(Permission.SEE_HOME)
@heavy
def place_labels() -> Response:
    return pdf_response(sheets.place_labels_pdf(catalog()), "place-labels.pdf")


@pages.get("/sheets/new-bags.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def new_bags() -> Response:
    return pdf_response(sheets.new_bags_pdf(catalog(), CodeKind.BAG, rng=rng()), "new-bags.pdf")


@pages.get("/sheets/new-racks.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def new_racks() -> Response:
    return pdf_response(sheets.new_bags_pdf(catalog(), CodeKind.RACK, rng=rng()), "new-racks.pdf")


@pages.route("/sheets/badges", methods=["GET", "POST"])
@needs(Permission.MANAGE_STAFF)
@counts_by_itself
@heavy
def badges() -> ResponseReturnValue:
    """The badges of chosen people: a badge signs in where a shift is open, so nobody prints all of them."""
    form = Form(BadgesForm)
    if pdf := form.attempt(_badges):
        return pdf_response(pdf, "badges.pdf")
    people = [(one.badge, f"{one.name} ({one.login})") for one in sheets.everybody(db())]
    return form.page("sheets/badges.html", people=people)


def _badges(chosen: dict[str, list[str]]) -> bytes:
    return (
        sheets.badge_labels_pdf(db(), catalog(), chosen["people"])
        if chosen["as_labels"]
        else sheets.badges_pdf(db(), chosen["people"])
    )
