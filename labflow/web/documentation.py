"""The API's own pages: the viewer of its OpenAPI document, from this host alone."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from .permissions import open_to_all
from .shedding import heavy

pages = Blueprint("documentation", __name__)


@pages.get("/api/v1/openapi.json")
@open_to_all
@heavy
def document() -> ResponseReturnValue:
    """The OpenAPI 3 document of everything under /api/v1."""
    return jsonify(current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict())


@pages.get("/api/v1/docs")
@open_to_all
def viewer() -> str:
    """The offline viewer."""
    return render_template("documentation/viewer.html")
