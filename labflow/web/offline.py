"""What a browser keeps for when the server is away: the worker that keeps it, and the page shown instead."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, current_app, g, render_template, request

from ..foundation.errors import Conflict
from .permissions import open_to_all
from .request import person_or_none

pages = Blueprint("offline", __name__)

WORKER = "js/service_worker.js"
# Bedside pages, which stay with whoever opened them; every other page needs the server.
KEPT_ENDPOINTS = frozenset({"bedside.register", "bedside.scan_back"})
# Loaded when somebody asks for them: the viewer of the API, and the camera's reader.
LOADED_LATER = ("vendor/swagger-ui/", "vendor/barcode-detector/", "vendor/zxing-wasm/")


class SomebodyElse(Conflict):
    """This was written by {badge}, who is not signed in here now. Nothing was saved.

    Sign in as that person, and it is sent again.
    """


@pages.before_app_request
def same_person() -> None:
    """A request that waited on a device names whose it is, and counts for nobody else."""
    badge = request.headers.get("Labflow-Person")
    who = person_or_none() if badge else None
    if badge and who and who.badge != badge:
        raise SomebodyElse(badge=badge)


@pages.get("/service-worker.js")
@open_to_all
def service_worker() -> Response:
    """The worker with the version and files of this server; from the root, so that it sees every page."""
    folder = Path(current_app.static_folder or "")
    head = (
        f"const VERSION = {json.dumps(shell_version(folder))};\nconst FILES = {json.dumps(shell(folder))};\n"
    )
    response = Response(head + (folder / WORKER).read_text(encoding="utf-8"), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/offline")
@open_to_all
def offline() -> str:
    """What stands in for a page that is not kept."""
    return render_template("offline/page.html")


@pages.after_app_request
def tell_worker(response: Response) -> Response:
    """Says on every page of whom it is, of which version, and whether it may be kept."""
    if response.mimetype == "text/html" and "person" in g:  # an answer that looked for nobody says nothing
        who = person_or_none()
        response.headers["Labflow-Version"] = shell_version(Path(current_app.static_folder or ""))
        response.headers["Labflow-Person"] = who.badge if who else "nobody"
        if request.endpoint in KEPT_ENDPOINTS and request.method == "GET" and response.status_code == 200:
            response.headers["Labflow-Keep"] = "yes"
    return response


@cache
def shell_version(folder: Path) -> str:
    """labflow's version and a hash of every static file: another one means other files."""
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('labflow')}-{digest.hexdigest()[:16]}"


@cache
def shell(folder: Path) -> list[str]:
    """The addresses of the static files that any page may need at once."""
    names = (path.relative_to(folder).as_posix() for path in sorted(_files(folder)))
    wanted = (name for name in names if name.endswith((".js", ".css", ".svg")) and name != WORKER)
    return [f"/static/{name}" for name in wanted if not name.startswith(LOADED_LATER)]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
