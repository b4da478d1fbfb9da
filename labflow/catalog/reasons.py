"""Coded reasons: which may be given for which act. Pure."""

from __future__ import annotations

from ..foundation.errors import Refused
from .kinds import ReasonUse
from .offer import Catalog, Reason


class UnknownReason(Refused):
    """ "{reason}" is not a coded reason for this act.

    Choose one of: {allowed}.
    """


def reasons_for(catalog: Catalog, use: ReasonUse) -> tuple[Reason, ...]:
    """The reasons that may be given for this act, in the order of the configuration."""
    return tuple(reason for reason in catalog.reasons.values() if use in reason.uses)


def reason_words(catalog: Catalog, code: str) -> str:
    """What people call the reason; the code itself where the configuration no longer has it."""
    return catalog.reasons[code].name if code in catalog.reasons else code


def require_reason(catalog: Catalog, code: str, use: ReasonUse) -> Reason:
    """The reason with this code; raises UnknownReason, which names those that fit the act."""
    reason = catalog.reasons.get(code)
    if reason is None or use not in reason.uses:
        allowed = ", ".join(one.code for one in reasons_for(catalog, use))
        raise UnknownReason(reason=code[:40], allowed=allowed)
    return reason
