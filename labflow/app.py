"""The composition root: the only module that sees everything."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from .catalog import Catalog, load_catalog
from .foundation.database import Database
from .foundation.settings import Settings, load_settings
from .web import register_areas
from .web.compression import compress
from .web.errors import register_error_handlers
from .web.permissions import guard
from .web.request import bearer_token
from .web.shedding import shed
from .web.templating import example_config, set_up_templates, template_folder

# Scripts and styles from this host only, and the camera's reader, which is WebAssembly; the API viewer draws
# its icons from data: addresses.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings; without any, those of the environment (as the server starts it)."""
    settings = settings or load_settings(os.environ)
    catalog = load_catalog(settings.config or example_config())
    return build(settings, catalog, Database(settings.database_url))


def build(settings: Settings, catalog: Catalog, database: Database) -> Flask:
    """The application on this catalog and database."""
    app = Flask(__name__, template_folder=str(template_folder()), static_folder="web/static")
    app.config.update(_flask_config(settings))
    app.extensions |= {
        "labflow.settings": settings,
        "labflow.catalog": catalog,
        "labflow.database": database,
    }
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    set_up_templates(app)
    register_error_handlers(app)
    app.before_request(guard)
    app.before_request(_csrf_guard(CSRFProtect(app)))
    shed(app)
    register_areas(app)
    app.after_request(_headers)
    app.after_request(compress)
    logging.getLogger("labflow").setLevel(logging.INFO)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.max_body_bytes,
        "WTF_CSRF_TIME_LIMIT": None,  # a form may wait as long as the sign-in does
        "WTF_CSRF_CHECK_DEFAULT": False,  # _csrf_guard checks
        "WTF_CSRF_SSL_STRICT": False,  # no page sends a referrer
        "SESSION_COOKIE_NAME": "labflow_form",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": bool(settings.secure_cookies),
    }


def _csrf_guard(csrf: CSRFProtect) -> Callable[[], None]:
    def check() -> None:
        # A program's request carries its token in a header that no other site can make a browser send.
        if bearer_token() is None:
            csrf.protect()

    return check


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
