"""Is it ready? The clinician's question, answered first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from ..journeys import tracker
from ..results import CaseReadiness
from ..staff import Permission
from .api import ApiBlueprint
from .counting import counts_by_itself
from .forms import Form
from .permissions import needs
from .request import catalog, db, now, person
from .schemas.tracker import CasesFound, ReadinessOut, SearchForm
from .shedding import heavy

pages = Blueprint("tracker", __name__)
api = ApiBlueprint("tracker_api", __name__, url_prefix="/api/v1", description="Readiness")


@pages.route("/tracker", methods=["GET", "POST"])
@needs(Permission.SEE_READINESS)
@counts_by_itself
@heavy
def index() -> ResponseReturnValue:
    form = Form(SearchForm)
    found = form.attempt(lambda data: tracker.search(db(), catalog(), data["text"], now=now()))
    mine = tracker.my_cases(db(), catalog(), by=person().id, now=now()) if found is None else []
    return form.page("tracker/index.html", found=found, mine=mine, now=now())


@pages.get("/cases/<number>/readiness")
@needs(Permission.SEE_READINESS)
def case(number: str) -> str:
    answer = tracker.case_answer(db(), catalog(), number, now=now())
    return render_template("tracker/case.html", found=answer, now=now())


@api.route("/cases/search", methods=["POST"])
@needs(Permission.SEE_READINESS)
@counts_by_itself
@heavy
@api.arguments(SearchForm)
@api.response(200, CasesFound)
def search(data: dict[str, Any]) -> dict[str, Any]:
    """Cases by case number, sample code, MRN or name, the newest first, with their answers."""
    return {"cases": tracker.search(db(), catalog(), data["text"], now=now())}


@api.route("/cases/<case_number>/readiness")
@needs(Permission.SEE_READINESS)
@api.response(200, ReadinessOut)
def readiness(case_number: str) -> CaseReadiness:
    """One sentence for the case and one for each test, in the clinician's words."""
    return tracker.readiness(db(), catalog(), case_number, now=now())
