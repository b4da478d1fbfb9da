"""What one scan is done in, and what was chosen for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from ...catalog import Catalog, Reason, ReasonUse, require_reason
from ...foundation.act import Act
from ...samples import Sample
from ...staff import Permission
from .verdict import ChoiceNeeded, Context, PlaceNeeded, Verdict, Word

_AND = "+"


class ReasonNeeded(ChoiceNeeded):
    """Why? {what} needs a reason.

    Choose it, or scan the card of the reason and then the sample.
    """


@dataclass(frozen=True, kw_only=True)
class Job:
    """The transaction, the catalog, the context, the act of one scan, what the person may, what was chosen.

    `before` takes what UNDO will need beside the entries.
    """

    session: Session
    catalog: Catalog
    context: Context
    act: Act
    permissions: frozenset[Permission]
    choice: str = ""
    before: dict[str, Any] = field(default_factory=dict)

    def needed_place(self) -> str:
        """The place of the act; raises PlaceNeeded."""
        if self.act.place is None:
            raise PlaceNeeded
        return self.act.place

    @property
    def test(self) -> str:
        """The test that was chosen, or nothing."""
        return next((one for one in self._chosen if one in self.catalog.tests), "")

    def reason(self, use: ReasonUse, what: str) -> Reason:
        """The reason of the do-card, or the one chosen; raises ReasonNeeded with the choices."""
        fitting = {code: one for code, one in self.catalog.reasons.items() if use in one.uses}
        given = next((one for one in (self.context.reason, *self._chosen) if one in fitting), None)
        if given is None:
            raise ReasonNeeded(what=what, choices=((code, one.name) for code, one in fitting.items()))
        return require_reason(self.catalog, given, use)

    def choices(self, options: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        """One more choice on top of what was chosen before."""
        return ((_AND.join((*self._chosen, code)), words) for code, words in options)

    @property
    def _chosen(self) -> tuple[str, ...]:
        return tuple(self.choice.split(_AND)) if self.choice else ()


def ok(sample: Sample, title: str, detail: str = "") -> Verdict:
    return Verdict(verdict=Word.OK, title=title, detail=detail, sample=sample.code)


def already(sample: Sample, title: str, detail: str = "") -> Verdict:
    return Verdict(verdict=Word.ALREADY, title=title, detail=detail, sample=sample.code)
