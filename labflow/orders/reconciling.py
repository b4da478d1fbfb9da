"""A person decides what an import left open: unknown tests, doubts about the child. Never commits."""

from __future__ import annotations

from sqlmodel import Session

from ..catalog import Catalog, find_test
from ..foundation.act import Act
from ..foundation.errors import Conflict, NotFound, Refused
from ..patients import NewPatient
from .asking import panel_of
from .lifecycle import ORDER, OrderAction
from .operations import UnknownTestCode, add_test, advance
from .queries import doubt_of, is_to_reconcile, tests_of, unknown_tests_of
from .tables import DoubtState, IdentityDoubt, Order, UnknownTest, UnknownTestState

DOUBTED = "the message and the record differ about the child"


class NothingToDecide(Conflict):
    """This is decided already.

    Look at the order's card: it says what became of it.
    """


class NoSuchUnknownTest(NotFound):
    """Order {order} has no unknown test number {number}.

    Look at the list of orders to reconcile.
    """


class ReasonMissing(Refused):
    """This needs a reason.

    Write why, in a few words.
    """


class StillToReconcile(Conflict):
    """Order {number} still waits for a decision: {what}.

    Decide it on the list of orders to reconcile.
    """


def require_reason(reason: str) -> str:
    """The reason without outer spaces; raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def unknown_test(session: Session, order: Order, number: int) -> UnknownTest:
    """The open unknown test; raises NoSuchUnknownTest or NothingToDecide."""
    for unknown in unknown_tests_of(session, order.id):
        if unknown.number == number:
            if unknown.state != UnknownTestState.OPEN:
                raise NothingToDecide
            return unknown
    raise NoSuchUnknownTest(order=order.number, number=number)


def map_unknown(
    session: Session, order: Order, unknown: UnknownTest, test_code: str, catalog: Catalog, *, act: Act
) -> None:
    """The unknown code means this test of the catalog; raises UnknownTestCode."""
    test = find_test(catalog, test_code)
    if test is None:
        raise UnknownTestCode(code=test_code[:40])
    panel = panel_of(catalog, order.indication) if order.indication else None
    add_test(session, order, test, panel, placer_number=unknown.placer_number)
    unknown.mapped_to = test.code
    _decide(unknown, UnknownTestState.MAPPED, act)
    settle(session, order)


def refuse_unknown(session: Session, order: Order, unknown: UnknownTest, reason: str, *, act: Act) -> None:
    """The laboratory does not do what the code asks for; raises ReasonMissing."""
    unknown.reason = require_reason(reason)
    _decide(unknown, UnknownTestState.REFUSED, act)
    settle(session, order)


def drop_unknown(unknown: UnknownTest, reason: str, *, act: Act) -> None:
    """The code was cancelled before anybody decided what it means."""
    unknown.reason = reason
    _decide(unknown, UnknownTestState.CANCELLED, act)


def drop_doubt(session: Session, order: Order, reason: str, *, act: Act) -> None:
    """The order was cancelled before anybody decided the doubt about its child, if there was one."""
    doubt = doubt_of(session, order.id)
    if doubt and doubt.state == DoubtState.OPEN:
        doubt.state, doubt.decided_by, doubt.decided_at = DoubtState.REFUSED, act.by or None, act.at
        doubt.reason = reason


def doubt_identity(session: Session, order: Order, seen: NewPatient) -> None:
    """The order waits: its message names this child's number with another name or birth date."""
    session.add(
        IdentityDoubt(
            order_id=order.id,
            family_name=seen.family_name,
            given_name=seen.given_name,
            birth_date=seen.birth_date,
            sex=seen.sex,
        )
    )
    session.flush()
    hold_for(session, order, DOUBTED)


def open_doubt(session: Session, order: Order) -> IdentityDoubt:
    """The doubt to decide; raises NothingToDecide."""
    doubt = doubt_of(session, order.id)
    if doubt is None or doubt.state != DoubtState.OPEN:
        raise NothingToDecide
    return doubt


def decide_doubt(doubt: IdentityDoubt, decision: DoubtState, reason: str, *, act: Act) -> None:
    """Writes down the decision with its reason; raises ReasonMissing. The caller acts on it."""
    doubt.reason = require_reason(reason)
    doubt.state, doubt.decided_by, doubt.decided_at = decision, act.by, act.at


def hold_for(session: Session, order: Order, reason: str) -> None:
    """The order is on hold for this reason; one that waits already keeps its first reason."""
    if ORDER.allows(order.state, OrderAction.HOLD):
        advance(session, order, OrderAction.HOLD, reason)


def settle(session: Session, order: Order, *, nothing_left: str = "no test of it is done here") -> None:
    """When nothing is left to decide the order is active, or cancelled when no test is left."""
    session.flush()
    if is_to_reconcile(session, order.id):
        return
    if tests_of(session, order.id):
        advance(session, order, OrderAction.RELEASE)
    else:
        advance(session, order, OrderAction.CANCEL, nothing_left)


def release(session: Session, order: Order) -> None:
    """Takes the order off hold; raises StillToReconcile."""
    if is_to_reconcile(session, order.id):
        raise StillToReconcile(number=order.number, what=order.state_reason)
    advance(session, order, OrderAction.RELEASE)


def _decide(unknown: UnknownTest, state: UnknownTestState, act: Act) -> None:
    unknown.state, unknown.decided_by, unknown.decided_at = state, act.by or None, act.at
