"""Cards that are no thing: do-cards and places set the context, and some do-cards act at once."""

from __future__ import annotations

from collections.abc import Mapping

from ... import custody
from ...catalog import CardAction, DoCard
from ...foundation.codes import check_code, kind_words
from ...staff import Permission
from .. import transport
from .job import Job
from .undo import undo
from .verdict import ChoiceNeeded, NotASample, Verdict, Word


class WhyMissing(ChoiceNeeded):
    """{missing}

    Look for them and scan them, or choose a reason to close without them.
    """


NOTHING_SET: Mapping[str, None] = {"action": None, "place": None, "bag": None}


def scan_card(job: Job, code: str) -> Verdict:
    """What a do-card or a place sets or does; raises NotASample for any other code."""
    card, place = job.catalog.do_cards.get(code), job.catalog.places.get(code)
    if card is not None:
        return _do_card(job, card)
    if place is not None:
        return Verdict(verdict=Word.OK, title=place.name, sets={"place": {"code": code, "name": place.name}})
    raise NotASample(code=code, found=kind_words(check_code(code)))


def _do_card(job: Job, card: DoCard) -> Verdict:
    if card.action == CardAction.UNDO:
        return undo(job.session, job.catalog, act=job.act)
    if card.action == CardAction.HELP:
        return Verdict(verdict=Word.OK, title=card.name, sets={"help": True})
    if card.action == CardAction.END:
        return _end(job, card)
    action = {"code": card.action, "name": card.name, "reason": card.reason or None, "count": card.count}
    return Verdict(verdict=Word.OK, title=card.name, sets={"action": action, "bag": None})


def _end(job: Job, card: DoCard) -> Verdict:
    """The context is empty, and a bag or rack in it closed by those who receive; raises WhyMissing."""
    code = job.context.bag if Permission.RECEIVE_SAMPLES in job.permissions else None
    bag = custody.bag_by_code(job.session, code) if code else None
    if bag is None or not custody.being_checked(bag):
        return Verdict(verdict=Word.OK, title=card.name, sets=NOTHING_SET)
    try:
        closed = transport.close_bag(job.session, job.catalog, bag, reason=job.choice or None, act=job.act)
    except custody.MissingNeedsReason as error:
        reasons = [(reason.code, reason.name) for reason in error.details["reasons"]]
        raise WhyMissing(missing=error.message, choices=reasons) from None
    return Verdict(verdict=Word.OK, title=closed.title, detail=closed.detail, sets=NOTHING_SET)
