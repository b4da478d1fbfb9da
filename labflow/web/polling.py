"""Parts of pages that the page itself asks for again and again (htmx)."""

from __future__ import annotations

import hashlib

from flask import request
from flask.typing import ResponseReturnValue


def unless_unchanged(part: str) -> ResponseReturnValue:
    """The part, or 304 when the browser shows it already (htmx's hx-ptag)."""
    tag = hashlib.sha256(part.encode()).hexdigest()[:16]
    if request.headers.get("HX-PTag") == tag:
        return "", 304, {"HX-PTag": tag}
    return part, 200, {"HX-PTag": tag}
