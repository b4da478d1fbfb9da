"""Sample card, case, and chain of custody."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..journeys import sample_card, tracker
from ..journeys.sample_card import CaseCard, CustodyView, SampleCard
from ..staff import Permission
from .api import ApiBlueprint
from .permissions import needs
from .request import catalog, db, now
from .schemas.samples import CaseOut, CustodyOut, SampleOut

pages = Blueprint("samples", __name__)
api = ApiBlueprint("samples_api", __name__, url_prefix="/api/v1", description="Samples, cases, custody")


@pages.get("/samples/<code>")
@needs(Permission.SEE_CASES)
def card(code: str) -> str:
    found = sample_card.sample_card(db(), catalog(), code, now=now())
    ready = tracker.readiness(db(), catalog(), found.case.number, now=now())
    view = sample_card.custody_view(db(), catalog(), code, now=now())
    return render_template("samples/card.html", card=found, ready=ready, last=view.entries[:-6:-1], now=now())


@pages.get("/samples/<code>/custody")
@needs(Permission.SEE_CASES)
def custody(code: str) -> str:
    view = sample_card.custody_view(db(), catalog(), code, now=now())
    return render_template("samples/custody.html", view=view, now=now())


@pages.get("/cases/<number>")
@needs(Permission.SEE_CASES)
def case(number: str) -> str:
    found = sample_card.case_card(db(), number)
    ready = tracker.readiness(db(), catalog(), number, now=now())
    return render_template("samples/case.html", card=found, ready=ready, now=now())


@api.route("/samples/<code>")
@needs(Permission.SEE_CASES)
@api.response(200, SampleOut)
def sample_json(code: str) -> SampleCard:
    """One sample: state, position, tests, children, viability limit, gaps."""
    return sample_card.sample_card(db(), catalog(), code, now=now())


@api.route("/samples/<code>/custody")
@needs(Permission.SEE_CASES)
@api.response(200, CustodyOut)
def custody_json(code: str) -> CustodyView:
    """Every act on one sample, first to last, with the gaps between them."""
    return sample_card.custody_view(db(), catalog(), code, now=now())


@api.route("/cases/<case_number>")
@needs(Permission.SEE_CASES)
@api.response(200, CaseOut)
def case_json(case_number: str) -> CaseCard:
    """One case: its samples and tests."""
    return sample_card.case_card(db(), case_number)
