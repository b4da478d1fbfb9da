"""Writes of results. Every version stays; the caller holds the ordered test locked. Never commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session

from .. import orders
from ..foundation.errors import Conflict, Forbidden
from ..foundation.lifecycle import words
from ..orders import OrderedTest, TestAction
from .checking import checked
from .lifecycle import RESULT, Amendment, ResultAction
from .queries import Standing, current
from .tables import Result

if TYPE_CHECKING:
    from ..foundation.act import Act

_VERIFY = {
    None: ResultAction.VERIFY,
    Amendment.CORRECTED: ResultAction.VERIFY_CORRECTION,
    Amendment.AMENDED: ResultAction.VERIFY_AMENDMENT,
}


class OwnResult(Forbidden):
    """You entered this result yourself: it is verified by another person.

    Ask a colleague to verify it.
    """


class NothingToVerify(Conflict):
    """The {test} result has no version that waits to be verified.

    Look at its versions: perhaps a colleague was faster.
    """


class VersionReplaced(Conflict):
    """Version {read} of the {test} result is not the one that waits: that is version {waiting}.

    Read the waiting version, then verify it.
    """


class NoAnswer(Conflict):
    """The {test} result has no verified version.

    Enter a result, or return the one that waits to be verified.
    """


class AmendmentWaits(Conflict):
    """A new version of the {test} result already waits to be verified.

    Verify or return that version first.
    """


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found: structured fields by code, the conclusion in words, and whether it is critical."""

    fields: Mapping[str, Any]
    conclusion: str
    critical: bool = False


def enter(session: Session, test: OrderedTest, findings: Findings, *, act: Act) -> Result:
    """The preliminary result of a test in progress; raises UnfitFields or StepOutOfOrder."""
    orders.advance_test(session, test, TestAction.ENTER)
    standing = _standing(session, test)
    version = _next_version(session, test, standing, findings, act)
    version.reason = words(standing.newest.state) if standing else ""
    return version


def verify(session: Session, test: OrderedTest, *, version: int, act: Act) -> Result:
    """The waiting version, which was read, becomes the answer: final, corrected or amended.

    Raises NothingToVerify, VersionReplaced or OwnResult.
    """
    waiting = _waiting(session, test)
    if waiting.version != version:
        raise VersionReplaced(test=test.test_code, read=version, waiting=waiting.version)
    if waiting.entered_by == act.by:
        raise OwnResult
    _advance(waiting, _VERIFY[waiting.amends])
    waiting.verified_by, waiting.verified_at = act.by, act.at
    if waiting.amends is None:
        orders.advance_test(session, test, TestAction.VERIFY)
    return waiting


def return_(session: Session, test: OrderedTest, note: str, *, act: Act) -> Result:
    """The waiting version goes back to the bench with a note; a verified version stays the answer."""
    version = _waiting(session, test)
    _advance(version, ResultAction.RETURN)
    version.returned_by, version.returned_note = act.by, note
    if version.amends is None:
        orders.advance_test(session, test, TestAction.RETURN)
    return version


def amend(
    session: Session, test: OrderedTest, findings: Findings, amends: Amendment, reason: str, *, act: Act
) -> Result:
    """A new preliminary version of a verified result; the old one stays the answer until this is verified."""
    standing = _answered(session, test)
    if standing.waiting:
        raise AmendmentWaits(test=test.test_code)
    version = _next_version(session, test, standing, findings, act)
    version.amends, version.reason = amends, reason
    return version


def withdraw(session: Session, test: OrderedTest, reason: str, *, act: Act) -> Result:
    """The answer is taken back and the test is in progress again; an amendment that waited is returned."""
    standing = _answered(session, test)
    if standing.waiting:
        return_(session, test, "The version that it amends was withdrawn.", act=act)
    version = cast("Result", standing.answer)
    _advance(version, ResultAction.WITHDRAW)
    version.withdrawn_by, version.withdrawn_at, version.withdrawn_reason = act.by, act.at, reason
    orders.advance_test(session, test, TestAction.WITHDRAW, reason=reason)
    return version


def _next_version(
    session: Session, test: OrderedTest, before: Standing | None, findings: Findings, act: Act
) -> Result:
    """A preliminary version, its fields checked against the terms of the test."""
    version = Result(
        ordered_test_id=test.id,
        version=before.newest.version + 1 if before else 1,
        fields=checked(orders.terms(test), findings.fields),
        conclusion=findings.conclusion,
        critical=findings.critical,
        entered_by=act.by,
        entered_at=act.at,
    )
    session.add(version)
    session.flush()
    return version


def _standing(session: Session, test: OrderedTest) -> Standing | None:
    return current(session, [test.id]).get(test.id)


def _waiting(session: Session, test: OrderedTest) -> Result:
    standing = _standing(session, test)
    if standing is None or standing.waiting is None:
        raise NothingToVerify(test=test.test_code)
    return standing.waiting


def _answered(session: Session, test: OrderedTest) -> Standing:
    standing = _standing(session, test)
    if standing is None or standing.answer is None:
        raise NoAnswer(test=test.test_code)
    return standing


def _advance(version: Result, action: ResultAction) -> None:
    """The one place that assigns a result's state."""
    version.state = RESULT.next_state(version.state, action)
