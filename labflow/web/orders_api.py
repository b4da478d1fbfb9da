"""Orders and children as JSON. Searching is a POST: no address identifies a child."""

from __future__ import annotations

from typing import Any

from ..journeys import ordering, ordering_cards
from ..journeys.ordering import TypedOrder
from ..journeys.ordering_cards import OrderCard, PatientCard
from ..orders import OrderFilter, Proposal
from ..patients import NewPatient
from ..staff import Permission
from .api import ApiBlueprint
from .counting import counts_by_itself
from .paging import decode_key, encode_key
from .permissions import needs
from .request import act, catalog, db, now
from .schemas import orders as schemas
from .shedding import heavy

api = ApiBlueprint("orders_api", __name__, url_prefix="/api/v1", description="Orders and children")

ROWS = 50


@api.route("/orders", methods=["GET"])
@needs(Permission.ORDER)
@heavy
@api.arguments(schemas.OrderQuery, location="query")
@api.response(200, schemas.OrdersOut)
def list_orders(query: dict[str, Any]) -> dict[str, Any]:
    """Open orders, the newest first, or those that the filters ask for."""
    after = page_key(query.pop("after"))
    found = ordering_cards.list_orders(db(), OrderFilter(**query), after=after, limit=ROWS + 1)
    return {"orders": found[:ROWS], "next": following(found)}


@api.route("/orders", methods=["POST"])
@needs(Permission.ORDER)
@api.arguments(schemas.OrderJson)
@api.response(201, schemas.OrderOut)
def post_order(sent: dict[str, Any]) -> OrderCard:
    """A new order for a registered child."""
    doing = act(event_id=sent.pop("event_id"))
    return ordering.place_order(db(), catalog(), TypedOrder(**sent), act=doing)


@api.route("/orders/proposal", methods=["POST"])
@needs(Permission.ORDER)
@counts_by_itself
@api.arguments(schemas.ProposalIn)
@api.response(200, schemas.ProposalOut)
def propose(sent: dict[str, Any]) -> Proposal:
    """The tests that an indication asks for, without those for younger children only."""
    born = None
    if sent["mrn"]:
        found = ordering_cards.find_patient(db(), catalog(), mrn=sent["mrn"], authority=sent["mrn_authority"])
        born = found.patient.birth_date
    return ordering_cards.proposal(catalog(), sent["indication"], birth_date=born, today=now().date())


@api.route("/orders/to-reconcile", methods=["GET"])
@needs(Permission.RECONCILE_ORDERS)
@api.arguments(schemas.ToReconcileQuery, location="query")
@api.response(200, schemas.OrdersToReconcileOut)
def list_to_reconcile(query: dict[str, Any]) -> dict[str, Any]:
    """Orders that wait for a person's decision, the oldest first."""
    found = ordering_cards.list_to_reconcile(db(), after=page_key(query["after"]), limit=ROWS + 1)
    return {"orders": found[:ROWS], "next": following(found)}


@api.route("/orders/<number>", methods=["GET"])
@needs(Permission.SEE_CASES)
@api.response(200, schemas.OrderOut)
def get_order(number: str) -> OrderCard:
    """One order."""
    return ordering_cards.order_card(db(), number)


@api.route("/orders/<number>/cancel", methods=["POST"])
@needs(Permission.ORDER)
@api.arguments(schemas.OrderReason)
@api.response(200, schemas.OrderOut)
def cancel(sent: dict[str, Any], number: str) -> OrderCard:
    """Cancels what nobody works on yet; tests in progress or answered stay."""
    return ordering.cancel_order(db(), number, sent["reason"], act=act())


@api.route("/orders/<number>/hold", methods=["POST"])
@needs(Permission.ORDER)
@api.arguments(schemas.OrderReason)
@api.response(200, schemas.OrderOut)
def hold(sent: dict[str, Any], number: str) -> OrderCard:
    """Nothing is collected for the order until it is released."""
    return ordering.hold_order(db(), number, sent["reason"], act=act())


@api.route("/orders/<number>/release", methods=["POST"])
@needs(Permission.ORDER)
@api.response(200, schemas.OrderOut)
def release(number: str) -> OrderCard:
    """Takes the order off hold."""
    return ordering.release_order(db(), number, act=act())


@api.route("/orders/<number>/reconcile", methods=["POST"])
@needs(Permission.RECONCILE_ORDERS)
@api.arguments(schemas.ReconcileOrderIn)
@api.response(200, schemas.OrderOut)
def reconcile(sent: dict[str, Any], number: str) -> OrderCard:
    """One decision about an unknown test, or about who the child is."""
    return ordering.reconcile(db(), catalog(), number, **sent, act=act())


@api.route("/patients", methods=["POST"])
@needs(Permission.ORDER)
@api.arguments(schemas.PatientIn)
@api.response(201, schemas.PatientCardOut)
def post_patient(sent: dict[str, Any]) -> PatientCard:
    """Registers a child; answers with the children who may be taken for it."""
    return ordering.register_patient(db(), catalog(), NewPatient(**sent), act=act())


@api.route("/patients/search", methods=["POST"])
@needs(Permission.ORDER)
@counts_by_itself
@heavy
@api.arguments(schemas.PatientSearch)
@api.response(200, schemas.PatientsOut)
def search_patients(sent: dict[str, Any]) -> dict[str, Any]:
    """Children by medical record number or family name, at most 20."""
    return {"patients": ordering_cards.find_patients(db(), sent["text"])}


def page_key(text: str | None) -> str | None:
    """The number of the last order of the page before."""
    key = decode_key(text, [str])
    return str(key[0]) if key else None


def following(found: list[Any]) -> str | None:
    """The key of the next page, or None after the last one; the row too many tells."""
    return encode_key([found[ROWS - 1].number]) if len(found) > ROWS else None
