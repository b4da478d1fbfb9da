"""The log's keys. `log_key` has the private keys, for its owner alone; `log_vkeys` has the verifier keys that
this laboratory trusts, each on a line: the pin, which no log can change.
"""

from __future__ import annotations

import base64
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..foundation.errors import Conflict, Refused
from .log_files import write_durably
from .note import Signer, Verifier

OVERLAP = timedelta(days=30)
"""A key that was replaced goes on signing for so long beside the new one."""

_PRIVATE, _UNTIL = "PRIVATE+KEY+", " until "
_KEY_FILE, _PIN_FILE = "log_key", "log_vkeys"


class LogKeyMissing(Conflict):
    """The key of the log {origin} is not in {path}: nothing is signed. Scans are recorded all the same.

    Put the key back from where it is kept. If it is lost, `labflow ledger recover` opens a new log.
    """


class LogKeyOpen(Refused):
    """Others may read the log's key {path}, so it is not used.

    Say `chmod 600` to it; if anybody may have copied it, `labflow ledger rotate-key` makes another.
    """


class LogKeyUnreadable(Refused):
    """The log's key {path} cannot be read: {fault}.

    Put the file back from where it is kept, or open a log with a new key: `labflow ledger recover`.
    """


@dataclass(frozen=True)
class SigningKey:
    """A private key; one that was replaced signs `until` then."""

    signer: Signer
    seed: bytes
    until: datetime | None = None

    @property
    def line(self) -> str:
        """As it stands in the file: the private key format of golang.org/x/mod/sumdb/note."""
        verifier = self.signer.verifier
        key = base64.b64encode(bytes([verifier.kind]) + self.seed).decode()
        until = f"{_UNTIL}{self.until.isoformat()}" if self.until else ""
        return f"{_PRIVATE}{verifier.name}+{verifier.key_id.hex()}+{key}{until}\n"


class LogKeys:
    """The key files of a data folder."""

    def __init__(self, data: Path) -> None:
        self._path, self._pins = data / _KEY_FILE, data / _PIN_FILE

    def make(self, origin: str, *, seed: bytes) -> Verifier:
        """A key for a new log, in place of any other."""
        key = SigningKey(Signer(origin, seed), seed)
        self._write([key])
        return key.signer.verifier

    def rotate(self, origin: str, *, seed: bytes, now: datetime) -> Verifier:
        """Another key for this log; the present one goes on signing beside it for a while."""
        kept = [
            SigningKey(key.signer, key.seed, key.until or now + OVERLAP)
            for key in self._read()
            if key.until is None or key.until > now
        ]
        key = SigningKey(Signer(origin, seed), seed)
        self._write([key, *kept])
        return key.signer.verifier

    def present(self) -> Verifier | None:
        """The verifier key of the private key that is here; None where there is none yet."""
        return self._read()[0].signer.verifier if self._path.exists() else None

    def trusted(self, origin: str, *, now: datetime) -> list[Verifier]:
        """The pinned keys of this log, and those that sign it here; raises what `signers` raises."""
        pinned = [key for key in self.pinned() if key.name == origin]
        mine = [signer.verifier for signer in self.signers(origin, now=now)]
        return list(dict.fromkeys(pinned + mine))

    def signers(self, origin: str, *, now: datetime) -> list[Signer]:
        """Who signs the log's checkpoints now, the present key first.

        Raises LogKeyMissing, LogKeyOpen, LogKeyUnreadable.
        """
        keys = [key for key in self._read() if key.signer.verifier.name == origin]
        if not keys:
            raise LogKeyMissing(origin=origin, path=self._path)
        return [key.signer for key in keys if key.until is None or key.until > now]

    def pinned(self) -> list[Verifier]:
        """Every verifier key that this laboratory trusts; raises NotAKey."""
        lines = self._pins.read_text(encoding="utf-8").splitlines() if self._pins.exists() else []
        return [Verifier.parse(line) for line in lines if line.strip()]

    def forget(self) -> None:
        """Removes the keys, where a laboratory begins anew."""
        for path in (self._path, self._pins):
            path.unlink(missing_ok=True)

    def _read(self) -> list[SigningKey]:
        if not self._path.exists():
            return []
        try:
            mode, text = self._path.stat().st_mode, self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LogKeyUnreadable(path=self._path, fault=type(error).__name__) from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise LogKeyOpen(path=self._path)
        keys = [self._key(line) for line in text.splitlines() if line.strip()]
        if not keys:
            raise LogKeyUnreadable(path=self._path, fault="it is empty")
        return keys

    def _key(self, line: str) -> SigningKey:
        key, _, until = line.partition(_UNTIL)
        try:
            name, _, data = key.removeprefix(_PRIVATE).split("+", 2)
            seed = base64.b64decode(data, validate=True)[1:]
            return SigningKey(Signer(name, seed), seed, datetime.fromisoformat(until) if until else None)
        except ValueError:  # its text would tell the key
            raise LogKeyUnreadable(path=self._path, fault="it holds no private key") from None

    def _write(self, keys: Sequence[SigningKey]) -> None:
        """The pin first: a key that signs is always trusted here."""
        pinned = {verifier.vkey for verifier in self.pinned()}
        new = [key.signer.verifier.vkey for key in keys if key.signer.verifier.vkey not in pinned]
        known = [verifier.vkey for verifier in self.pinned()]
        write_durably(self._pins, "".join(f"{vkey}\n" for vkey in known + new).encode())
        write_durably(self._path, "".join(key.line for key in keys).encode(), mode=0o600)
