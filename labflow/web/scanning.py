"""The door that every scan comes through."""

from __future__ import annotations

from typing import Any

from flask import url_for

from ..foundation.codes import CodeKind, require_kind
from ..foundation.errors import Conflict, NotFound
from ..journeys import scanning
from ..journeys.scanning import Context, Scan, Verdict, Word
from ..staff import Permission
from .api import ApiBlueprint
from .permissions import needs
from .request import act, catalog, db, person
from .schemas.scanning import ScanBatch, Verdicts

api = ApiBlueprint("scanning_api", __name__, url_prefix="/api/v1", description="Scans and their verdicts")


class UnknownPlace(NotFound):
    """There is no place {place}.

    Scan the place card again.
    """


class OtherPerson(Conflict):
    """These scans are {badge}'s, and somebody else is signed in here by now. Nothing was saved.

    Scan the badge of who made them: they are kept until then, and sent as theirs.
    """


@api.route("/scans", methods=["POST"])
@needs(Permission.SCAN)
@api.arguments(ScanBatch)
@api.response(200, Verdicts)
def scan(batch: dict[str, Any]) -> dict[str, Any]:
    """One verdict for each scan, in the same order, each committed or not on its own."""
    _require_same_person(batch["context"].pop("badge"))
    context = Context(**batch["context"])
    scans = [Scan(**one) for one in batch["scans"]]
    doing = act(place=_known_place(context.place))
    verdicts = scanning.scan(db(), catalog(), person(), context, scans, act=doing)
    return {
        "verdicts": [_answer(one, verdict, context) for one, verdict in zip(scans, verdicts, strict=True)]
    }


def _require_same_person(badge: str | None) -> None:
    if badge is not None and badge != person().badge:
        raise OtherPerson(badge=badge)


def _known_place(place: str | None) -> str | None:
    if place is not None and require_kind(place, CodeKind.PLACE) not in catalog().places:
        raise UnknownPlace(place=place)
    return place


def _answer(one: Scan, verdict: Verdict, context: Context) -> dict[str, Any]:
    return {
        "event_id": one.event_id,
        "code": one.code,
        "verdict": verdict.verdict,
        "title": verdict.title,
        "detail": verdict.detail,
        "rule": verdict.rule,
        "status": verdict.status,
        "sample": verdict.sample,
        "url": _page(verdict, context),
        "context": verdict.sets,
        "choices": [{"code": code, "words": words} for code, words in verdict.choices],
        "undo_until": verdict.undo_until,
        "person": person().name,
    }


def _page(verdict: Verdict, context: Context) -> str | None:
    """With no action set a scan only opens the card of what was scanned, for those who may see it."""
    if context.action is not None or verdict.verdict != Word.OK:
        return None
    if verdict.sample is not None:
        may = Permission.SEE_CASES in person().permissions
        return url_for("samples.card", code=verdict.sample) if may else None
    bag = verdict.sets.get("bag")
    return url_for("transport.bag", code=bag) if bag else None
