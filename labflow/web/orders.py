"""Orders: the list, a new order for a child, the card, and what an import left to decide."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from ..catalog import ReasonUse, Urgency
from ..foundation.errors import Malformed
from ..journeys import ordering, ordering_cards
from ..journeys.ordering import TypedOrder
from ..journeys.ordering_cards import OrderCard, PatientCard
from ..orders import OrderFilter, Proposal
from ..patients import NewPatient, Sex
from ..staff import Permission
from .counting import counts_by_itself
from .forms import Form
from .orders_api import ROWS, api, following, page_key
from .permissions import needs
from .request import act, catalog, db, now, wants_fragment
from .schemas import orders as schemas
from .shedding import heavy

__all__ = ["api", "pages"]

pages = Blueprint("orders", __name__)


class UnknownFilter(Malformed):
    """The list has no such filter.

    Remove the filters and choose again.
    """


@pages.get("/orders")
@needs(Permission.ORDER)
@heavy
def index() -> str:
    """Open orders, or those that the filters of the address ask for."""
    filters, after = _filters()
    found = ordering_cards.list_orders(db(), filters, after=after, limit=ROWS + 1)
    counts = [ordering_cards.count_orders(db(), one) for one in (filters, OrderFilter(state=filters.state))]
    context = {"lines": found[:ROWS], "filters": filters, "counts": counts, "next": following(found)}
    return render_template("orders/index.html", **context, indications=_indications())


@pages.route("/orders/new", methods=["GET", "POST"])
@needs(Permission.ORDER)
@counts_by_itself
def new() -> ResponseReturnValue:
    """The child first: found by number or name."""
    form = Form(schemas.PatientSearch)
    found = form.attempt(lambda typed: (ordering_cards.find_patients(db(), typed["text"]),))
    return form.page("orders/new.html", found=found[0] if found else None, now=now())


@pages.route("/orders/new-child", methods=["GET", "POST"])
@needs(Permission.ORDER)
def new_child() -> ResponseReturnValue:
    """A child that is not known yet; its order comes next."""
    form = Form(schemas.PatientIn, mrn_authority=catalog().laboratory.mrn_authority)
    child = form.attempt(
        lambda typed: ordering.register_patient(db(), catalog(), NewPatient(**typed), act=act())
    )
    if child is None:
        return form.page("orders/new_child.html", sexes=list(Sex))
    form.values = {"mrn": child.patient.mrn, "mrn_authority": child.patient.mrn_authority}
    return _order_page(form, child)


@pages.post("/orders/form")
@needs(Permission.ORDER)
@counts_by_itself
def order_form() -> ResponseReturnValue:
    """The order form of the chosen child; an indication in it ticks the tests that it proposes."""
    form = Form(schemas.OrderIn)
    child = _child(form)
    if proposal := _proposal(form, child):
        form.values["tests"] = [test.code for test in proposal.required]
    return _order_page(form, child)


@pages.post("/orders")
@needs(Permission.ORDER)
def place() -> ResponseReturnValue:
    form = Form(schemas.OrderIn)
    doing = act(event_id=form.event_id)
    placed = form.attempt(lambda typed: ordering.place_order(db(), catalog(), TypedOrder(**typed), act=doing))
    if placed:
        return redirect(url_for(".card", number=placed.number))
    return _order_page(form, _child(form))


@pages.get("/orders/to-reconcile")
@needs(Permission.RECONCILE_ORDERS)
def to_reconcile() -> str:
    """Orders that wait for a person's decision, the oldest first."""
    after = page_key(request.args.get("after"))
    found = ordering_cards.list_to_reconcile(db(), after=after, limit=ROWS + 1)
    context = {"cards": found[:ROWS], "next": following(found), "tests": catalog().tests.values()}
    return render_template("orders/to_reconcile.html", **context, form=Form(schemas.OrderReason))


@pages.post("/orders/<number>/reconcile")
@needs(Permission.RECONCILE_ORDERS)
def reconcile(number: str) -> ResponseReturnValue:
    form = Form(schemas.ReconcileOrderIn)
    if form.attempt(lambda sent: ordering.reconcile(db(), catalog(), number, **sent, act=act())):
        return redirect(url_for(".card", number=number))
    return _card_page(number, form)


@pages.get("/orders/<number>")
@needs(Permission.SEE_CASES)
def card(number: str) -> ResponseReturnValue:
    return _card_page(number, Form(schemas.OrderReason))


@pages.post("/orders/<number>/cancel")
@needs(Permission.ORDER)
def cancel(number: str) -> ResponseReturnValue:
    return _with_reason(number, ordering.cancel_order)


@pages.post("/orders/<number>/hold")
@needs(Permission.ORDER)
def hold(number: str) -> ResponseReturnValue:
    return _with_reason(number, ordering.hold_order)


@pages.post("/orders/<number>/release")
@needs(Permission.ORDER)
def release(number: str) -> ResponseReturnValue:
    ordering.release_order(db(), number, act=act())
    return redirect(url_for(".card", number=number))


def _filters() -> tuple[OrderFilter, str | None]:
    """The filters of the address and the order that the page comes after; raises UnknownFilter."""
    try:
        query = schemas.OrderQuery().load({name: value for name, value in request.args.items() if value})
    except ValidationError:
        raise UnknownFilter from None
    after = page_key(query.pop("after"))
    return OrderFilter(**query), after


def _with_reason(number: str, do: Callable[..., OrderCard]) -> ResponseReturnValue:
    form = Form(schemas.OrderReason)
    if form.attempt(lambda sent: do(db(), number, sent["reason"], act=act())):
        return redirect(url_for(".card", number=number))
    return _card_page(number, form)


def _card_page(number: str, form: Form) -> ResponseReturnValue:
    found = ordering_cards.order_card(db(), number)
    reasons = [reason.name for reason in catalog().reasons.values() if ReasonUse.CANCEL in reason.uses]
    context = {"indications": _indications(), "tests": catalog().tests.values(), "reasons": reasons}
    return form.page("orders/card.html", card=found, **context, now=now())


def _order_page(form: Form, child: PatientCard) -> ResponseReturnValue:
    """The whole form, or only its tests when htmx asks after the indication changed."""
    form.values.setdefault("urgency", Urgency.ROUTINE.value)
    template = "orders/tests.html" if wants_fragment() else "orders/order.html"
    context = {"indications": _indications(), "catalog_tests": catalog().tests.values()}
    return form.page(template, child=child, proposal=_proposal(form, child), **context, now=now())


def _indications() -> dict[str, str]:
    """Indication code to its name, in the catalog's order."""
    return {panel.indication: panel.name for panel in catalog().panels.values()}


def _child(form: Form) -> PatientCard:
    """The child of the form's hidden fields; raises UnknownPatient."""
    mrn, authority = form.values.get("mrn", ""), form.values.get("mrn_authority", "")
    return ordering_cards.find_patient(db(), catalog(), mrn=mrn, authority=authority)


def _proposal(form: Form, child: PatientCard) -> Proposal | None:
    indication = form.values.get("indication")
    if indication not in catalog().panels:
        return None
    born = child.patient.birth_date
    return ordering_cards.proposal(catalog(), str(indication), birth_date=born, today=now().date())
