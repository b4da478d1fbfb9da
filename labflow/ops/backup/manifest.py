"""What a backup says about itself: when it was made, of what, and how far the evidence went."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class LogHead:
    """The last checkpoint that was signed before the backup; `root` in hex, `note` the signed note itself."""

    origin: str
    size: int
    root: str
    note: str


@dataclass(frozen=True, kw_only=True)
class LedgerHead:
    """How far the ledger went: `last_entry` is the leaf hash, in hex, of the entry that was written last."""

    entries: int
    last_entry: str
    log: LogHead | None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`size_bytes` and `sha256` (hex) are those of the data; `revision` is the schema's.

    Neither the secret key nor the key of the log is in a backup.
    """

    made_at: datetime
    labflow: str
    database: str
    revision: str
    size_bytes: int
    sha256: str
    ledger: LedgerHead

    def to_bytes(self) -> bytes:
        written = {"format": FORMAT} | asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(written, indent=2).encode()


def read_manifest(text: bytes) -> Manifest:
    """The manifest in these bytes; raises ValueError for anything else."""
    try:
        read: Manifest = _ManifestSchema().load(json.loads(text))
    except ValidationError as error:
        raise ValueError(str(error)) from error
    return read


class _Strict(Schema):
    class Meta:
        unknown = RAISE


_HASH = validate.Regexp(r"[0-9a-f]{64}\Z")
_COUNT = validate.Range(min=0)


class _LogHeadSchema(_Strict):
    origin = fields.String(required=True)
    size = fields.Integer(required=True, strict=True, validate=_COUNT)
    root = fields.String(required=True, validate=_HASH)
    note = fields.String(required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> LogHead:
        return LogHead(**values)


class _LedgerHeadSchema(_Strict):
    entries = fields.Integer(required=True, strict=True, validate=_COUNT)
    last_entry = fields.String(required=True, validate=validate.Regexp(r"([0-9a-f]{64})?\Z"))
    log = fields.Nested(_LogHeadSchema, required=True, allow_none=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> LedgerHead:
        return LedgerHead(**values)


class _ManifestSchema(_Strict):
    format = fields.Integer(required=True, strict=True, validate=validate.Equal(FORMAT))
    made_at = fields.AwareDateTime(required=True)
    labflow = fields.String(required=True)
    database = fields.String(required=True, validate=validate.OneOf(["sqlite", "postgresql"]))
    revision = fields.String(required=True)
    size_bytes = fields.Integer(required=True, strict=True, validate=_COUNT)
    sha256 = fields.String(required=True, validate=_HASH)
    ledger = fields.Nested(_LedgerHeadSchema, required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Manifest:
        del values["format"]
        return Manifest(**values)
