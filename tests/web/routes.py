"""Every route with what it needs. `python -m tests.web.routes` prints the table that a person reviews."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask import Flask
from werkzeug.routing import Rule

from labflow.app import build
from labflow.catalog import load_catalog
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings
from labflow.staff import Permission
from labflow.web.permissions import declared

from ..support import ROOT

EXPECTED = Path(__file__).with_name("permissions_expected.csv")
OPEN = "open to all"


@dataclass(frozen=True)
class Route:
    """One method of one path; `url` has invented values in it. `needs` is None for open routes."""

    endpoint: str
    method: str
    url: str
    needs: Permission | None

    @property
    def is_api(self) -> bool:
        return self.url.startswith("/api/")


def routes(app: Flask) -> Iterator[Route]:
    """Every route of the application; fails at one that declares nothing."""
    for rule in app.url_map.iter_rules():
        needed = declared(app, rule.endpoint)
        assert needed is not False, f"{rule.endpoint} declares neither @needs nor @open_to_all"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, _url(rule), needed if isinstance(needed, Permission) else None)


def table(app: Flask) -> str:
    """The routes as lines of CSV, sorted."""
    lines = {f"{route.endpoint},{route.method},{route.needs or OPEN}" for route in routes(app)}
    return "\n".join(["endpoint,method,needs", *sorted(lines), ""])


def _url(rule: Rule) -> str:
    _, url = rule.build({name: _value(rule, name) for name in rule.arguments}) or ("", "")
    return url


def _value(rule: Rule, name: str) -> int | str:
    by_converter = {"UnicodeConverter": "S0000000X", "UUIDConverter": str(UUID(int=1))}
    return by_converter.get(type(rule._converters[name]).__name__, 1)


def _reviewable() -> str:
    """The table of the application as it stands in the checkout, on a database that nobody asks."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database_url="sqlite://", secret_key="none")
        return table(build(settings, load_catalog(ROOT / "config.example.toml"), Database("sqlite://")))


if __name__ == "__main__":
    sys.stdout.write(_reviewable())
