"""Scans of bags and racks: packing opens one, the moves move it with everything in it, END closes it."""

from __future__ import annotations

from ... import custody, samples
from ...custody import BagAction
from ...foundation.codes import CodeKind
from ...staff import Permission
from .. import transport
from .job import Job
from .verdict import Verdict, Word

_ACTIONS = {"hand_over": BagAction.HAND_OVER, "take": BagAction.TAKE, "receive": BagAction.RECEIVE}
_PAST = {BagAction.HAND_OVER: "handed over", BagAction.TAKE: "taken", BagAction.RECEIVE: "received"}
_PERMISSIONS = {
    "hand_over": Permission.MOVE_SAMPLES,
    "take": Permission.MOVE_SAMPLES,
    "pack": Permission.MOVE_SAMPLES,
    "receive": Permission.RECEIVE_SAMPLES,
}
_DONE = {
    BagAction.HAND_OVER: (custody.BagState.HANDED_OVER,),
    BagAction.RECEIVE: (custody.BagState.RECEIVED, custody.BagState.RECONCILED),
}


def bag_permission(action: str | None) -> Permission:
    """Who may scan a bag with this action."""
    return _PERMISSIONS.get(action or "", Permission.SCAN)


def scan_bag(job: Job, code: str) -> Verdict:
    """What became of the scan of a bag; with no action it only opens the bag's card."""
    if job.context.action == "pack":
        bag = transport.open_bag_in(job.session, job.catalog, code, act=job.act)
        title = f"Packing {_thing(bag).lower()} {bag.code}"
        return Verdict(verdict=Word.OK, title=title, sets={"bag": bag.code})
    bag = custody.bag_by_code(job.session, code)
    action = _ACTIONS.get(job.context.action or "")
    if action is None and bag.is_rack:
        custody.begin_check(bag, act=job.act)
        detail = "Scan everything in it, then the do-card END."
        return Verdict(
            verdict=Word.OK, title=f"Checking rack {bag.code}", detail=detail, sets={"bag": bag.code}
        )
    if action is None:
        return Verdict(verdict=Word.OK, title=f"Bag {bag.code}", sets={"bag": bag.code})
    if action == BagAction.RECEIVE:
        job.needed_place()
    if bag.state in _DONE.get(action, ()):
        return Verdict(
            verdict=Word.ALREADY, title=f"{_thing(bag)} {bag.code}: done before", sets={"bag": bag.code}
        )
    return _move(job, bag, action)


def _thing(bag: custody.Bag) -> str:
    return "Rack" if bag.is_rack else "Bag"


def is_rack(code: str | None) -> bool:
    return (code or "").startswith(CodeKind.RACK)


def check_off(job: Job, code: str) -> Verdict | None:
    """The sample was seen in the rack of the context; None when that is not being checked."""
    rack, sample = custody.bag_by_code(job.session, job.context.bag or ""), samples.by_code(job.session, code)
    if not custody.being_checked(rack):
        return None
    new = custody.check_off(job.session, rack, sample, act=job.act)
    word, title = (Word.OK, "Seen in") if new else (Word.ALREADY, "Seen before in")
    return Verdict(verdict=word, title=f"{title} {rack.code}")  # and its card stays closed


def _move(job: Job, bag: custody.Bag, action: BagAction) -> Verdict:
    job.before["bag"] = custody.bag_condition(bag)
    count = transport.move_bag_in(job.session, bag, action, act=job.act)
    inside = f"{count} {'sample' if count == 1 else 'samples'} in it."
    return Verdict(
        verdict=Word.OK,
        title=f"{_thing(bag)} {bag.code}: {_PAST[action]}",
        detail=f"{inside} Scan each of them now." if action == BagAction.RECEIVE else inside,
        sets={"bag": bag.code},
    )
