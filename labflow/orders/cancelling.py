"""Cancelling: what nobody works on yet goes, what is worked on or answered stays. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session

from ..foundation.act import Act
from ..foundation.errors import Conflict
from ..foundation.lifecycle import words
from .lifecycle import OrderAction, OrderState, TestAction, TestState
from .operations import advance, advance_test, complete_if_all_answered
from .queries import is_to_reconcile, tests_of, unknown_tests_of
from .reconciling import drop_doubt, drop_unknown, settle
from .tables import Order, OrderedTest, UnknownTest, UnknownTestState

# Work that has begun is finished or given up at the bench, never cut off by a cancel.
_CANCELLABLE = (TestState.PLANNED, TestState.WAITING, TestState.ON_HOLD)
_KEPT = (TestState.IN_PROGRESS, TestState.ENTERED, TestState.VERIFIED)
Numbered = TypeVar("Numbered", OrderedTest, UnknownTest)


class NothingToCancel(Conflict):
    """Nothing of order {number} can be cancelled: {states}.

    Ask the bench about work that has begun; a result is withdrawn, not cancelled.
    """


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """Tests that were cancelled, and those that stay because somebody works on them or answered them."""

    tests: list[OrderedTest]
    kept: list[OrderedTest]


def cancel(
    session: Session, order: Order, *, reason: str, act: Act, placer_numbers: Collection[str] | None = None
) -> Cancelled:
    """Cancels the whole order, or the parts with these placer numbers; raises NothingToCancel.

    The order is cancelled with its last test; one whose other tests are answered is completed.
    """
    tests = _numbered(tests_of(session, order.id), placer_numbers)
    unknown = [
        one
        for one in _numbered(unknown_tests_of(session, order.id), placer_numbers)
        if one.state == UnknownTestState.OPEN
    ]
    cancelled = [test for test in tests if test.state in _CANCELLABLE]
    if not cancelled and not unknown:
        raise NothingToCancel(number=order.number, states=_states(tests))
    waited = is_to_reconcile(session, order.id)
    for test in cancelled:
        advance_test(session, test, TestAction.CANCEL, reason=reason)
    for one in unknown:
        drop_unknown(one, reason, act=act)
    if placer_numbers is None:
        drop_doubt(session, order, reason, act=act)
    _follow(session, order, waited, reason)
    return Cancelled(tests=cancelled, kept=[test for test in tests if test.state in _KEPT])


def _follow(session: Session, order: Order, waited: bool, reason: str) -> None:
    """The order's own state after its tests were cancelled."""
    session.flush()
    if is_to_reconcile(session, order.id):
        return
    if waited:
        settle(session, order, nothing_left=reason)
    if any(test.state != TestState.CANCELLED for test in tests_of(session, order.id)):
        complete_if_all_answered(session, order.id)
    elif order.state != OrderState.CANCELLED:
        advance(session, order, OrderAction.CANCEL, reason)


def _numbered(found: Iterable[Numbered], numbers: Collection[str] | None) -> list[Numbered]:
    return [one for one in found if numbers is None or one.placer_number in numbers]


def _states(tests: Iterable[OrderedTest]) -> str:
    return ", ".join(f"{test.test_code} is {words(test.state)}" for test in tests) or "no test is left"
