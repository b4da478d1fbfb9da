"""DOOR: pages and JSON over HTTP. Views translate; journeys do the work."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from .api import make_api
from .counting import count_once

# Modules with `pages` (HTML), with `api` (JSON), or both.
AREAS = (
    "health",
    "signing_in",
    "administration",
    "boards",
    "orders",
    "bedside",
    "labels",
    "printing",
    "downtime",
    "sheets",
    "transport",
    "bulk",
    "reception",
    "scanning",
    "scan_check",
    "samples",
    "bench",
    "quality",
    "evidence",
    "overdue",
    "alarms",
    "metrics",
    "safekeeping",
    "sign_out",
    "tracker",
    "demo",
    "documentation",
    "offline",
)


def register_areas(app: Flask) -> None:
    """Put every area's pages and JSON routes on the application."""
    api = make_api(app)
    for area in AREAS:
        module = import_module(f"{__name__}.{area}")
        if hasattr(module, "pages"):
            app.register_blueprint(module.pages)
        if hasattr(module, "api"):
            api.register_blueprint(module.api)
    count_once(app)
