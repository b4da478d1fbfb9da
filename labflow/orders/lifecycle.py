"""The life of an order and of an ordered test. Pure."""

from __future__ import annotations

from enum import StrEnum

from ..foundation.lifecycle import Lifecycle


class OrderState(StrEnum):
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class OrderAction(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    COMPLETE = "complete"
    REOPEN = "reopen"
    CANCEL = "cancel"


ORDER = Lifecycle(
    "order",
    {
        (OrderState.ACTIVE, OrderAction.HOLD): OrderState.ON_HOLD,
        (OrderState.ACTIVE, OrderAction.COMPLETE): OrderState.COMPLETED,
        (OrderState.ACTIVE, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.ON_HOLD, OrderAction.RELEASE): OrderState.ACTIVE,
        (OrderState.ON_HOLD, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.COMPLETED, OrderAction.REOPEN): OrderState.ACTIVE,
    },
)


class TestState(StrEnum):
    PLANNED = "planned"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    ENTERED = "entered"
    VERIFIED = "verified"
    NOT_POSSIBLE = "not_possible"
    CANCELLED = "cancelled"


class TestAction(StrEnum):
    QUEUE = "queue"
    START = "start"
    HOLD = "hold"
    RELEASE = "release"
    REPEAT = "repeat"
    ENTER = "enter"
    RETURN = "return"
    VERIFY = "verify"
    WITHDRAW = "withdraw"
    REFUSE = "refuse"
    CANCEL = "cancel"


TEST = Lifecycle(
    "test",
    {
        (TestState.PLANNED, TestAction.QUEUE): TestState.WAITING,
        (TestState.PLANNED, TestAction.REFUSE): TestState.NOT_POSSIBLE,
        (TestState.PLANNED, TestAction.CANCEL): TestState.CANCELLED,
        (TestState.WAITING, TestAction.START): TestState.IN_PROGRESS,
        (TestState.WAITING, TestAction.HOLD): TestState.ON_HOLD,
        (TestState.WAITING, TestAction.REFUSE): TestState.NOT_POSSIBLE,
        (TestState.WAITING, TestAction.CANCEL): TestState.CANCELLED,
        (TestState.IN_PROGRESS, TestAction.ENTER): TestState.ENTERED,
        (TestState.IN_PROGRESS, TestAction.HOLD): TestState.ON_HOLD,
        (TestState.IN_PROGRESS, TestAction.REPEAT): TestState.WAITING,
        (TestState.IN_PROGRESS, TestAction.REFUSE): TestState.NOT_POSSIBLE,
        (TestState.IN_PROGRESS, TestAction.CANCEL): TestState.CANCELLED,
        (TestState.ON_HOLD, TestAction.RELEASE): TestState.WAITING,
        (TestState.ON_HOLD, TestAction.REFUSE): TestState.NOT_POSSIBLE,
        (TestState.ON_HOLD, TestAction.CANCEL): TestState.CANCELLED,
        (TestState.ENTERED, TestAction.VERIFY): TestState.VERIFIED,
        (TestState.ENTERED, TestAction.RETURN): TestState.IN_PROGRESS,
        (TestState.ENTERED, TestAction.REPEAT): TestState.WAITING,
        (TestState.VERIFIED, TestAction.WITHDRAW): TestState.IN_PROGRESS,
        # a second sample (a straggler, a recollection) can still answer what the first could not
        (TestState.NOT_POSSIBLE, TestAction.QUEUE): TestState.WAITING,
    },
)

OPEN_TESTS = (
    TestState.PLANNED,
    TestState.WAITING,
    TestState.IN_PROGRESS,
    TestState.ON_HOLD,
    TestState.ENTERED,
)
