"""Jinja's surroundings: where the templates are, and what every one of them may use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from ..catalog import CardAction, PlaceKind
from ..journeys import scanning
from ..staff import Permission
from . import formatting
from .navigation import navigation
from .request import catalog, db, person_or_none, settings

_PACKAGE = Path(__file__).resolve().parent.parent


def template_folder() -> Path:
    """Inside the package where it was installed, beside it in a checkout."""
    shipped = _PACKAGE / "templates"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "templates"


def example_config() -> Path:
    """The demo laboratory's configuration, shipped with the package."""
    shipped = _PACKAGE / "config.example.toml"
    return shipped if shipped.is_file() else _PACKAGE.parent / "config.example.toml"


def set_up_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["new_event_id"] = uuid4
    formatting.register(app.jinja_env, time_zone=app.extensions["labflow.catalog"].calendar.time_zone)
    app.context_processor(_common)


def _common() -> dict[str, Any]:
    who = person_or_none()
    return {
        "who": who,
        "may": (who.permissions if who else frozenset()),
        "nav": navigation(who),
        "demo": settings().demo,
        "laboratory": catalog().laboratory,
        "place_names": {place.code: place.name for place in catalog().places.values()},
        "container_names": {container.code: container.name for container in catalog().containers.values()},
        "site_names": {site.code: site.name for site in catalog().sites.values()},
        "reason_names": {reason.code: reason.name for reason in catalog().reasons.values()},
        "standing_stop": _standing_stop,
        "undo_card": _card_code(CardAction.UNDO),
        "scan_patterns": json.dumps(_javascript_patterns()),
        "bedsides": [place for place in catalog().places.values() if place.kind == PlaceKind.BEDSIDE],
    }


def _standing_stop() -> UUID | None:
    """The stop that this person has to settle before anything else."""
    who = person_or_none()
    if who is None or Permission.SCAN not in who.permissions:
        return None
    return scanning.standing_stop(db(), who.id)


def _card_code(action: CardAction) -> str | None:
    return next((card.code for card in catalog().do_cards.values() if card.action == action), None)


def _javascript_patterns() -> list[str]:
    """The outside codes' patterns; JavaScript names groups without the P."""
    return [code.pattern.replace("(?P<", "(?<") for code in catalog().outside_codes]
