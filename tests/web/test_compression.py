from __future__ import annotations

import gzip

from flask import Flask
from werkzeug.test import Client

from ..support import ROOT

STATIC = ROOT / "labflow" / "web" / "static"


def test_styles_and_scripts_travel_gzipped_and_come_again_only_when_changed(app: Flask) -> None:
    client: Client = app.test_client()
    for path in ("labflow.css", "js/scan_listener.js"):
        zipped = client.get(f"/static/{path}", headers={"Accept-Encoding": "br, gzip"})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert zipped.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(zipped.data) == (STATIC / path).read_bytes()
        etag = zipped.headers["ETag"]
        again = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip", "If-None-Match": etag})
        assert again.status_code == 304
        again.close()


def test_who_takes_no_gzip_gets_the_file_itself(app: Flask) -> None:
    plain = app.test_client().get("/static/labflow.css")
    assert "Content-Encoding" not in plain.headers
    assert plain.data == (STATIC / "labflow.css").read_bytes()
    plain.close()


def test_pages_with_their_secrets_are_not_compressed(app: Flask) -> None:
    page = app.test_client().get("/sign-in", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers
