"""Demo mode only: codes to print or to click, and the on-screen scanner of every signed-in page."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from .. import labels
from ..foundation.errors import NotFound
from ..journeys import demo
from ..staff import Permission
from .permissions import needs
from .request import catalog, db, rng, settings
from .shedding import heavy

pages = Blueprint("demo", __name__, url_prefix="/demo")
_MOST_WORDS = 100


@pages.before_request
def only_in_demo_mode() -> None:
    """A real laboratory has no such pages."""
    if not settings().demo:
        raise NotFound


@pages.get("/codes")
@needs(Permission.SEE_HOME)
def codes() -> str:
    groups = demo.sheet(db(), catalog(), rng=rng())
    return render_template(
        "demo/codes.html", groups=groups, signers=demo.signers(db(), secret=settings().secret_key)
    )


@pages.get("/codes.pdf")
@needs(Permission.SEE_HOME)
@heavy
def codes_pdf() -> Response:
    groups = demo.sheet(db(), catalog(), rng=rng())
    sections = [(group.title, [(one.code, one.words) for one in group.codes]) for group in groups]
    pdf = labels.code_sheet(sections, title="Demo codes")
    return Response(pdf, mimetype="application/pdf")


@pages.get("/scanner")
@needs(Permission.SEE_HOME)
def scanner() -> str:
    """The codes for a page that shows these words (`on_page`: codes and numbers, blanks between)."""
    on_page = request.args.get("on_page", "").split()[:_MOST_WORDS]
    groups = demo.shown(db(), catalog(), on_page, rng=rng())
    return render_template(
        "demo/scanner.html", groups=groups, signers=demo.signers(db(), secret=settings().secret_key)
    )
