"""Results: entry, verification by another person, amendment, withdrawal; readiness derived from facts."""

from .checking import UnfitFields
from .lifecycle import RESULT, VERIFIED, Amendment, ResultAction, ResultState
from .operations import (
    AmendmentWaits,
    Findings,
    NoAnswer,
    NothingToVerify,
    OwnResult,
    VersionReplaced,
    amend,
    enter,
    return_,
    verify,
    withdraw,
)
from .queries import Standing, current, to_verify
from .readiness import CaseReadiness, Outlook, Reached, Stage, TestFacts, TestReadiness, readiness
from .tables import Result

__all__ = [
    "RESULT",
    "VERIFIED",
    "Amendment",
    "AmendmentWaits",
    "CaseReadiness",
    "Findings",
    "NoAnswer",
    "NothingToVerify",
    "Outlook",
    "OwnResult",
    "Reached",
    "Result",
    "ResultAction",
    "ResultState",
    "Stage",
    "Standing",
    "TestFacts",
    "TestReadiness",
    "UnfitFields",
    "VersionReplaced",
    "amend",
    "current",
    "enter",
    "readiness",
    "return_",
    "to_verify",
    "verify",
    "withdraw",
]
