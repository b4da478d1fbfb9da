"""Scans that do more than move a sample: each is a step of another journey, in this scan's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from ... import custody, samples
from ...catalog import Catalog, PlaceKind, Temperature
from ...custody import BagAction, CustodyKind
from ...foundation.act import Act
from ...foundation.errors import Refused
from ...samples import Sample, SampleAction
from ...staff import Permission
from .. import bench, reception, transport
from .verdict import Context, PlaceNeeded, Verdict, Word


class BagNeeded(Refused):
    """Which bag? Packing needs a bag.

    Scan the bag, then the sample again.
    """


class NotAStore(Refused):
    """{place} is not a place where samples are stored.

    Scan the store, then the sample again.
    """


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a scan is done in: the transaction, the catalog, the context and the act."""

    session: Session
    catalog: Catalog
    context: Context
    act: Act

    def needed_place(self) -> str:
        if self.act.place is None:
            raise PlaceNeeded
        return self.act.place


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One action on one scanned sample, and who may do it."""

    permission: Permission
    do: Callable[[Job, Sample], Verdict]


def _scan_back(job: Job, sample: Sample) -> Verdict:
    if sample.labelled_at is not None:
        return _already(sample, "Label scanned back before")
    samples.mark_labelled(job.session, sample, at=job.act.occurred_at)
    custody.record(job.session, [sample.chain_id], CustodyKind.SCANNED_BACK, act=job.act)
    return _ok(sample, "Label is on the sample")


def _pack(job: Job, sample: Sample) -> Verdict:
    if job.context.bag is None:
        raise BagNeeded
    bag = custody.bag_by_code(job.session, job.context.bag)
    if not transport.pack_in(job.session, job.catalog, bag, sample, act=job.act):
        return _already(sample, f"In bag {bag.code} already")
    return _ok(sample, f"Packed into {bag.code}")


def _accept(job: Job, sample: Sample) -> Verdict:
    job.needed_place()
    if sample.state in samples.USABLE:
        return _already(sample, "Accepted before")
    accepted = reception.accept_in(job.session, job.catalog, sample, act=job.act)
    queued = ", ".join(job.catalog.queues[queue].name for queue in sorted(set(accepted.queued.values())))
    return _ok(sample, "Accepted", f"Waiting in: {queued}." if queued else "No test waits for this sample.")


def _store(job: Job, sample: Sample) -> Verdict:
    place = job.catalog.places.get(job.needed_place())
    if place is None or place.kind != PlaceKind.STORE:
        raise NotAStore(place=place.name if place else job.act.place)
    if sample.state == samples.SampleState.STORED:
        return _already(sample, "Stored before")
    samples.advance(job.session, sample, SampleAction.STORE)
    sample.temperature = place.temperature
    custody.record(
        job.session, [sample.chain_id], CustodyKind.STORED, act=job.act, holder=None, place=place.code
    )
    return _ok(sample, f"Stored in {place.name}")


def _retrieve(job: Job, sample: Sample) -> Verdict:
    if sample.state == samples.SampleState.RETRIEVED:
        return _already(sample, "Retrieved before")
    samples.advance(job.session, sample, SampleAction.RETRIEVE)
    custody.record(
        job.session,
        [sample.chain_id],
        CustodyKind.RETRIEVED,
        act=job.act,
        holder=job.act.badge,
        place=job.act.place,
    )
    return _ok(sample, "Retrieved")


def _start(job: Job, sample: Sample) -> Verdict:
    done = bench.start_on_sample(job.session, job.catalog, sample, act=job.act)
    return _ok(sample, done.title, done.detail)


def _finish(job: Job, sample: Sample) -> Verdict:
    done = bench.finish_on_sample(job.session, job.catalog, sample, act=job.act)
    return _ok(sample, done.title, done.detail)


def _make_slides(job: Job, sample: Sample) -> Verdict:
    done = bench.make_slides_of_sample(job.session, job.catalog, sample, act=job.act)
    return _ok(sample, done.title, done.detail)


DEEDS: Mapping[str, Deed] = {
    "scan_back": Deed(permission=Permission.PRINT_LABELS, do=_scan_back),
    "pack": Deed(permission=Permission.MOVE_SAMPLES, do=_pack),
    "accept": Deed(permission=Permission.RECEIVE_SAMPLES, do=_accept),
    "store": Deed(permission=Permission.STORE_SAMPLES, do=_store),
    "retrieve": Deed(permission=Permission.STORE_SAMPLES, do=_retrieve),
    "start": Deed(permission=Permission.WORK_QUEUES, do=_start),
    "finish": Deed(permission=Permission.WORK_QUEUES, do=_finish),
    "make_slides": Deed(permission=Permission.WORK_QUEUES, do=_make_slides),
}


def scan_bag(job: Job, code: str) -> Verdict:
    """A bag was scanned: pack opens it, the moves move it with everything in it, no action opens its card."""
    if job.context.action == "pack":
        bag = custody.open_bag(job.session, code, Temperature.ROOM, act=job.act)
        return Verdict(verdict=Word.OK, title=f"Packing bag {bag.code}", sets={"bag": bag.code})
    bag = custody.bag_by_code(job.session, code)
    action = _BAG_ACTIONS.get(job.context.action or "")
    if action is None:
        return Verdict(verdict=Word.OK, title=f"Bag {bag.code}", sets={"bag": bag.code})
    if action == BagAction.RECEIVE:
        job.needed_place()
    if _done(bag, action):
        return Verdict(verdict=Word.ALREADY, title=f"Bag {bag.code}: done before", sets={"bag": bag.code})
    count = transport.move_bag_in(job.session, bag, action, act=job.act)
    inside = f"{count} {'sample' if count == 1 else 'samples'} in it."
    return Verdict(
        verdict=Word.OK,
        title=f"Bag {bag.code}: {_BAG_PAST[action]}",
        detail=f"{inside} Scan each of them now." if action == BagAction.RECEIVE else inside,
        sets={"bag": bag.code},
    )


_BAG_ACTIONS = {"hand_over": BagAction.HAND_OVER, "take": BagAction.TAKE, "receive": BagAction.RECEIVE}
_BAG_PAST = {BagAction.HAND_OVER: "handed over", BagAction.TAKE: "taken", BagAction.RECEIVE: "received"}
_BAG_PERMISSIONS = {
    "hand_over": Permission.MOVE_SAMPLES,
    "take": Permission.MOVE_SAMPLES,
    "pack": Permission.MOVE_SAMPLES,
    "receive": Permission.RECEIVE_SAMPLES,
}


def bag_permission(action: str | None) -> Permission:
    """Who may scan a bag with this action."""
    return _BAG_PERMISSIONS.get(action or "", Permission.SCAN)


def _done(bag: custody.Bag, action: BagAction) -> bool:
    after = {
        BagAction.HAND_OVER: (custody.BagState.HANDED_OVER,),
        BagAction.RECEIVE: (custody.BagState.RECEIVED, custody.BagState.RECONCILED),
    }
    return bag.state in after.get(action, ())


def _ok(sample: Sample, title: str, detail: str = "") -> Verdict:
    return Verdict(verdict=Word.OK, title=title, detail=detail, sample=sample.code)


def _already(sample: Sample, title: str) -> Verdict:
    return Verdict(verdict=Word.ALREADY, title=title, sample=sample.code)
