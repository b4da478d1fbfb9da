"""Whoever changes something names what they read: If-Match of programs, a hidden `seen` in forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import request
from werkzeug.http import quote_etag

from ..foundation.errors import Malformed

View = TypeVar("View", bound=Callable[..., Any])
_MATCHES = "__labflow_matches__"


class _HasMark(Protocol):
    @property
    def mark(self) -> str: ...


Marked = TypeVar("Marked", bound=_HasMark)


class NothingNamed(Malformed):
    """This request does not name what it changes: somebody else's change could be lost.

    Read it first, and send its ETag back as If-Match.
    """

    status = 428


def matches(view: View) -> View:
    """The route wants If-Match; the journey behind it compares, in its transaction."""
    setattr(view, _MATCHES, True)
    return view


def wants_match(view: Callable[..., Any]) -> bool:
    return getattr(view, _MATCHES, False)


def if_match() -> str:
    """The mark in the request's If-Match; raises NothingNamed without exactly one strong tag."""
    named = request.if_match.as_set()
    if len(named) != 1 or request.if_match.star_tag:
        raise NothingNamed
    return str(named.pop())


def tagged(found: Marked) -> tuple[Marked, dict[str, str]]:
    """What was found, and its mark as the ETag of the answer."""
    return found, {"ETag": quote_etag(found.mark)}
