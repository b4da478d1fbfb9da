"""Scripts and styles travel gzipped, for slow wireless networks. Pages do not: they hold secrets."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request
from werkzeug.security import safe_join

_TEXTS = frozenset({"text/css", "text/javascript", "image/svg+xml"})


def compress(response: Response) -> Response:
    """The same answer, gzipped when it is a whole static text and the browser takes that."""
    etag, _ = response.get_etag()
    if request.endpoint != "static" or response.mimetype not in _TEXTS or etag is None:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    file = safe_join(current_app.static_folder or "", (request.view_args or {})["filename"])
    getattr(response.response, "close", lambda: None)()  # the open file, which nobody reads now
    response.direct_passthrough = False
    response.set_data(_gzipped(file or "", etag))
    response.content_encoding = "gzip"
    response.set_etag(etag, weak=True)  # the same content in other bytes
    return response


@lru_cache(maxsize=100)
def _gzipped(file: str, _etag: str) -> bytes:
    return gzip.compress(Path(file).read_bytes(), 9)
