"""What a witness does: it remembers of each log the last checkpoint that it cosigned, and never goes back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ... import ledger
from ...foundation.errors import Conflict, Forbidden, Malformed, NotFound, Refused

# The old size, at most 63 hashes, and an empty line; then the checkpoint.
_REQUEST = re.compile(r"old (0|[1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/=]+\n){0,63})\n(.*)", re.DOTALL)


class RequestUnreadable(Malformed):
    """This is not a request to a witness: {fault}.

    Send `old SIZE`, the hashes of the consistency proof, an empty line and the checkpoint, each on its lines.
    """


class UnknownLog(NotFound):
    """This witness does not know the log {origin}.

    Start it with that log's verifier key: `labflow witness --log KEY`.
    """


class NotSignedByTheLog(Forbidden):
    """The checkpoint is not signed by the key of {origin} that this witness knows.

    Compare the verifier key with the one that the witness was started with.
    """


class OtherSize(Conflict):
    """The last checkpoint that this witness cosigned has another size: {size}.

    Send the proof from that size on.
    """


class OtherRoot(Conflict):
    """This witness cosigned another root for the same size: the log has two versions.

    Keep both checkpoints. They are evidence that the log was forked or restored from an old copy.
    """


class NotGrown(Refused):
    """The proof does not show that the log has grown from the checkpoint that was cosigned before.

    Make the proof anew. If it is right, the log was rewritten: keep both checkpoints.
    """


class StateDamaged(Refused):
    """What this witness remembers of {origin} cannot be read: {path}.

    Put the file back from a copy. Never delete it: the witness would forget what it has seen.
    """


@dataclass(frozen=True)
class Submission:
    """What was asked for: to cosign `note`, whose log has grown from `old` leaves as `proof` shows."""

    old: int
    proof: tuple[bytes, ...]
    note: ledger.Note

    @property
    def origin(self) -> str:
        return self.note.text.partition("\n")[0]


class Witness:
    """One witness; `logs` are the verifier keys that it knows, several of a log whose key changed."""

    def __init__(
        self,
        folder: Path,
        signer: ledger.Signer,
        logs: Sequence[ledger.Verifier],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Reads what it remembers from `folder`; raises StateDamaged."""
        self._folder, self._signer, self._clock = folder, signer, clock
        self._keys = {log.name: [key for key in logs if key.name == log.name] for log in logs}
        self._lock = threading.Lock()
        self._last = {origin: self._remembered(origin) for origin in self._keys}

    @property
    def key(self) -> str:
        """Its verifier key, of the kind for cosignatures."""
        return self._signer.verifier.vkey

    def last(self) -> dict[str, ledger.TreeHead]:
        """By log, what was cosigned last; a log without any has size 0."""
        return dict(self._last)

    def add(self, body: bytes) -> str:
        """The cosignature line of a checkpoint, which is on this witness's disk by then.

        Raises RequestUnreadable, UnknownLog, NotSignedByTheLog, OtherSize, OtherRoot, NotGrown.
        """
        asked = read_submission(body)
        head = self._signed_head(asked)
        if asked.old > head.size:
            raise RequestUnreadable(fault="its old size is larger than the checkpoint")
        with self._lock:
            self._require_grown(self._last[head.origin], head, asked)
            if head != self._last[head.origin]:
                ledger.write_durably(self._path(head.origin), str(asked.note).encode())
                self._last[head.origin] = head
            return self._signer.cosign(asked.note.text, now=self._clock()).line

    def _signed_head(self, asked: Submission) -> ledger.TreeHead:
        if asked.origin not in self._keys:
            raise UnknownLog(origin=asked.origin[:100])
        try:
            keys = self._keys[asked.origin]
            return ledger.open_checkpoint(str(asked.note), keys, origin=asked.origin)
        except ledger.WrongSignature as error:
            raise NotSignedByTheLog(origin=asked.origin) from error

    def _require_grown(self, last: ledger.TreeHead, new: ledger.TreeHead, asked: Submission) -> None:
        if asked.old != last.size:
            raise OtherSize(size=last.size)
        if new.size == last.size and new.root != last.root:
            raise OtherRoot
        if not ledger.check_consistency(last.size, new.size, asked.proof, last.root, new.root):
            raise NotGrown

    def _path(self, origin: str) -> Path:
        return self._folder / "logs" / hashlib.sha256(origin.encode()).hexdigest()

    def _remembered(self, origin: str) -> ledger.TreeHead:
        path = self._path(origin)
        try:
            head = ledger.parse_checkpoint(ledger.parse_note(path.read_bytes().decode()).text)
        except FileNotFoundError:
            return ledger.TreeHead(origin, 0, ledger.EMPTY_ROOT)
        except (ledger.NotANote, ledger.NotACheckpoint, UnicodeDecodeError) as error:
            raise StateDamaged(origin=origin, path=path) from error
        if head.origin != origin:
            raise StateDamaged(origin=origin, path=path)
        return head


def read_submission(body: bytes) -> Submission:
    """The body of a request; raises RequestUnreadable and NotANote."""
    try:
        parts = _REQUEST.fullmatch(body.decode())
        if parts is None:
            raise RequestUnreadable(fault="it has another form")
        proof = tuple(base64.b64decode(line, validate=True) for line in parts[2].split())
    except (UnicodeDecodeError, binascii.Error) as error:
        raise RequestUnreadable(fault="it is not text, or a hash is not base64") from error
    if any(len(part) != ledger.HASH_BYTES for part in proof):
        raise RequestUnreadable(fault="a hash has not 32 bytes")
    return Submission(int(parts[1]), proof, ledger.parse_note(parts[3]))
