"""The door that every scan comes through."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from ..foundation.act import ReadBy
from ..foundation.codes import CodeKind, require_kind
from ..foundation.errors import Conflict, NotFound
from ..journeys import scanning
from ..journeys.scanning import Context, Scan, Verdict, Word
from ..staff import Permission
from .api import ApiBlueprint
from .counting import counts_by_itself
from .metrics import count_scans
from .permissions import needs
from .request import act, catalog, db, person
from .schemas.scanning import ResolutionIn, ResolutionOut, ScanBatch, Verdicts
from .shedding import goes_first

pages = Blueprint("scanning", __name__)
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
@counts_by_itself
@goes_first
@api.arguments(ScanBatch)
@api.response(200, Verdicts)
def scan(batch: dict[str, Any]) -> dict[str, Any]:
    """One verdict for each scan, in the same order, each committed or not on its own."""
    _require_same_person(batch["context"].pop("badge"))
    context = Context(**batch["context"])
    scans = [Scan(**one) for one in batch["scans"]]
    doing = act(place=_known_place(context.place))
    verdicts = scanning.scan(db(), catalog(), person(), context, scans, act=doing)
    count_scans(one.verdict for one in verdicts)
    return {
        "verdicts": [_answer(one, verdict, context) for one, verdict in zip(scans, verdicts, strict=True)]
    }


@pages.get("/scan/stops/<uuid:event_id>")
@needs(Permission.SCAN)
def stop(event_id: UUID) -> str:
    """The inside of the STOP dialog: both children for those who may see them, and what settles it."""
    view = scanning.stop_view(db(), event_id, staff_id=person().id)
    return render_template("scan/stop_inside.html", stop=view, least_reason=scanning.LEAST_REASON)


@api.route("/stops/<uuid:event_id>/resolution", methods=["POST"])
@needs(Permission.SCAN)
@api.arguments(ResolutionIn)
@api.response(200, ResolutionOut)
def settle(data: dict[str, Any], event_id: UUID) -> dict[str, Any]:
    """Settles a stop by the right scan, or by the child's initials and birth year with a reason."""
    code = data.pop("code")
    if not code:
        scanning.settle_by_naming(db(), event_id, **data, act=act())
        return {"resolved": True, "detail": "Settled. Go on."}
    right = scanning.settle_by_scan(db(), event_id, code, act=act(read_by=ReadBy.SCANNED))
    return {"resolved": right, "detail": "" if right else "That is not the right one either. STOP stands."}


def _require_same_person(badge: str | None) -> None:
    if badge is not None and badge != person().badge:
        raise OtherPerson(badge=badge)


def _known_place(place: str | None) -> str | None:
    if place is not None and require_kind(place, CodeKind.PLACE) not in catalog().places:
        raise UnknownPlace(place=place)
    return place


def _answer(one: Scan, verdict: Verdict, context: Context) -> dict[str, Any]:
    scanned = {"event_id": one.event_id, "code": one.code}
    return answer_of(verdict) | scanned | {"url": _page(verdict, context), "person": person().name}


def answer_of(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the API tells it, without what it answers."""
    return {
        "verdict": verdict.verdict,
        "title": verdict.title,
        "detail": verdict.detail,
        "rule": verdict.rule,
        "status": verdict.status,
        "sample": verdict.sample,
        "context": verdict.sets,
        "choices": [{"code": code, "words": words} for code, words in verdict.choices],
        "undo_until": verdict.undo_until,
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
