"""Signing in and out, one-time links, and the demo's role tiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue

from ..foundation.errors import NotFound
from ..journeys import signing_in
from .forms import Form
from .permissions import open_to_all
from .request import cookie_name, db, now, person_or_none, rng, secure, settings
from .schemas.signing_in import DemoSignIn, FirstAdministrator, NewPassword, SignIn

pages = Blueprint("signing_in", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
@open_to_all
def sign_in() -> ResponseReturnValue:
    """The sign-in page; where the person wanted to go stands in `next`."""
    if request.method == "GET" and person_or_none() is not None:
        return redirect(_wanted())
    form = Form(SignIn)
    if secret := form.attempt(lambda typed: signing_in.sign_in(db(), **typed, **_begins())):
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
    secret = form.attempt(lambda typed: signing_in.sign_in_demo(db(), **typed, **_begins()))
    return _enter(secret) if secret else redirect("/sign-in")


@pages.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    """Ends this browser's sign-in, and its forms with it."""
    signing_in.sign_out(db(), request.cookies.get(cookie_name(), ""), now=now())
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
    if begun := form.attempt(lambda typed: do(db(), secret, **typed, **_begins())):
        return _enter(begun)
    return form.page("signing_in/set_up.html", login=login)


def _begins() -> dict[str, Any]:
    return {"now": now(), "lasts": timedelta(hours=settings().absolute_hours), "rng": rng()}


def _enter(secret: str) -> ResponseReturnValue:
    """To the page that was wanted, with the new sign-in; the one that this browser had before ends."""
    if before := request.cookies.get(cookie_name()):
        signing_in.sign_out(db(), before, now=now())
    response = redirect(_wanted())
    # Lax, not Strict: whoever follows a link from a mail or the hospital's system stays signed in. A form
    # sent from elsewhere carries no cookie either way, and every form needs its own token.
    response.set_cookie(cookie_name(), secret, secure=secure(), httponly=True, samesite="Lax")
    return response


def _wanted() -> str:
    """The page of this server that `next` names; the start page for anything else."""
    wanted = request.args.get("next", "/")
    # browsers read a backslash as a slash, and skip control characters
    plain = wanted.isprintable() and "\\" not in wanted and not wanted.startswith("//")
    return wanted if plain and wanted.startswith("/") else "/"
