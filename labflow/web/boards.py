"""Home: what waits for me."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..journeys import boards
from .permissions import open_to_all
from .request import catalog, db, now, person

pages = Blueprint("boards", __name__)


@pages.get("/")
@open_to_all
def home() -> str:
    """Everybody who is signed in has a home; `person` leads the others to the sign-in page."""
    waiting = boards.home(db(), catalog(), person(), now=now())
    return render_template("boards/home.html", home=waiting, most=boards.MOST_COUNTED, now=now())
