"""Queues, and one test at the bench."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ..catalog import ReasonUse, reasons_for
from ..foundation.act import Act
from ..journeys import bench, bench_queue, worklists
from ..journeys.bench import BenchDone, Making
from ..journeys.bench_queue import QueueCard, QueuePage
from ..queues import Key, PageFilter
from ..staff import Permission
from .api import ApiBlueprint
from .forms import Form
from .labels import pdf_response
from .paging import UnknownPage, decode_key, encode_key
from .permissions import needs
from .polling import unless_unchanged
from .request import act, catalog, db, now, person, wants_fragment
from .schemas.bench import (
    ActIn,
    BenchDoneOut,
    BenchForm,
    ChildrenIn,
    FinishIn,
    HoldIn,
    NotPossibleIn,
    QueueOut,
    QueuePageOut,
    QueueQuery,
    ReasonIn,
    StepIn,
)
from .shedding import heavy

pages = Blueprint("bench", __name__)
api = ApiBlueprint("bench_api", __name__, url_prefix="/api/v1", description="Queues and the bench")


@pages.get("/queues")
@needs(Permission.SEE_QUEUES)
def index() -> str:
    return render_template("bench/index.html", queues=bench_queue.queue_cards(db(), catalog()))


@pages.get("/queues/<code>")
@needs(Permission.SEE_QUEUES)
def queue(code: str) -> ResponseReturnValue:
    asked = {name: value for name, value in request.args.items() if value}
    wanted = QueueQuery().load(asked)
    page = _page(code, wanted)
    more = f"?{urlencode(asked | {'after': _encoded(page.next_key)})}" if page.next_key else None
    context = {"page": page, "wanted": wanted, "more": more, "now": now()}
    if wants_fragment():
        return unless_unchanged(render_template("bench/rows.html", **context))
    return render_template("bench/queue.html", queues=bench_queue.queue_cards(db(), catalog()), **context)


@pages.get("/queues/<code>/worklist.pdf")
@needs(Permission.SEE_QUEUES)
@heavy
def worklist(code: str) -> Response:
    return pdf_response(worklists.worklist_pdf(db(), catalog(), code, now=now()), "worklist.pdf")


@pages.route("/samples/<code>/tests/<test_code>", methods=["GET", "POST"])
@needs(Permission.WORK_QUEUES)
def card(code: str, test_code: str) -> ResponseReturnValue:
    form = Form(BenchForm)
    found = bench_queue.bench_card(db(), catalog(), code, test_code)
    if done := form.attempt(lambda data: _do(code, test_code, data, form)):
        if done.next:
            return redirect(url_for("bench.card", code=code, test_code=test_code))
        return redirect(url_for("bench.queue", code=done.queue))
    reasons = {use.value: reasons_for(catalog(), use) for use in ReasonUse}
    return form.page("bench/card.html", card=found, reasons=reasons, now=now())


def _do(code: str, test_code: str, data: dict[str, Any], form: Form) -> BenchDone:
    """The one act of the bench page that was chosen."""
    named = (db(), catalog(), code, test_code)
    doing = act(place=data["place"], event_id=form.event_id)
    reason, note = data["reason"], data["note"]
    match data["action"]:
        case "take":
            return bench.take(*named, act=doing)
        case "start":
            return bench.start(*named, None, act=doing)
        case "finish":
            return bench.finish(*named, None, note=note, act=doing)
        case "release":
            return bench.release(*named, act=doing)
        case "hold":
            return bench.hold(*named, reason, note=note, act=doing)
        case "repeat":
            return bench.repeat(*named, reason, note=note, act=doing)
        case "children":
            making = Making(kind=data["kind"], count=data["count"], stain=data["stain"])
            return bench.make_children(*named, making, act=doing)
    sedation = data["needs_sedation"]
    return bench.mark_not_possible(*named, reason, note=note, needs_sedation=sedation, act=doing)


def _page(code: str, wanted: dict[str, Any]) -> QueuePage:
    mine = person().id if wanted["mine"] else None
    filters = PageFilter(state=wanted["state"], urgency=wanted["urgency"], taken_by=mine)
    return bench_queue.queue_page(db(), catalog(), code, filters=filters, after=_decoded(wanted["after"]))


def _encoded(key: Key) -> str:
    rank, viable_until, due_at, last = key
    return encode_key([rank, viable_until.isoformat(), due_at.isoformat(), last])


def _decoded(text: str | None) -> Key | None:
    key = decode_key(text, [int, str, str, int])
    if key is None:
        return None
    rank, viable_until, due_at, last = key
    try:
        times = datetime.fromisoformat(str(viable_until)), datetime.fromisoformat(str(due_at))
    except ValueError:
        raise UnknownPage from None
    if any(time.tzinfo is None for time in times):
        raise UnknownPage
    return int(rank), *times, int(last)


@api.route("/queues")
@needs(Permission.SEE_QUEUES)
@api.response(200, QueueOut(many=True))
def queues_json() -> list[QueueCard]:
    """Every queue with how many tests it holds."""
    return bench_queue.queue_cards(db(), catalog())


@api.route("/queues/<code>")
@needs(Permission.SEE_QUEUES)
@api.arguments(QueueQuery, location="query")
@api.response(200, QueuePageOut)
def queue_json(wanted: dict[str, Any], code: str) -> dict[str, Any]:
    """A page of a queue in the order of work: urgency, viability, due time."""
    page = _page(code, wanted)
    after = _encoded(page.next_key) if page.next_key else None
    return {"queue": page.queue, "open": page.open, "rows": page.rows, "after": after}


def _acting(data: dict[str, Any]) -> Act:
    """The act of a JSON request; what is left in the data belongs to the journey."""
    return act(place=data.pop("place"), event_id=data.pop("event_id"))


@api.route("/samples/<code>/tests/<test_code>/take", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(ActIn)
@api.response(200, BenchDoneOut)
def take(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Take a waiting test in hand."""
    return bench.take(db(), catalog(), code, test_code, act=_acting(data))


@api.route("/samples/<code>/tests/<test_code>/start", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(StepIn)
@api.response(200, BenchDoneOut)
def start(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Begin the next step; 409 names the steps allowed now."""
    doing = _acting(data)
    return bench.start(db(), catalog(), code, test_code, data["step"], act=doing)


@api.route("/samples/<code>/tests/<test_code>/finish", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(FinishIn)
@api.response(200, BenchDoneOut)
def finish(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Finish the started step; 409 names the steps allowed now."""
    doing = _acting(data)
    return bench.finish(db(), catalog(), code, test_code, data["step"], note=data["note"], act=doing)


@api.route("/samples/<code>/tests/<test_code>/hold", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(HoldIn)
@api.response(200, BenchDoneOut)
def hold(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Let the test wait for a coded reason."""
    doing = _acting(data)
    return bench.hold(db(), catalog(), code, test_code, act=doing, **data)


@api.route("/samples/<code>/tests/<test_code>/release", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(ActIn)
@api.response(200, BenchDoneOut)
def release(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """End a hold."""
    return bench.release(db(), catalog(), code, test_code, act=_acting(data))


@api.route("/samples/<code>/tests/<test_code>/repeat", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(ReasonIn)
@api.response(200, BenchDoneOut)
def repeat(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Go back to the first step for a coded reason."""
    doing = _acting(data)
    return bench.repeat(db(), catalog(), code, test_code, act=doing, **data)


@api.route("/samples/<code>/tests/<test_code>/not-possible", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(NotPossibleIn)
@api.response(200, BenchDoneOut)
def not_possible(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Give the test up for a coded reason; with `needs_sedation` an order for a new sample is made."""
    doing = _acting(data)
    return bench.mark_not_possible(db(), catalog(), code, test_code, act=doing, **data)


@api.route("/samples/<code>/tests/<test_code>/children", methods=["POST"])
@needs(Permission.WORK_QUEUES)
@api.arguments(ChildrenIn)
@api.response(200, BenchDoneOut)
def children(data: dict[str, Any], code: str, test_code: str) -> BenchDone:
    """Make slides or aliquots; the answer names their codes, whose labels can be printed."""
    doing = _acting(data)
    return bench.make_children(db(), catalog(), code, test_code, Making(**data), act=doing)
