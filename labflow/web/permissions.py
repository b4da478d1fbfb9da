"""Every route declares who may; what declares nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request

from ..foundation.errors import Forbidden, NotFound
from ..staff import Permission
from .request import person

View = TypeVar("View", bound=Callable[..., object])

_NEEDS = "__labflow_needs__"
_OPEN = "__labflow_open__"


class NotAllowed(Forbidden):
    """Your role does not allow this (it needs: {permission}).

    Ask somebody whose role does, or the administrator.
    """


def needs(permission: Permission) -> Callable[[View], View]:
    """The route is for signed-in people (or programs) who have this permission."""

    def declare(view: View) -> View:
        setattr(view, _NEEDS, permission)
        return view

    return declare


def open_to_all(view: View) -> View:
    """The route is for everybody, signed in or not."""
    setattr(view, _OPEN, True)
    return view


def is_open(view: Callable[..., object]) -> bool:
    """Whether the view is for everybody, signed in or not."""
    return getattr(view, _OPEN, False)


def declared(app: Flask, endpoint: str) -> Permission | bool:
    """The permission a route needs, True when it is open to all, False when nothing was declared."""
    view = app.view_functions[endpoint]
    if is_open(view) or endpoint == "static":
        return True
    needed: Permission | None = getattr(view, _NEEDS, None)
    return needed if needed is not None else False


def guard() -> None:
    """Before each request: refuse what the person may not do. Unknown paths stay 404."""
    if request.endpoint is None:
        return
    needed = declared(current_app, request.endpoint)
    if needed is True:
        return
    who = person()  # raises NotSignedIn
    if needed is False:
        raise NotFound
    if needed not in who.permissions:
        raise NotAllowed(permission=needed)
