"""Labels: the set of a case with its preview, one more of a sample, labels out of use, another code."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ..catalog import LabelUse, ReasonUse, reasons_for
from ..journeys import bedside_after, label_set, printing, relabelling
from ..journeys.printing import Chosen, JobCard
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .permissions import needs
from .request import act, catalog, db, now, wants_fragment
from .schemas import printing as schemas
from .schemas.bedside import ReprintIn
from .shedding import heavy

pages = Blueprint("labels", __name__)
api = ApiBlueprint("labels_api", __name__, url_prefix="/api/v1", description="Labels")


@pages.get("/labels/<number>.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def case_set(number: str) -> Response:
    return pdf_response(bedside_after.case_labels(db(), catalog(), number, act=act()), "labels.pdf")


@pages.route("/cases/<number>/labels", methods=["GET", "POST"])
@needs(Permission.PRINT_LABELS)
def case_labels(number: str) -> ResponseReturnValue:
    """What each label of a case says, and printing some of them again."""
    form = Form(schemas.PrintAgainIn, copies=1)
    if job := form.attempt(lambda data: _print_again(number, data, form)):
        return redirect(url_for("printing.job", name=job.name))
    found = label_set.label_set(db(), catalog(), number)
    printers = [(one.code, one.name) for one in found.printers]
    choices = {"printers": printers, "designs": _designs(), "reasons": _reasons(ReasonUse.REPRINT)}
    return form.page("labels/case.html", found=found, **choices, now=now())


@pages.get("/cases/<number>/print-jobs")
@needs(Permission.PRINT_LABELS)
def case_jobs(number: str) -> str:
    """The print jobs of a case: a part of the bedside page, which asks again while something is under way."""
    jobs = printing.jobs_of_case(db(), catalog(), number)
    template = "printing/case_jobs.html" if wants_fragment() else "printing/case_jobs_page.html"
    return render_template(template, jobs=jobs, number=number)


@pages.get("/samples/<code>/label")
@needs(Permission.PRINT_LABELS)
def label(code: str) -> ResponseReturnValue:
    return _label_page(code, Form(schemas.VoidIn))


@pages.get("/samples/<code>/label.svg")
@needs(Permission.PRINT_LABELS)
def preview(code: str) -> Response:
    return Response(label_set.label_svg(db(), catalog(), code), mimetype="image/svg+xml")


@pages.post("/samples/<code>/label")
@needs(Permission.PRINT_LABELS)
@heavy
def reprint(code: str) -> ResponseReturnValue:
    form = Form(ReprintIn)
    doing = act(event_id=form.event_id)
    if pdf := form.attempt(lambda data: bedside_after.reprint(db(), catalog(), code, act=doing, **data)):
        return pdf_response(pdf, f"label-{code}.pdf")
    return form.page("labels/refused.html", code=code)


@pages.post("/samples/<code>/relabelling")
@needs(Permission.RELABEL_SAMPLES)
def relabel(code: str) -> ResponseReturnValue:
    form = Form(schemas.RelabelIn)
    doing = act(event_id=form.event_id)
    if done := form.attempt(lambda data: relabelling.relabel(db(), catalog(), code, act=doing, **data)):
        return redirect(url_for("printing.job", name=done.job.name))
    return _label_page(code, form)


@pages.post("/samples/<code>/voiding")
@needs(Permission.VOID_LABELS)
def void(code: str) -> ResponseReturnValue:
    form = Form(schemas.VoidIn)
    doing = act(event_id=form.event_id)
    if done := form.attempt(lambda data: relabelling.void(db(), catalog(), code, act=doing, **data)):
        return form.page("labels/voided.html", done=done)
    return _label_page(code, form)


@api.route("/cases/<number>/labels", methods=["GET"])
@needs(Permission.PRINT_LABELS)
@heavy
@api.response(200, content_type="application/pdf")
def api_case_set(number: str) -> Response:
    """The labels of the case that were not scanned back yet, one page each."""
    return case_set(number)


@api.route("/cases/<number>/label-set")
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.LabelSetOut)
def api_label_set(number: str) -> label_set.LabelSet:
    """The labels of the case: how often each was printed, and whether it was scanned back."""
    return label_set.label_set(db(), catalog(), number)


@api.route("/cases/<number>/print-jobs", methods=["GET"])
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.JobsOut)
def api_case_jobs(number: str) -> dict[str, Any]:
    """The print jobs of the case, newest first."""
    return {"jobs": printing.jobs_of_case(db(), catalog(), number), "next": None}


@api.route("/cases/<number>/print-jobs", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.PrintAgainIn)
@api.response(201, schemas.JobOut)
def api_print_again(data: dict[str, Any], number: str) -> JobCard:
    """Labels of the case once more, with a coded reason; without a printer they wait as a PDF."""
    return _print_again(number, data)


@api.route("/samples/<code>/label", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@heavy
@api.arguments(ReprintIn)
@api.response(200, content_type="application/pdf")
def api_reprint(data: dict[str, Any], code: str) -> Response:
    """One more label of a sample, with a coded reason."""
    return pdf_response(bedside_after.reprint(db(), catalog(), code, act=act(), **data), f"label-{code}.pdf")


@api.route("/samples/<code>/relabelling", methods=["POST"])
@needs(Permission.RELABEL_SAMPLES)
@api.arguments(schemas.RelabelIn)
@api.response(201, schemas.RelabelledOut)
def api_relabel(data: dict[str, Any], code: str) -> relabelling.Relabelled:
    """Another code for a sample; its old code answers STOP from now on."""
    return relabelling.relabel(db(), catalog(), code, act=act(), **data)


@api.route("/samples/<code>/voiding", methods=["POST"])
@needs(Permission.VOID_LABELS)
@api.arguments(schemas.VoidIn)
@api.response(200, schemas.VoidedOut)
def api_void(data: dict[str, Any], code: str) -> relabelling.Voided:
    """A label that was not used: its sample was not obtained, and its code answers STOP from now on."""
    return relabelling.void(db(), catalog(), code, act=act(), **data)


def pdf_response(content: bytes, name: str) -> Response:
    """A PDF to look at in the browser, which keeps no copy."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)


def _print_again(number: str, data: dict[str, Any], form: Form | None = None) -> JobCard:
    chosen = [Chosen(code=code, copies=data["copies"]) for code in dict.fromkeys(data["codes"])]
    doing = act(event_id=form.event_id if form else None)
    wanted = {name: data[name] for name in ("reason", "printer", "design")}
    return printing.print_again(db(), catalog(), number, chosen, **wanted, act=doing)


def _label_page(code: str, form: Form) -> ResponseReturnValue:
    found = label_set.label_of(db(), catalog(), code)
    uses = (ReasonUse.REPRINT, ReasonUse.RELABEL, ReasonUse.NOT_OBTAINED)
    reasons = {use.value: _reasons(use) for use in uses}
    return form.page("labels/label.html", found=found, row=found.rows[0], reasons=reasons, now=now())


def _designs() -> list[tuple[str, str]]:
    designs = catalog().label_designs.values()
    return [(one.code, one.name) for one in designs if one.use == LabelUse.SAMPLE]


def _reasons(use: ReasonUse) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in reasons_for(catalog(), use)]
