"""Scans go first: what draws or gathers much is done one at a time, and past a short line it is sent away.

A PDF keeps Python's one interpreter busy for as long as a dozen scans take, so that two at once are no faster
than one after the other, and every scan between them is slower. The line is short, because whoever stands in
it holds one of the server's threads.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import ClassVar, TypeVar

from flask import Flask, current_app, g, request

from ..foundation.errors import Unavailable

View = TypeVar("View", bound=Callable[..., object])

_HEAVY = "__labflow_heavy__"
_FIRST = "__labflow_first__"
_WAITING = 2
_WAIT_SECONDS = 2.0


class Busy(Unavailable):
    """labflow is busy, and scans go first. Nothing was saved.

    Try again in a few seconds.
    """

    retry_after_seconds: ClassVar[int] = 5


def heavy(view: View) -> View:
    """The route draws or gathers much: it waits for others like it, and is refused when many wait."""
    setattr(view, _HEAVY, True)
    return view


def is_heavy(app: Flask, endpoint: str | None) -> bool:
    """Whether this route was declared heavy."""
    return endpoint is not None and getattr(app.view_functions[endpoint], _HEAVY, False)


def goes_first(view: View) -> View:
    """The route is part of scanning: it has threads of its own. Only a route without variables can."""
    setattr(view, _FIRST, True)
    return view


def first_paths(app: Flask) -> frozenset[str]:
    """The paths of the routes that go first."""
    views = app.view_functions
    return frozenset(
        rule.rule for rule in app.url_map.iter_rules() if getattr(views[rule.endpoint], _FIRST, False)
    )


class Line:
    """One heavy request at work, a few waiting, and nobody behind them."""

    def __init__(self, *, waiting: int = _WAITING, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._most = 1 + waiting
        self._wait_seconds = wait_seconds
        self._turn = threading.Condition()
        self._tickets: deque[object] = deque()

    @property
    def is_full(self) -> bool:
        return len(self._tickets) >= self._most

    def enter(self) -> None:
        """Returns when it is this request's turn, in the order of coming; raises Busy."""
        ticket = object()
        with self._turn:
            if self.is_full:
                raise Busy
            self._tickets.append(ticket)
            if not self._turn.wait_for(lambda: self._tickets[0] is ticket, self._wait_seconds):
                self._tickets.remove(ticket)
                raise Busy

    def leave(self) -> None:
        """Whoever was at work is done."""
        with self._turn:
            self._tickets.popleft()
            self._turn.notify_all()


def shed(app: Flask, line: Line | None = None) -> None:
    """Have the heavy routes of this application stand in one line."""
    heavies = line or Line()

    def enter() -> None:
        if is_heavy(current_app, request.endpoint):
            heavies.enter()
            g.in_line = True

    def leave(_error: BaseException | None) -> None:
        if g.pop("in_line", False):
            heavies.leave()

    app.before_request(enter)
    app.teardown_request(leave)
