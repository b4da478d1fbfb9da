"""The life of one version of a result (FHIR DiagnosticReport words). Pure."""

from __future__ import annotations

from enum import StrEnum

from ..foundation.lifecycle import Lifecycle


class ResultState(StrEnum):
    PRELIMINARY = "preliminary"
    RETURNED = "returned"
    FINAL = "final"
    CORRECTED = "corrected"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"


class Amendment(StrEnum):
    """Why a verified result gets a new version: an error was corrected, or more became known."""

    CORRECTED = "corrected"
    AMENDED = "amended"


class ResultAction(StrEnum):
    VERIFY = "verify"
    VERIFY_CORRECTION = "verify_correction"
    VERIFY_AMENDMENT = "verify_amendment"
    RETURN = "return"
    WITHDRAW = "withdraw"


RESULT = Lifecycle(
    "result",
    {
        (ResultState.PRELIMINARY, ResultAction.VERIFY): ResultState.FINAL,
        (ResultState.PRELIMINARY, ResultAction.VERIFY_CORRECTION): ResultState.CORRECTED,
        (ResultState.PRELIMINARY, ResultAction.VERIFY_AMENDMENT): ResultState.AMENDED,
        (ResultState.PRELIMINARY, ResultAction.RETURN): ResultState.RETURNED,
        (ResultState.FINAL, ResultAction.WITHDRAW): ResultState.WITHDRAWN,
        (ResultState.CORRECTED, ResultAction.WITHDRAW): ResultState.WITHDRAWN,
        (ResultState.AMENDED, ResultAction.WITHDRAW): ResultState.WITHDRAWN,
    },
)

# Versions that a clinician reads as the answer.
VERIFIED = (ResultState.FINAL, ResultState.CORRECTED, ResultState.AMENDED)
