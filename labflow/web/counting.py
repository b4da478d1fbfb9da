"""Every request that changes something counts once: the same again gets the same answer.

The key is a program's Idempotency-Key or a form's hidden event_id. What the request changed and the answer to
it are committed together, so that the answer is there exactly when the change is. (IETF
draft-ietf-httpapi-idempotency-key-header-07.)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial, wraps
from hashlib import sha256
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, request
from sqlmodel import Session

from ..foundation import answers
from ..foundation.answers import Asked, Given
from ..foundation.database import Collided
from ..foundation.errors import Conflict, Malformed
from .permissions import is_open
from .request import bearer_token, db, now, person, rng, settings, wants_json

HEADER = "Idempotency-Key"
WRITING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEPT_HEADERS = ("Content-Type", "Content-Disposition", "Location", "ETag")
_BARE = re.compile(r"[\x21-\x7e]{1,128}")
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,128})"')
_NOT_CONTENT = ("csrf_token", "event_id")
# A double click waits for the first click's page; a program is told to come again.
_PAGE_WAITS_SECONDS = 5.0
_LONGEST_PAUSES_SECONDS = (0.05, 0.2, 0.8)

View = TypeVar("View", bound=Callable[..., Any])
_COUNTS_BY_ITSELF = "__labflow_counts_by_itself__"


class KeyMissing(Malformed):
    """This request has no Idempotency-Key of 1 to 128 visible signs: sent twice, it would count twice.

    Send it with a new key, such as a random UUID, and with the same key whenever you repeat it.
    """


class FormOutdated(Malformed):
    """This form came without its number: sent twice, it would count twice. Nothing was saved.

    Open the page again and send the form from there.
    """


class UnderWay(Conflict):
    """The same is being done at this moment.

    Send it again in a second with the same key: it gets the answer to the first.
    """

    retry_after_seconds: ClassVar[int] = 1


class _AnsweredMeanwhile(Exception):
    """Another process answered the same request."""


class _KeysUnderWay:
    """The requests that this process is working on; of two with one key the second waits or is refused."""

    def __init__(self) -> None:
        self._ends: dict[bytes, threading.Event] = {}
        self._lock = threading.Lock()

    @contextmanager
    def alone(self, name: bytes, *, patience: float) -> Iterator[None]:
        """Raises UnderWay when the first takes longer than `patience` seconds."""
        until = time.monotonic() + patience
        while earlier := self._taken(name):
            if not earlier.wait(max(0.0, until - time.monotonic())):
                raise UnderWay
        try:
            yield
        finally:
            with self._lock:
                self._ends.pop(name).set()

    def _taken(self, name: bytes) -> threading.Event | None:
        with self._lock:
            earlier = self._ends.get(name)
            if earlier is None:
                self._ends[name] = threading.Event()
            return earlier


def counts_by_itself(view: View) -> View:
    """The route needs no key: it only searches or shows, or each thing in it has an id that counts once."""
    setattr(view, _COUNTS_BY_ITSELF, True)
    return view


def needs_key(view: Callable[..., Any]) -> bool:
    """Whether requests that write through this view carry a key."""
    return not getattr(view, _COUNTS_BY_ITSELF, False) and not is_open(view)


def count_once(app: Flask) -> None:
    """Every writing route counts once, except those that say why not.

    Routes that are open to all change only who is signed in; their cookies are for nobody else to get again.
    """
    under_way = _KeysUnderWay()
    rules = app.url_map.iter_rules()
    for endpoint in {rule.endpoint for rule in rules if WRITING_METHODS & (rule.methods or set())}:
        app.view_functions[endpoint] = _counted(app.view_functions[endpoint], under_way)


def _counted(view: Callable[..., Any], under_way: _KeysUnderWay) -> Callable[..., Any]:
    @wraps(view)
    def once(**values: Any) -> Any:
        do = partial(view, **values)
        if request.method not in WRITING_METHODS:
            return do()
        if not needs_key(view):
            return _until_it_fits(lambda is_last: do())
        wanted = _asked()
        with under_way.alone(wanted.name, patience=0 if wants_json() else _PAGE_WAITS_SECONDS):
            return _given_before(wanted) or _until_it_fits(partial(_done, wanted, do))

    return once


def _until_it_fits(attempt: Callable[[bool], Any]) -> Any:
    """Tries again when the database gave way to somebody else: nothing was saved then."""
    for longest in _LONGEST_PAUSES_SECONDS:
        with suppress(Collided):
            return attempt(False)
        time.sleep(rng().uniform(0, longest))
    return attempt(True)


def _done(wanted: Asked, do: Callable[[], Any], is_last: bool) -> Response | None:
    """What the view answers, saved with what it changed. Refusals are decided anew when they come again."""
    try:
        with db().together(first=partial(_claim, wanted)) as together:
            response = current_app.make_response(do())
            if together.collision and not is_last:  # a form showed it instead of raising it
                raise together.collision
            if response.status_code >= 500:
                together.undo()
            if response.status_code < 400:
                with db().writing() as session:
                    given, nonce = _given(response), rng().randbytes(12)
                    answers.keep_answer(session, wanted, given, now=now(), nonce=nonce)
        return response
    except _AnsweredMeanwhile:
        return _given_before(wanted)


def _claim(wanted: Asked, session: Session) -> None:
    """Other processes do not do the same until this transaction ends."""
    if not answers.claimed(session, wanted, waits=not wants_json()):
        raise UnderWay
    if answers.given_before(session, wanted):
        raise _AnsweredMeanwhile


def _given_before(wanted: Asked) -> Response | None:
    with db().reading() as session:
        given = answers.given_before(session, wanted)
    if given is None:
        return None
    return Response(given.body, given.status, {**given.headers, "Idempotency-Replayed": "true"})


def _given(response: Response) -> Given:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Given(response.status_code, kept, response.get_data())


def _asked() -> Asked:
    token = bearer_token()
    by = f"token {sha256(token.encode()).hexdigest()}" if token else f"person {person().id}"
    key, content = (_program_key(), request.get_data()) if wants_json() else (_form_key(), _form_content())
    content = f"{request.method} {request.full_path}\n".encode() + content
    return answers.asked(by=by, key=key, content=content, secret=settings().secret_key)


def _program_key() -> str:
    sent = request.headers.get(HEADER, "").strip()
    if quoted := _QUOTED.fullmatch(sent):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if sent.startswith('"') or not _BARE.fullmatch(sent):
        raise KeyMissing
    return sent


def _form_key() -> str:
    """The form's number and its address: the forms of one page have one number."""
    try:
        return f"{request.path} {UUID(request.form.get('event_id', ''))}"
    except ValueError:
        raise FormOutdated from None


def _form_content() -> bytes:
    """What was typed. Passwords are not kept on devices that send a form again later."""
    typed = [pair for pair in request.form.items(multi=True) if not _is_aside(pair[0])]
    return repr(typed).encode()


def _is_aside(name: str) -> bool:
    return name in _NOT_CONTENT or name.endswith("password")
