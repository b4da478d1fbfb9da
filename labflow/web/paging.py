"""Keyset paging: the last row's key, opaque to the reader."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from ..foundation.errors import Malformed


class UnknownPage(Malformed):
    """This page of the list does not exist.

    Go back to the first page.
    """


def encode_key(key: Sequence[str | int]) -> str:
    """A key as it stands in a URL."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode_key(text: str | None, kinds: Sequence[type]) -> tuple[str | int, ...] | None:
    """The key of a URL, its parts of these kinds; None for the first page; raises UnknownPage."""
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise UnknownPage from None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise UnknownPage
    return tuple(key)
