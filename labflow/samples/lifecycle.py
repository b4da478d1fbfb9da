"""The life of a sample. Where it is and who holds it is custody, not state. Pure."""

from __future__ import annotations

from enum import StrEnum

from ..foundation.lifecycle import Lifecycle


class SampleState(StrEnum):
    PLANNED = "planned"
    NOT_OBTAINED = "not_obtained"
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    ACCEPTED_WITH_DEVIATION = "accepted_with_deviation"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    USED_UP = "used_up"
    STORED = "stored"
    RETRIEVED = "retrieved"
    DISPOSED = "disposed"
    LOST = "lost"
    FOUND = "found"


class SampleAction(StrEnum):
    COLLECT = "collect"
    MISS = "miss"
    ACCEPT = "accept"
    ACCEPT_WITH_DEVIATION = "accept_with_deviation"
    REJECT = "reject"
    QUARANTINE = "quarantine"
    USE_UP = "use_up"
    STORE = "store"
    RETRIEVE = "retrieve"
    DISPOSE = "dispose"
    LOSE = "lose"
    FIND = "find"


_S, _A = SampleState, SampleAction
_USABLE = (_S.ACCEPTED, _S.ACCEPTED_WITH_DEVIATION, _S.RETRIEVED)
_TO_DECIDE = (_S.COLLECTED, _S.QUARANTINED, _S.FOUND)
_IN_HAND = (*_TO_DECIDE, *_USABLE, _S.STORED)

SAMPLE = Lifecycle(
    "sample",
    {
        (_S.PLANNED, _A.COLLECT): _S.COLLECTED,
        (_S.PLANNED, _A.MISS): _S.NOT_OBTAINED,
        # registered or made, and its label never used: it was not there after all
        (_S.COLLECTED, _A.MISS): _S.NOT_OBTAINED,
        (_S.ACCEPTED, _A.MISS): _S.NOT_OBTAINED,
        **{(state, _A.ACCEPT): _S.ACCEPTED for state in _TO_DECIDE},
        **{(state, _A.ACCEPT_WITH_DEVIATION): _S.ACCEPTED_WITH_DEVIATION for state in _TO_DECIDE},
        **{(state, _A.REJECT): _S.REJECTED for state in _TO_DECIDE},
        (_S.COLLECTED, _A.QUARANTINE): _S.QUARANTINED,
        (_S.FOUND, _A.QUARANTINE): _S.QUARANTINED,
        **{(state, _A.USE_UP): _S.USED_UP for state in _USABLE},
        **{(state, _A.STORE): _S.STORED for state in _USABLE},
        (_S.STORED, _A.RETRIEVE): _S.RETRIEVED,
        **{
            (state, _A.DISPOSE): _S.DISPOSED
            for state in (*_USABLE, _S.STORED, _S.REJECTED, _S.USED_UP, _S.FOUND, _S.QUARANTINED)
        },
        **{(state, _A.LOSE): _S.LOST for state in _IN_HAND},
        (_S.LOST, _A.FIND): _S.FOUND,
    },
)

# What may be worked on at a bench.
USABLE = _USABLE
# What physically exists and can be scanned on its way.
MOVABLE = (*_IN_HAND, _S.REJECTED, _S.USED_UP)
