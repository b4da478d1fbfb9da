"""Results: what waits to be verified, entry, verification, versions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ..catalog import ReasonUse, reasons_for
from ..journeys import sign_out
from ..journeys.result_versions import TestResults
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .matching import if_match, matches, tagged
from .permissions import NotAllowed, needs
from .request import act, catalog, db, now, person
from .schemas.sign_out import (
    AmendForm,
    AmendIn,
    EnterForm,
    EnterIn,
    ResultsToVerify,
    ReturnIn,
    SignForm,
    TestResultsOut,
    VerifyIn,
    WithdrawIn,
)

pages = Blueprint("sign_out", __name__)
api = ApiBlueprint("sign_out_api", __name__, url_prefix="/api/v1", description="Results")
_Tagged = tuple[TestResults, dict[str, str]]
_RESULT = "/cases/<case_number>/tests/<int:number>/result"


@pages.get("/verify")
@needs(Permission.VERIFY_RESULTS)
def index() -> str:
    waiting = sign_out.to_verify(db(), catalog(), by=person().id)
    return render_template("sign_out/index.html", waiting=waiting, now=now())


@pages.route("/results/<case_number>/<int:number>", methods=["GET", "POST"])
@needs(Permission.READ_RESULTS)
def result(case_number: str, number: int) -> ResponseReturnValue:
    """A result as the clinician gets it, with its versions; who may sign finds the forms below it."""
    form = Form(SignForm)
    if form.attempt(lambda data: _sign(case_number, number, data)):
        return redirect(url_for("sign_out.result", case_number=case_number, number=number))
    found = sign_out.versions(db(), catalog(), case_number, number)
    reasons = reasons_for(catalog(), ReasonUse.WITHDRAW)
    return form.page("sign_out/result.html", test=found, reasons=reasons, words=_words(), now=now())


@pages.route("/results/<case_number>/<int:number>/enter", methods=["GET", "POST"])
@needs(Permission.ENTER_RESULTS)
def enter(case_number: str, number: int) -> ResponseReturnValue:
    found = sign_out.versions(db(), catalog(), case_number, number)
    form = Form(EnterForm, **_typed(found))
    named = (db(), catalog(), case_number, number)
    if form.attempt(lambda data: sign_out.enter(*named, data["findings"], act=act())):
        return redirect(url_for("sign_out.result", case_number=case_number, number=number))
    return form.page("sign_out/enter.html", test=found, amending=False, now=now())


@pages.route("/results/<case_number>/<int:number>/amend", methods=["GET", "POST"])
@needs(Permission.ENTER_RESULTS)
def amend(case_number: str, number: int) -> ResponseReturnValue:
    found = sign_out.versions(db(), catalog(), case_number, number)
    form = Form(AmendForm, **_typed(found))
    if form.attempt(lambda data: _amend(case_number, number, data, seen=data["seen"])):
        return redirect(url_for("sign_out.result", case_number=case_number, number=number))
    reasons = reasons_for(catalog(), ReasonUse.AMEND)
    return form.page("sign_out/enter.html", test=found, amending=True, reasons=reasons, now=now())


def _amend(case_number: str, number: int, data: dict[str, Any], *, seen: str) -> TestResults:
    named = (db(), catalog(), case_number, number)
    changed = (data["findings"], data["amends"], data["reason"])
    return sign_out.amend(*named, *changed, seen=seen, act=act())


def _sign(case_number: str, number: int, data: dict[str, Any]) -> TestResults:
    """The one act of the result page that was chosen; reading it alone permits none of them."""
    if Permission.VERIFY_RESULTS not in person().permissions:
        raise NotAllowed(permission=Permission.VERIFY_RESULTS)
    named, seen, password = (db(), catalog(), case_number, number), data["seen"], data["password"]
    match data["action"]:
        case "verify":
            version = data["version"]
            return sign_out.verify(*named, version=version, password=password, seen=seen, act=act())
        case "return":
            return sign_out.return_(*named, data["note"], seen=seen, act=act())
    return sign_out.withdraw(*named, data["reason"], password=password, seen=seen, act=act())


def _typed(test: TestResults) -> dict[str, Any]:
    """What the newest version said, for a form that goes on from there."""
    if not test.versions:
        return {}
    newest = test.versions[0]
    typed = {f"field-{code}": value for code, value in newest.fields.items()}
    return typed | {"conclusion": newest.conclusion, "critical": newest.critical}


def _words() -> dict[str, str]:
    """Coded reasons in words."""
    return {code: reason.name for code, reason in catalog().reasons.items()}


@api.route("/results/to-verify")
@needs(Permission.VERIFY_RESULTS)
@api.response(200, ResultsToVerify)
def to_verify_json() -> dict[str, Any]:
    """What waits to be verified: amendments first, then by due time."""
    return {"results": sign_out.to_verify(db(), catalog(), by=person().id)}


@api.route(_RESULT, methods=["POST"])
@needs(Permission.ENTER_RESULTS)
@api.arguments(EnterIn)
@api.response(200, TestResultsOut)
def enter_json(data: dict[str, Any], case_number: str, number: int) -> _Tagged:
    """Enter a preliminary result; the catalog's fields are checked by name."""
    return tagged(sign_out.enter(db(), catalog(), case_number, number, data["findings"], act=act()))


@api.route(f"{_RESULT}/verify", methods=["POST"])
@needs(Permission.VERIFY_RESULTS)
@matches
@api.arguments(VerifyIn)
@api.response(200, TestResultsOut)
def verify_json(data: dict[str, Any], case_number: str, number: int) -> _Tagged:
    """Verify the version that was read, with one's own password."""
    seen = if_match()
    return tagged(sign_out.verify(db(), catalog(), case_number, number, seen=seen, act=act(), **data))


@api.route(f"{_RESULT}/return", methods=["POST"])
@needs(Permission.VERIFY_RESULTS)
@matches
@api.arguments(ReturnIn)
@api.response(200, TestResultsOut)
def return_json(data: dict[str, Any], case_number: str, number: int) -> _Tagged:
    """Send the waiting version back with a note."""
    named = (db(), catalog(), case_number, number)
    return tagged(sign_out.return_(*named, data["note"], seen=if_match(), act=act()))


@api.route(f"{_RESULT}/amend", methods=["POST"])
@needs(Permission.ENTER_RESULTS)
@matches
@api.arguments(AmendIn)
@api.response(200, TestResultsOut)
def amend_json(data: dict[str, Any], case_number: str, number: int) -> _Tagged:
    """A new version of a verified result; the old one stays the answer until this is verified."""
    return tagged(_amend(case_number, number, data, seen=if_match()))


@api.route(f"{_RESULT}/withdraw", methods=["POST"])
@needs(Permission.VERIFY_RESULTS)
@matches
@api.arguments(WithdrawIn)
@api.response(200, TestResultsOut)
def withdraw_json(data: dict[str, Any], case_number: str, number: int) -> _Tagged:
    """Take the answer back for a coded reason, with one's own password."""
    seen = if_match()
    return tagged(sign_out.withdraw(db(), catalog(), case_number, number, seen=seen, act=act(), **data))


@api.route("/cases/<case_number>/tests/<int:number>/results")
@needs(Permission.READ_RESULTS)
@api.response(200, TestResultsOut)
def versions_json(case_number: str, number: int) -> _Tagged:
    """Every version of a test's result, newest first."""
    return tagged(sign_out.versions(db(), catalog(), case_number, number))
