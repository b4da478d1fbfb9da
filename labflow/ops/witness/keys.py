"""The witness's own key, made at its first start; nobody but its own account may read it."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

from ... import ledger
from ...foundation.errors import Refused

_KEY_FILE = "witness_key"


class WitnessKeyUnusable(Refused):
    """The witness cannot use its key {path}: {fault}.

    Put right what is said; without the key every log needs a new witness, with another folder.
    """


def open_signer(folder: Path, *, name: str, seed: bytes) -> ledger.Signer:
    """The witness's key; at the first start it is made of `name` and `seed` (32 random bytes).

    Raises WitnessKeyUnusable.
    """
    path = folder / _KEY_FILE
    if not path.exists():
        ledger.Signer(name, seed, kind=ledger.COSIGNATURE)  # a wrong name is said before anything is written
        ledger.write_durably(path, f"{name} {base64.b64encode(seed).decode()}\n".encode(), mode=0o600)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WitnessKeyUnusable(path=path, fault=f"others may read it; say `chmod 600 {path}`")
    try:
        name, encoded = path.read_text(encoding="utf-8").split()
        return ledger.Signer(name, base64.b64decode(encoded, validate=True), kind=ledger.COSIGNATURE)
    except (ValueError, ledger.NotAKey) as error:
        raise WitnessKeyUnusable(path=path, fault="it holds no key") from error
