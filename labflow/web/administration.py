"""The administrator's pages and JSON: people, their roles and links, tokens for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ..journeys import administration
from ..journeys.administration import NewLink
from ..staff import Permission, Person, Role, TokenEntry
from .api import ApiBlueprint
from .forms import Form
from .matching import if_match, matches, tagged
from .paging import decode_key, encode_key
from .permissions import needs
from .request import db, now, person, rng
from .schemas import Seen
from .schemas import administration as schemas

pages = Blueprint("administration", __name__)
api = ApiBlueprint("administration_api", __name__, url_prefix="/api/v1", description="People and tokens")

_ROWS = 50
_ROLES = [
    (Role.OPERATOR, "Operator: takes marrow at the bedside"),
    (Role.PORTER, "Porter: carries bags"),
    (Role.RECEPTION, "Reception: receives samples in the laboratory"),
    (Role.TECHNOLOGIST, "Technologist: works on the queues and enters results"),
    (Role.PATHOLOGIST, "Pathologist: verifies results"),
    (Role.CLINICIAN, "Clinician: orders, and reads what is ready"),
    (Role.QUALITY, "Quality manager: checks the record"),
    (Role.ADMINISTRATOR, "Administrator: manages people and tokens"),
]
Row = TypeVar("Row")


@pages.get("/people")
@needs(Permission.MANAGE_STAFF)
def index() -> str:
    """Everybody, by login."""
    people, following = _people(request.args.get("after"))
    return render_template("administration/people.html", people=people, following=following)


@pages.route("/people/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_STAFF)
def new_person() -> ResponseReturnValue:
    """A new person; the link for the password is shown once."""
    form = Form(schemas.NewPerson)
    if link := form.attempt(
        lambda typed: administration.register_person(db(), **typed, now=now(), rng=rng())
    ):
        return _link_page(link)
    return form.page("administration/new_person.html", roles=_ROLES)


@pages.get("/people/<badge>")
@needs(Permission.MANAGE_STAFF)
def card(badge: str) -> ResponseReturnValue:
    """One person."""
    person = administration.person(db(), badge)
    return _card(person, Form(schemas.Roles, roles=[*person.roles]))


@pages.post("/people/<badge>/roles")
@needs(Permission.MANAGE_STAFF)
def change_roles(badge: str) -> ResponseReturnValue:
    form = Form(schemas.Roles)
    if form.attempt(lambda typed: _change(badge, **typed)):
        return redirect(url_for(".card", badge=badge))
    return _card(administration.person(db(), badge), form)


@pages.post("/people/<badge>/deactivation")
@needs(Permission.MANAGE_STAFF)
def deactivate(badge: str) -> ResponseReturnValue:
    return _change_activity(badge, active=False)


@pages.post("/people/<badge>/activation")
@needs(Permission.MANAGE_STAFF)
def activate(badge: str) -> ResponseReturnValue:
    return _change_activity(badge, active=True)


@pages.post("/people/<badge>/link")
@needs(Permission.MANAGE_STAFF)
def new_link(badge: str) -> ResponseReturnValue:
    """A link for another password, shown once."""
    form = Form(schemas.Nothing)
    if link := form.attempt(lambda _: administration.new_link(db(), badge, now=now(), rng=rng())):
        return _link_page(link)
    return _card(administration.person(db(), badge), form)


@pages.get("/tokens")
@needs(Permission.MANAGE_STAFF)
def tokens() -> str:
    """Every token, by login."""
    entries, following = _tokens(request.args.get("after"))
    return render_template("administration/tokens.html", tokens=entries, following=following, now=now())


@pages.route("/tokens/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_STAFF)
def new_token() -> ResponseReturnValue:
    """A new token, shown once."""
    form = Form(schemas.NewToken, badge=request.args.get("badge", ""), days=90)
    if made := form.attempt(lambda typed: administration.make_token(db(), **typed, now=now(), rng=rng())):
        return render_template("administration/token.html", made=made)
    return form.page("administration/new_token.html")


@pages.post("/tokens/<number>/revocation")
@needs(Permission.MANAGE_STAFF)
def revoke_token(number: str) -> ResponseReturnValue:
    administration.revoke_token(db(), number, now=now())
    return redirect(url_for(".tokens"))


@api.route("/staff", methods=["GET"])
@needs(Permission.MANAGE_STAFF)
@api.arguments(schemas.PageQuery, location="query")
@api.response(200, schemas.PeopleOut)
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """Everybody, by login."""
    people, following = _people(query["after"])
    return {"people": people, "next": following}


@api.route("/staff", methods=["POST"])
@needs(Permission.MANAGE_STAFF)
@api.arguments(schemas.NewPerson)
@api.response(201, schemas.LinkOut)
def post_person(sent: dict[str, Any]) -> dict[str, Any]:
    """A new person and the one-time link for the first password."""
    return _link_out(administration.register_person(db(), **sent, now=now(), rng=rng()))


@api.route("/staff/<badge>", methods=["GET"])
@needs(Permission.MANAGE_STAFF)
@api.response(200, schemas.PersonOut)
def get_person(badge: str) -> tuple[Person, dict[str, str]]:
    """One person; the ETag is what a change names."""
    return tagged(administration.person(db(), badge))


@api.route("/staff/<badge>", methods=["PATCH"])
@needs(Permission.MANAGE_STAFF)
@matches
@api.arguments(schemas.ChangedPerson)
@api.response(200, schemas.PersonOut)
def patch_person(sent: dict[str, Any], badge: str) -> tuple[Person, dict[str, str]]:
    """Other roles, or activated or deactivated; what is not sent stays."""
    return tagged(_change(badge, **sent, seen=if_match()))


@api.route("/staff/<badge>/links", methods=["POST"])
@needs(Permission.MANAGE_STAFF)
@api.response(201, schemas.LinkOut)
def post_link(badge: str) -> dict[str, Any]:
    """A one-time link for another password; earlier links stop working."""
    return _link_out(administration.new_link(db(), badge, now=now(), rng=rng()))


@api.route("/tokens", methods=["GET"])
@needs(Permission.MANAGE_STAFF)
@api.arguments(schemas.PageQuery, location="query")
@api.response(200, schemas.TokensOut)
def list_tokens(query: dict[str, Any]) -> dict[str, Any]:
    """Every token, by login."""
    entries, following = _tokens(query["after"])
    return {"tokens": entries, "next": following}


@api.route("/tokens", methods=["POST"])
@needs(Permission.MANAGE_STAFF)
@api.arguments(schemas.NewToken)
@api.response(201, schemas.NewTokenOut)
def post_token(sent: dict[str, Any]) -> administration.NewToken:
    """A new token, which nobody can read again."""
    return administration.make_token(db(), **sent, now=now(), rng=rng())


@api.route("/tokens/<number>", methods=["DELETE"])
@needs(Permission.MANAGE_STAFF)
@api.response(204)
def delete_token(number: str) -> None:
    """The token stops at once."""
    administration.revoke_token(db(), number, now=now())


def _people(after: str | None) -> tuple[list[Person], str | None]:
    key = decode_key(after, [str])
    found = administration.people(db(), after=str(key[0]) if key else None, limit=_ROWS + 1)
    return _page(found, lambda person: [person.login])


def _tokens(after: str | None) -> tuple[list[TokenEntry], str | None]:
    key = decode_key(after, [str, str])
    behind = (str(key[0]), str(key[1])) if key else None
    found = administration.tokens(db(), after=behind, limit=_ROWS + 1)
    return _page(found, lambda entry: [entry.login, entry.number])


def _page(found: list[Row], key: Callable[[Row], Sequence[str]]) -> tuple[list[Row], str | None]:
    """The rows of this page, and the key of the next when there is one."""
    shown = found[:_ROWS]
    return shown, encode_key(key(shown[-1])) if len(found) > _ROWS else None


def _card(person: Person, form: Form) -> tuple[str, int]:
    return form.page("administration/person.html", person=person, roles=_ROLES)


def _change(badge: str, **changes: Any) -> Person:
    return administration.change_person(db(), badge, **changes, by=person().id, now=now())


def _change_activity(badge: str, *, active: bool) -> ResponseReturnValue:
    form = Form(Seen)
    if form.attempt(lambda typed: _change(badge, active=active, **typed)):
        return redirect(url_for(".card", badge=badge))
    return _card(administration.person(db(), badge), form)


def _link_page(link: NewLink) -> str:
    return render_template("administration/link.html", link=_link_out(link))


def _link_out(link: NewLink) -> dict[str, Any]:
    url = url_for("signing_in.set_up", secret=link.secret, _external=True)
    return {"person": link.person, "url": url, "expires_at": link.expires_at}
