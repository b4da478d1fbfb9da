"""Signing in and out, one-time links, and the demo's role tiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, after_this_request, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ..foundation.codes import CodeKind, require_kind
from ..foundation.errors import NotFound
from ..journeys import signing_in
from ..journeys.scanning import NOTHING_SET, Verdict, Word, refused
from ..journeys.signing_in import Begins
from ..staff import ShiftNeeded
from .api import ApiBlueprint
from .forms import Form
from .permissions import open_to_all
from .request import STATION_COOKIE, cookie_name, db, now, person_or_none, rng, secure, settings, station
from .scanning import answer_of
from .schemas.scanning import BadgeIn, VerdictOut
from .schemas.signing_in import DemoSignIn, FirstAdministrator, NewPassword, SignIn
from .shedding import goes_first

pages = Blueprint("signing_in", __name__)
api = ApiBlueprint("signing_in_api", __name__, url_prefix="/api/v1", description="Badges at a station")
Kind = TypeVar("Kind", bound=Response)
_STATION_SECONDS = 365 * 24 * 3600


@pages.route("/sign-in", methods=["GET", "POST"])
@open_to_all
def sign_in() -> ResponseReturnValue:
    """The sign-in page; where the person wanted to go stands in `next`."""
    if request.method == "GET" and person_or_none() is not None:
        return redirect(_wanted())
    form = Form(SignIn)
    if secret := form.attempt(lambda typed: signing_in.sign_in(db(), **typed, begins=_begins())):
        return _enter(secret)
    tiles = signing_in.demo_people(db()) if settings().demo else []
    return form.page("signing_in/sign_in.html", tiles=tiles, wanted=_wanted())


@pages.post("/sign-in/demo")
@open_to_all
def demo_sign_in() -> ResponseReturnValue:
    """One click of a role tile. Only the demo has tiles."""
    if not settings().demo:
        raise NotFound
    form = Form(DemoSignIn)
    secret = form.attempt(lambda typed: signing_in.sign_in_demo(db(), **typed, begins=_begins()))
    return _enter(secret) if secret else redirect("/sign-in")


@pages.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    """Ends this browser's sign-in, and its forms with it."""
    signing_in.sign_out(db(), request.cookies.get(cookie_name(), ""), station=station(), now=now())
    session.clear()
    response = redirect("/sign-in")
    response.delete_cookie(cookie_name(), secure=secure(), httponly=True, samesite="Lax")
    return response


@pages.route("/set-up/<secret>", methods=["GET", "POST"])
@open_to_all
def set_up(secret: str) -> ResponseReturnValue:
    """What a one-time link opens. Looking does not use it up, because mail programs look first."""
    login = signing_in.link_login(db(), secret, now=now())
    form = Form(FirstAdministrator if login is None else NewPassword)
    do = signing_in.set_up_first_administrator if login is None else signing_in.set_password
    if begun := form.attempt(lambda typed: do(db(), secret, **typed, begins=_begins())):
        return _enter(begun)
    return form.page("signing_in/set_up.html", login=login)


@api.route("/badge", methods=["POST"])
@open_to_all
@goes_first
@api.arguments(BadgeIn)
@api.response(200, VerdictOut)
def badge(data: dict[str, Any]) -> Any:
    """Who the badge belongs to acts at this station from now on, if their shift is open here.

    Whoever was signed in before is not any more, either way: somebody else has come to the station.
    """
    code, before = require_kind(data["badge"], CodeKind.PERSON), request.cookies.get(cookie_name(), "")
    session.clear()
    answer = {"event_id": data["event_id"], "code": code, "url": None, "person": ""}
    try:
        switched = signing_in.switch(db(), code, before=before, begins=_begins())
    except ShiftNeeded as error:
        answer["url"] = url_for("signing_in.sign_in", badge=code)
        return answer_of(refused(error)) | answer
    after_this_request(lambda response: _with_sign_in(response, switched.secret))
    welcome = Verdict(verdict=Word.OK, title=switched.name, sets=NOTHING_SET)
    return answer_of(welcome) | answer | {"person": switched.name}


def _begins() -> Begins:
    configured = settings()
    return Begins(
        now=now(),
        lasts=timedelta(hours=configured.absolute_hours),
        shift=timedelta(hours=configured.shift_hours),
        station=station(),
        rng=rng(),
    )


def _enter(secret: str) -> ResponseReturnValue:
    """To the page that was wanted, with the new sign-in; the one that this browser had before ends."""
    if before := request.cookies.get(cookie_name()):
        signing_in.leave(db(), before, now=now())
    return _with_sign_in(redirect(_wanted()), secret)


def _with_sign_in(response: Kind, secret: str) -> Kind:
    # Lax, not Strict: whoever follows a link from a mail or the hospital's system stays signed in. A form
    # sent from elsewhere carries no cookie either way, and every form needs its own token.
    safe: dict[str, Any] = {"secure": secure(), "httponly": True, "samesite": "Lax"}
    response.set_cookie(cookie_name(), secret, **safe)
    response.set_cookie(cookie_name(STATION_COOKIE), station(), max_age=_STATION_SECONDS, **safe)
    return response


def _wanted() -> str:
    """The page of this server that `next` names; the start page for anything else."""
    wanted = request.args.get("next", "/")
    # browsers read a backslash as a slash, and skip control characters
    plain = wanted.isprintable() and "\\" not in wanted and not wanted.startswith("//")
    return wanted if plain and wanted.startswith("/") else "/"
