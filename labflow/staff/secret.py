"""Secrets that a browser, a program or a link carries: 256 random bits, of which only the hash is kept."""

from __future__ import annotations

import base64
import hashlib
import random

_BYTES = 32


def new_secret(*, rng: random.Random) -> str:
    """43 signs that are safe in a cookie, a header and a URL."""
    return base64.urlsafe_b64encode(rng.randbytes(_BYTES)).decode().rstrip("=")


def hashed(secret: str) -> bytes:
    """What the database keeps. A plain hash is enough: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
