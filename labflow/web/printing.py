"""Print jobs: what waits, what failed and why, and printing again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ..journeys import printing
from ..journeys.printing import MOST_SHOWN, JobCard
from ..labels import JobState, UnknownJob
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .labels import pdf_response
from .paging import decode_key, encode_key
from .permissions import needs
from .request import act, catalog, db, wants_fragment
from .schemas import printing as schemas
from .shedding import heavy

pages = Blueprint("printing", __name__)
api = ApiBlueprint("printing_api", __name__, url_prefix="/api/v1", description="Print jobs")


@pages.get("/printing")
@needs(Permission.PRINT_LABELS)
def index() -> str:
    asked = schemas.JobsQuery().load({name: value for name, value in request.args.items() if value})
    jobs, following = _jobs(**asked)
    template = "printing/jobs.html" if wants_fragment() else "printing/index.html"
    return render_template(template, jobs=jobs, following=following, chosen=asked["state"], states=JobState)


@pages.route("/printing/<name>", methods=["GET", "POST"])
@needs(Permission.PRINT_LABELS)
def job(name: str) -> ResponseReturnValue:
    form = Form(schemas.RetryIn)
    if form.attempt(lambda data: printing.retry(db(), catalog(), _name(name), **data)):
        return redirect(url_for(".job", name=name))
    found = printing.job(db(), catalog(), _name(name))
    return form.page("printing/state.html" if wants_fragment() else "printing/job.html", job=found)


@pages.get("/printing/<name>/labels.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def job_pdf(name: str) -> Response:
    return pdf_response(printing.job_pdf(db(), catalog(), _name(name), act=act()), "labels.pdf")


@pages.route("/printing/test-label", methods=["GET", "POST"])
@needs(Permission.PRINT_LABELS)
def test_label() -> ResponseReturnValue:
    """A ruler at one of the printers, or as a PDF of each design."""
    form = Form(schemas.TestLabelIn)
    doing = act(event_id=form.event_id)
    if made := form.attempt(lambda data: printing.print_test(db(), catalog(), act=doing, **data)):
        return redirect(url_for(".job", name=made.name))
    offer = catalog()
    printers = [(one.code, one.name) for one in offer.printers.values()]
    designs = [(one.code, one.name) for one in offer.label_designs.values()]
    return form.page("printing/test_label.html", offer=offer, printers=printers, designs=designs)


@pages.get("/printing/test-label/<design>.pdf")
@needs(Permission.PRINT_LABELS)
@heavy
def test_label_pdf(design: str) -> Response:
    return pdf_response(printing.test_label_pdf(catalog(), design), "test-label.pdf")


@api.route("/print-jobs")
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.JobsQuery, location="query")
@api.response(200, schemas.JobsOut)
def api_jobs(query: dict[str, Any]) -> dict[str, Any]:
    """Print jobs, newest first."""
    jobs, following = _jobs(**query)
    return {"jobs": jobs, "next": following}


@api.route("/print-jobs/<name>")
@needs(Permission.PRINT_LABELS)
@api.response(200, schemas.JobOut)
def api_job(name: str) -> JobCard:
    """One print job."""
    return printing.job(db(), catalog(), _name(name))


@api.route("/print-jobs/<name>/retry", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.RetryIn)
@api.response(200, schemas.JobOut)
def api_retry(data: dict[str, Any], name: str) -> JobCard:
    """A failed job waits again, perhaps for another printer."""
    return printing.retry(db(), catalog(), _name(name), **data)


@api.route("/print-jobs/<name>/labels")
@needs(Permission.PRINT_LABELS)
@heavy
@api.response(200, content_type="application/pdf")
def api_job_pdf(name: str) -> Response:
    """The labels of a job as a PDF; a job that nothing printed is done with it."""
    return job_pdf(name)


@api.route("/test-labels", methods=["POST"])
@needs(Permission.PRINT_LABELS)
@api.arguments(schemas.TestLabelIn)
@api.response(201, schemas.JobOut)
def api_test_label(data: dict[str, Any]) -> JobCard:
    """A test label with a ruler."""
    return printing.print_test(db(), catalog(), act=act(), **data)


def _jobs(*, state: JobState | None, after: str | None) -> tuple[list[JobCard], str | None]:
    """The jobs of this page, and the key of the next when there may be one."""
    key = decode_key(after, [int])
    found = printing.jobs(db(), catalog(), state=state, before=int(key[0]) if key else None)
    return found, encode_key([found[-1].id]) if len(found) == MOST_SHOWN else None


def _name(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownJob(name=text[:36]) from None
