"""Home: what waits for me."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..journeys import boards
from ..staff import Permission
from .permissions import needs
from .request import catalog, db, now, person

pages = Blueprint("boards", __name__)


@pages.get("/")
@needs(Permission.SEE_HOME)
def home() -> str:
    """Everybody who is signed in has a home."""
    waiting = boards.home(db(), catalog(), person(), now=now())
    return render_template("boards/home.html", home=waiting, most=boards.MOST_COUNTED, now=now())
