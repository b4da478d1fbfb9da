"""The bedside on a phone: draw plan and registration, then labels, scan-back and what is watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from .. import staff
from ..catalog import PlaceKind, ReasonUse, Side, Site, reasons_for
from ..foundation.act import ReadBy
from ..foundation.wording import number as number_words
from ..journeys import bedside, bedside_after, bedside_plan
from ..journeys.bedside import Registered
from ..procedures import SiteOffer, before_items, observation_items
from ..staff import Permission, Role
from .bedside_api import api, preview, registration
from .counting import counts_by_itself
from .forms import Form
from .permissions import needs
from .request import act, catalog, db, now, wants_fragment
from .schemas.bedside import CHOSEN_SIDE, MOST_PULLS, CoverageForm, ObservationForm, ProcedureForm

pages = Blueprint("bedside", __name__)
__all__ = ["api", "pages"]


@dataclass(frozen=True)
class Spot:
    """One site and side to choose; `anchor` is where on the picture it lies."""

    number: int
    value: str
    words: str
    anchor: str
    usual: bool
    warning: str

    @property
    def id(self) -> str:
        """The first carries the field's id, where the error summary leads."""
        return "field-spot" if self.number == 1 else f"field-spot-{self.number}"


@pages.route("/orders/<number>/procedure", methods=["GET", "POST"])
@needs(Permission.REGISTER_PROCEDURE)
def register(number: str) -> ResponseReturnValue:
    form = Form(ProcedureForm)
    if done := form.attempt(lambda data: _register(number, data, form)):
        return redirect(url_for("bedside.scan_back", number=done.case_number))
    card = bedside_plan.bedside_card(db(), catalog(), number, now=now())
    form.values = form.values or _presets(card)
    return form.page("bedside/register.html", card=card, **_choices(card))


@pages.post("/orders/<number>/coverage")
@needs(Permission.REGISTER_PROCEDURE)
@counts_by_itself
def coverage(number: str) -> ResponseReturnValue:
    """What the volumes typed so far cover, while the needle can still be moved."""
    form = Form(CoverageForm)
    seen = form.attempt(lambda data: preview(number, data))
    template = "bedside/coverage.html" if wants_fragment() else "bedside/coverage_page.html"
    return form.page(template, seen=seen, number=number)


@pages.get("/cases/<number>/bedside")
@needs(Permission.REGISTER_PROCEDURE)
def scan_back(number: str) -> str:
    case = bedside_after.scan_back(db(), catalog(), number)
    items = {item.code: item for item in observation_items(catalog())}
    reasons = reasons_for(catalog(), ReasonUse.REPRINT)
    return render_template("bedside/scan_back.html", case=case, items=items, reasons=reasons, now=now())


@pages.post("/cases/<number>/observations/<item>")
@needs(Permission.REGISTER_PROCEDURE)
def observe(number: str, item: str) -> ResponseReturnValue:
    form = Form(ObservationForm)
    doing = act(event_id=form.event_id)
    if form.attempt(lambda data: bedside_after.note_observation(db(), number, item, act=doing, **data)):
        return redirect(url_for("bedside.scan_back", number=number))
    return form.page("bedside/refused.html", number=number)


def _register(number: str, data: dict[str, Any], form: Form) -> Registered:
    doing = act(place=data.pop("place"), event_id=form.event_id)
    return bedside.register_procedure(db(), catalog(), registration(number, _as_json(data)), act=doing)


def _as_json(data: dict[str, Any]) -> dict[str, Any]:
    """The form's fields in the shape of the API: aware times, and the second person where one is needed."""
    login, password = data.pop("second_login"), data.pop("second_password")
    second = {"login": login, "password": password} if login else None
    code, mrn = data.pop("wristband"), data.pop("mrn")
    band = {"code": code, "mrn": mrn, "birth_date": data.pop("birth_date"), "read_by": ReadBy.SCANNED}
    override = data.pop("volume_override")
    if data.pop("everything_checked"):
        data["checked"] = [item.code for item in before_items(catalog())]
    return data | {
        "wristband": band | {"confirmed_by": None if code else second},
        "site_confirmed_by": second if data["site_reason"] else None,
        "volume_override_by": second if override else None,
        "began_at": _utc(data["began_at"]),
        "ended_at": _utc(data["ended_at"]) or now(),
        "antimicrobial_at": _utc(data["antimicrobial_at"]),
    }


def _core_choices(card: bedside_plan.BedsideCard) -> list[tuple[str, str]]:
    """A core on the chosen side, or one for each side that the order names."""
    sides = [part.side for part in card.plan.cores]
    return [
        (side, side.capitalize()) if side else (CHOSEN_SIDE, "On the side chosen above") for side in sides
    ]


def _spots(offers: Iterable[SiteOffer]) -> list[Spot]:
    sides = [(offer, side) for offer in offers for side in offer.site.sides]
    return [
        Spot(
            number=number,
            value=f"{offer.site.code}:{side}",
            words=_spot_words(offer.site, side),
            anchor=f"{offer.site.hl7}-{side}".lower(),
            usual=offer.usual,
            warning="" if offer.usual else offer.site.warning,
        )
        for number, (offer, side) in enumerate(sides, start=1)
    ]


def _spot_words(site: Site, side: Side) -> str:
    return site.name if side == Side.MIDLINE else f"{side.capitalize()} {site.name.lower()}"


def _utc(local: datetime | None) -> datetime | None:
    """A time as the laboratory's clock on the wall shows it."""
    return local.replace(tzinfo=_zone()).astimezone(UTC) if local else None


def _zone() -> ZoneInfo:
    return ZoneInfo(catalog().calendar.time_zone)


def _presets(card: bedside_plan.BedsideCard) -> dict[str, Any]:
    """What the page proposes: ideal volumes, the side of sided pulls, now. The site is nobody's guess."""
    first = card.sites[0].site
    volumes = {f"volume_{pull.number}": number_words(pull.ideal_ml) for pull in card.plan.pulls}
    sides = {f"spot_{pull.number}": f"{first.code}:{pull.side}" for pull in card.plan.pulls if pull.side}
    reasons = reasons_for(catalog(), ReasonUse.NOT_OBTAINED)
    return (
        volumes
        | sides
        | {
            "outcome": "obtained",
            "attempts": 1,
            "began_at": f"{now().astimezone(_zone()):%Y-%m-%dT%H:%M}",
            "cores": [value for value, _ in _core_choices(card)],
            "not_obtained_reason": reasons[0].code,
        }
    )


def _choices(card: bedside_plan.BedsideCard) -> dict[str, Any]:
    offer, spots = catalog(), _spots(card.sites)
    with db().reading() as session:
        operators = staff.people_with_role(session, Role.OPERATOR)
    return {
        "offer": offer,
        "spots": spots,
        "spot_choices": [(spot.value, spot.words) for spot in spots],
        "core_choices": _core_choices(card),
        "place_choices": [
            (one.code, one.name) for one in offer.places.values() if one.kind == PlaceKind.BEDSIDE
        ],
        "checklist_choices": [(item.code, item.name) for item in before_items(offer)],
        "missed_choices": [(one.code, one.name) for one in reasons_for(offer, ReasonUse.NOT_OBTAINED)],
        "operators": [(one.badge, one.name) for one in operators],
        "most_pulls": MOST_PULLS,
        "now": now(),
    }
