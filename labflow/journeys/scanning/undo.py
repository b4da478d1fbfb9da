"""Taking back one's own last act at a station, within two minutes: everything stands as before.

The evidence keeps both: the act, and the entry that reverses it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from ... import custody, queues, samples
from ...catalog import CardAction, Catalog
from ...custody import ScanRecord, SomethingFollowed
from ...foundation.act import Act
from ...foundation.codes import CodeKind
from ...foundation.errors import Conflict
from ...samples import Sample, SampleAction
from .moves import MOVES
from .verdict import Verdict, Word
from .work import DEEDS

UNDO_WITHIN = timedelta(seconds=120)
UNDOABLE = frozenset((*MOVES, *DEEDS))
_VOIDED = "undone"


class NothingToUndo(Conflict):
    """You did nothing here in the last two minutes that can be undone.

    Put it right with a new act: scan the do-card that fits.
    """


def undo(session: Session, catalog: Catalog, *, act: Act) -> Verdict:
    """Takes back the last act of this person at this place; raises NothingToUndo or SomethingFollowed."""
    rows = custody.last_acts(
        session, by=act.by, place=act.place, actions=sorted(UNDOABLE), within=UNDO_WITHIN, now=act.at
    )
    if not rows:
        raise NothingToUndo
    for row in rows:
        _take_back(session, row, act=act.part(f"undo {row.event_id}"))
        row.undone_by = act.event_id
    session.flush()
    return Verdict(
        verdict=Word.OK,
        title=f"Undone: {_words(catalog, rows)}",
        detail="The record keeps both, the act and its undoing.",
        sample=rows[0].code if len(rows) == 1 and rows[0].code.startswith(CodeKind.SAMPLE) else None,
    )


def _words(catalog: Catalog, rows: Sequence[ScanRecord]) -> str:
    """`Receive S7K2R04PX`, `Receive, 12 samples`."""
    names = {card.action: card.name for card in reversed(list(catalog.do_cards.values()))}
    action = names.get(rows[0].action or "", rows[0].action or "")
    return f"{action} {rows[0].code}" if len(rows) == 1 else f"{action}, {len(rows)} samples"


def _take_back(session: Session, row: ScanRecord, *, act: Act) -> None:
    before: dict[str, Any] = json.loads(row.before) if row.before else {}
    if row.code.startswith(CodeKind.SAMPLE):
        _take_back_sample(session, row, before, samples.by_code(session, row.code), act=act)
        return
    bag = custody.bag_by_code(session, row.code)
    for sample in custody.contents(session, bag) if row.action != "receive" else ():
        custody.reverse(session, sample.chain_id, row.event_id, thing=sample.code, act=act)
    if "bag" not in before:
        raise NothingToUndo
    custody.take_back_bag(bag, before["bag"])


def _take_back_sample(
    session: Session, row: ScanRecord, before: dict[str, Any], sample: Sample, *, act: Act
) -> None:
    tests = samples.tests_served(session, sample.id)
    if "after" in before:
        stands = {"sample": samples.condition(sample), "tests": queues.standing(session, tests)}
        if stands != before["after"]:
            raise SomethingFollowed(thing=sample.code)
    _void_children(session, row, before.get("children", ()), act=act)
    custody.reverse(session, sample.chain_id, row.event_id, thing=sample.code, act=act)
    custody.take_back_packing(session, sample.id, packed=row.action == CardAction.PACK, at=row.recorded_at)
    if "before" in before:
        samples.take_back(sample, before["before"]["sample"])
        queues.restore(session, before["before"]["tests"])


def _void_children(session: Session, row: ScanRecord, codes: Sequence[str], *, act: Act) -> None:
    """Slides that were made and taken back: their labels are out of use, if nothing was done with them."""
    found = samples.by_codes(session, codes)
    for sample in (found[code] for code in codes):
        entries = custody.timeline(session, sample.chain_id)
        if len(entries) != 1 or sample.labelled_at is not None:
            raise SomethingFollowed(thing=sample.code)
        samples.advance(session, sample, SampleAction.MISS, reason=_VOIDED)
        samples.retire_code(session, sample, replaced_by=None, reason=_VOIDED, act=act)
        custody.record(session, [sample.chain_id], custody.CustodyKind.COLLECTION_FAILED, act=act)
