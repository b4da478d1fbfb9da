"""Asking witnesses to cosign a checkpoint (c2sp.org/tlog-witness). A witness that is away costs nothing.

Witnesses are asked side by side, two seconds at most; one that failed is left alone for a while.
"""

from __future__ import annotations

import base64
import http.client
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from .. import ledger
from ..catalog import Witness
from ..foundation.errors import LabError
from .connecting import connect

_log = logging.getLogger(__name__)
_SECONDS = 2.0
_FIRST_REST, _LONGEST_REST = 30.0, 600.0
_MOST_ANSWERED = 65_536
_MOST_TRIES = 3  # a first one that learns the size, and another writer in between
_SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True)
class Ahead:
    """A witness has seen `size` entries of this log that ours does not begin with."""

    witness: str
    size: int


@dataclass(frozen=True)
class Cosigned:
    """What the witnesses said: lines for the note, why others gave none, and who knows another log."""

    lines: tuple[str, ...]
    refused: tuple[str, ...]
    ahead: tuple[Ahead, ...]


class Cosigning:
    """The witnesses of the log; keep it as long as the process runs."""

    def __init__(
        self, witnesses: Iterable[Witness], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._asked = [_Asked(one, ledger.Verifier.parse(one.key)) for one in witnesses]
        self._monotonic = monotonic
        self._pool = ThreadPoolExecutor(max(len(self._asked), 1), thread_name_prefix="witness")

    def cosign(self, note: str, *, hash_at: ledger.HashAt) -> Cosigned:
        """What the witnesses say of this signed checkpoint; `hash_at` answers for its tree."""
        began = self._monotonic()
        asked = [one for one in self._asked if one.may_be_asked(began)]
        for one in asked:
            one.answer = self._pool.submit(one.cosign, note, hash_at)
        wait([one.answer for one in asked if one.answer], timeout=_SECONDS)
        said = [one.take_answer(self._monotonic()) for one in asked]
        return Cosigned(
            lines=tuple(one for one in said if isinstance(one, str)),
            refused=tuple(str(one) for one in said if isinstance(one, NoCosignature)),
            ahead=tuple(one for one in said if isinstance(one, Ahead)),
        )


class NoCosignature(Exception):
    """Why a witness gave no cosignature, in words."""


@dataclass
class _Asked:
    """A witness, and how it was when it was asked last."""

    witness: Witness
    key: ledger.Verifier
    sizes: dict[str, int] = field(default_factory=dict)  # what it cosigned last, by log
    failures: int = 0
    rests_until: float = 0.0
    answer: Future[str | Ahead] | None = None

    def may_be_asked(self, now: float) -> bool:
        return self.rests_until <= now and (self.answer is None or self.answer.done())

    def take_answer(self, now: float) -> str | Ahead | NoCosignature:
        """What came of asking; after a failure it is left alone for a while, longer each time."""
        assert self.answer  # noqa: S101  (it was asked)
        try:
            said = self.answer.result(timeout=0)
        except TimeoutError:
            return self._failed(f"no answer in {_SECONDS:.0f} seconds", now)
        except (OSError, http.client.HTTPException, NoCosignature, LabError) as error:
            return self._failed(str(error) or type(error).__name__, now)
        if self.failures:
            _log.warning("the witness %s answers again", self.witness.code)
        self.failures = 0
        return said

    def _failed(self, why: str, now: float) -> NoCosignature:
        if not self.failures:
            _log.warning("the witness %s gives no cosignature: %s", self.witness.code, why)
        self.rests_until = now + min(_FIRST_REST * 2**self.failures, _LONGEST_REST)
        self.failures = min(self.failures + 1, 10)
        return NoCosignature(f"{self.witness.name}: {why}")

    def cosign(self, note: str, hash_at: ledger.HashAt) -> str | Ahead:
        """The cosignature line; raises OSError, HTTPException and NoCosignature."""
        head = ledger.parse_checkpoint(ledger.parse_note(note).text)
        for _ in range(_MOST_TRIES):
            old = self.sizes.get(head.origin, 0)
            if old > head.size:
                return Ahead(self.witness.name, old)
            status, kind, text = self._post(_submission(old, head.size, note, hash_at))
            if status == http.client.OK:
                self.sizes[head.origin] = head.size
                return self._line(note, text)
            if status == http.client.CONFLICT and kind == _SIZE_TYPE:
                self.sizes[head.origin] = _size(text)
            elif status in (http.client.CONFLICT, http.client.UNPROCESSABLE_ENTITY):
                return Ahead(self.witness.name, old)  # ours does not begin with what it has seen
            else:
                break
        raise NoCosignature(f"it answered {status}")

    def _post(self, body: bytes) -> tuple[int, str, str]:
        """Status, media type and text of the answer; a redirect is an answer like any other."""
        where = self.witness
        asking = http.client.HTTPConnection(where.host, where.port, timeout=_SECONDS)
        try:
            asking.sock = connect(where.host, where.port, seconds=_SECONDS, tls=where.tls)
            asking.sock.settimeout(_SECONDS)
            asking.request("POST", f"{where.path}/add-checkpoint", body, {"Content-Type": "text/plain"})
            answer = asking.getresponse()
            text = answer.read(_MOST_ANSWERED).decode(errors="replace")
            return answer.status, answer.headers.get_content_type(), text
        finally:
            asking.close()

    def _line(self, note: str, text: str) -> str:
        """The witness's own line of its answer, verified; lines of others are left out."""
        try:
            return ledger.check_note(ledger.parse_note(note + text), self.key).line
        except (ledger.NotANote, ledger.WrongSignature) as error:
            raise NoCosignature("its cosignature is not valid") from error


def _submission(old: int, size: int, note: str, hash_at: ledger.HashAt) -> bytes:
    proof = ledger.consistency_proof(old, size, hash_at)
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def _size(text: str) -> int:
    if not (text.endswith("\n") and text[:-1].isascii() and text[:-1].isdecimal() and len(text) < 20):
        raise NoCosignature("its size is not a number")
    return int(text)
