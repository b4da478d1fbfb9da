"""Signed notes and checkpoints as C2SP writes them: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature.

A note is text, an empty line, and signature lines. A checkpoint is a note whose text is a log's origin, the
number of leaves, and their root in base64. Keys are Ed25519: type 1 signs the text itself, type 4 is a
witness's cosignature, which signs the time too. Pure: no I/O, and `cryptography` loads with the first key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..foundation.errors import Malformed, Refused
from .tree import HASH_BYTES

ED25519, COSIGNATURE = 1, 4
_KEY_ID_BYTES, _TIME_BYTES, _SIGNATURE_BYTES, _KEY_BYTES = 4, 8, 64, 32
_MOST_SIGNATURES, _LONGEST_NOTE = 100, 1_000_000
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^ ]+) (?P<signature>[^ ]+)")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class NotANote(Malformed):
    """This is not a signed note: {fault}.

    Take the file as the log published it, unchanged.
    """


class NotACheckpoint(Malformed):
    """This is not a checkpoint of a log: {fault}.

    Take the checkpoint as the log published it, unchanged.
    """


class NotAKey(Malformed):
    """This is not a verifier key: {fault}.

    Type it as it stands on the printed page: name, plus, eight signs, plus, the key.
    """


class WrongSignature(Refused):
    """The note is not signed by {name}: {fault}.

    Do not trust it. Compare the key with the printed page, and ask who published the note.
    """


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose key it says, and the signature's bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and what is said to be its signatures. Nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(one.line for one in self.signatures)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log `origin` had `size` leaves, and their root was `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes


def parse_note(note: str) -> Note:
    """The note's text and signatures, not verified; raises NotANote."""
    if len(note) > _LONGEST_NOTE:
        raise NotANote(fault="it is too long")
    if _CONTROL.search(note):
        raise NotANote(fault="it holds a control character")
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NotANote(fault="its signatures are missing or cut off")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise NotANote(fault="it has too many signatures")
    return Note(text + "\n", signatures)


def _signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None or not _is_name(match["name"]):
        raise NotANote(fault="a signature line is not of the form “— name signature”")
    data = _from_base64(match["signature"])
    if data is None or len(data) <= _KEY_ID_BYTES:
        raise NotANote(fault="a signature is not base64")
    return Signature(match["name"], data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """A note's text as a checkpoint; raises NotACheckpoint. This log has no extension lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NotACheckpoint(fault="it must be three lines: origin, size, root")
    if not _DECIMAL.fullmatch(lines[1]):
        raise NotACheckpoint(fault="its size is not a number")
    root = _from_base64(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise NotACheckpoint(fault="its root is not the base64 of 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: `kind` is ED25519 (a log's own) or COSIGNATURE (a witness's)."""

    name: str
    kind: int
    key: bytes

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """A verifier key as C2SP writes it, `name+key id+base64`; raises NotAKey."""
        name, key_id, data = [*vkey.strip().split("+", 2), "", ""][:3]
        key = _from_base64(data)
        if not _is_name(name) or key is None or len(key) != 1 + _KEY_BYTES:
            raise NotAKey(fault="it is not of the form name+key id+key")
        if key[0] not in (ED25519, COSIGNATURE):
            raise NotAKey(fault=f"keys of type {key[0]} are not known here")
        verifier = cls(name, key[0], key[1:])
        if verifier.key_id.hex() != key_id:
            raise NotAKey(fault="a sign in it is wrong: its key id does not fit the key")
        return verifier

    @property
    def vkey(self) -> str:
        """The verifier key as people and tools pass it on."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.key)}"

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart; no more than that."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.key
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def owns(self, signature: Signature) -> bool:
        """Whether the signature says that this key made it."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verifies(self, text: str, signature: Signature) -> bool:
        """Whether this key signed this text with this signature."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        message, signed = text.encode(), signature.signature
        if self.kind == COSIGNATURE:
            message, signed = _cosigned(text, signed[:_TIME_BYTES]), signed[_TIME_BYTES:]
        if not self.owns(signature) or len(signed) != _SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signed, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """A private key that signs notes, or cosigns them when `kind` says so."""

    def __init__(self, name: str, seed: bytes, *, kind: int = ED25519) -> None:
        """`seed` is the private key of RFC 8032, 32 bytes; raises NotAKey."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not _is_name(name) or len(seed) != _KEY_BYTES:
            raise NotAKey(fault="a name without blanks and plus, and a private key of 32 bytes, are needed")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """The signature of this text."""
        return self._signature(self._private.sign(text.encode()))

    def cosign(self, text: str, *, now: datetime) -> Signature:
        """The cosignature of a checkpoint's text at this moment."""
        time = int(now.timestamp()).to_bytes(_TIME_BYTES, "big")
        return self._signature(time + self._private.sign(_cosigned(text, time)))

    def _signature(self, signature: bytes) -> Signature:
        return Signature(self.verifier.name, self.verifier.key_id, signature)


def sign(text: str, *signers: Signer) -> str:
    """The signed note; `text` ends in a newline."""
    return str(Note(text, tuple(signer.sign(text) for signer in signers)))


def check_note(note: Note, verifier: Verifier) -> Signature:
    """The signature of this key on the note; raises WrongSignature when there is none or a wrong one."""
    found = [signature for signature in note.signatures if verifier.owns(signature)]
    if not found:
        raise WrongSignature(name=verifier.name, fault="no signature of this key is on it")
    if not all(verifier.verifies(note.text, signature) for signature in found):
        raise WrongSignature(name=verifier.name, fault="the signature does not fit the text")
    return found[0]


def open_checkpoint(note: str, keys: Iterable[Verifier], *, origin: str) -> Checkpoint:
    """The checkpoint that one of these keys signed for the log `origin`.

    Keys and origin come from whoever checks, never from the log.
    Raises NotANote, NotACheckpoint, WrongSignature.
    """
    signed, known = parse_note(note), list(keys)
    mine = [key for key in known if any(key.owns(one) for one in signed.signatures)]
    if not mine:
        names = ", ".join(sorted({key.name for key in known}))
        raise WrongSignature(name=names, fault="no signature of this key is on it")
    for key in mine:
        check_note(signed, key)
    checkpoint = parse_checkpoint(signed.text)
    if checkpoint.origin != origin:
        raise WrongSignature(name=origin, fault=f"it is a checkpoint of the log {checkpoint.origin}")
    return checkpoint


def cosigned_at(signature: Signature) -> datetime:
    """When a witness says that it cosigned; of a signature that a COSIGNATURE key verifies."""
    return datetime.fromtimestamp(int.from_bytes(signature.signature[:_TIME_BYTES], "big"), UTC)


def _cosigned(text: str, time: bytes) -> bytes:
    """What a witness signs: cosignature/v1 with the time before the checkpoint's text."""
    return f"cosignature/v1\ntime {int.from_bytes(time, 'big')}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    """The bytes of standard base64; None when a decoder could read it in two ways, or not at all."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
