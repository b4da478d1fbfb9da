"""Scans that do more than move a sample: each is a step of another journey, in this scan's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ... import custody, labels, queues, samples
from ...catalog import PlaceKind, ReasonUse
from ...custody import CustodyKind
from ...foundation.errors import Refused
from ...samples import Sample, SampleAction
from ...staff import Permission
from .. import bench, reception, transport
from .job import Job, already, ok
from .verdict import ChoiceNeeded, MustStop, Verdict


class BagNeeded(Refused):
    """Which bag? Packing needs a bag.

    Scan the bag, then the sample again.
    """


class NotAStore(Refused):
    """{place} is not a place where samples are stored.

    Scan the store, then the sample again.
    """


class WhichTest(ChoiceNeeded):
    """{code} serves several open tests here.

    Choose the one you are working on.
    """


class TwoLabelsOneCode(MustStop):
    """{code} was scanned back before, while other labels of its case wait: two labels may carry one code.

    Compare both samples. Take a label that was printed twice off; scan the next sample, or name the child.
    """


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One action on one scanned sample, and who may do it."""

    permission: Permission
    do: Callable[[Job, Sample], Verdict]


def do(job: Job, deed: Deed, sample: Sample) -> Verdict:
    """The deed, with how everything stood before it kept for UNDO; raises what the deed raises."""
    tests = samples.tests_served(job.session, sample.id)
    before = {"sample": samples.condition(sample), "tests": queues.standing(job.session, tests)}
    try:
        verdict = deed.do(job, sample)
    except queues.ChooseTest as error:
        options = ((words.partition(" ")[0], words) for words in error.tests)
        raise WhichTest(code=sample.code, choices=job.choices(options)) from None
    job.session.flush()
    after = {"sample": samples.condition(sample), "tests": queues.standing(job.session, tests)}
    job.before.update(before=before, after=after)
    return verdict


def _scan_back(job: Job, sample: Sample) -> Verdict:
    if sample.labelled_at is not None and not _is_reprinted(job, sample):
        if samples.unlabelled(job.session, sample.case_id):
            raise TwoLabelsOneCode(code=sample.code, sample_id=sample.id)
        return already(sample, "Label scanned back before", "On another sample? Then call the laboratory.")
    samples.mark_labelled(job.session, sample, at=job.act.occurred_at)
    custody.record(job.session, [sample.chain_id], CustodyKind.SCANNED_BACK, act=job.act)
    waiting = len(samples.unlabelled(job.session, sample.case_id))
    detail = f"{waiting} still to scan." if waiting else "That was the last."
    return ok(sample, "Label is on the sample", detail)


def _is_reprinted(job: Job, sample: Sample) -> bool:
    """Whether a label was printed again since the last one was scanned back."""
    entries = custody.timeline(job.session, sample.chain_id)
    return labels.copies(job.session, sample) > sum(one.kind == CustodyKind.SCANNED_BACK for one in entries)


def _pack(job: Job, sample: Sample) -> Verdict:
    if job.context.bag is None:
        raise BagNeeded
    bag = custody.bag_by_code(job.session, job.context.bag)
    if not transport.pack_in(job.session, job.catalog, bag, sample, act=job.act):
        return already(sample, f"In bag {bag.code} already")
    return ok(sample, f"Packed into {bag.code}")


def _accept(job: Job, sample: Sample) -> Verdict:
    job.needed_place()
    if sample.state in samples.USABLE:
        return already(sample, "Accepted before")
    accepted = reception.accept_in(job.session, job.catalog, sample, act=job.act)
    queued = ", ".join(job.catalog.queues[queue].name for queue in sorted(set(accepted.queued.values())))
    return ok(sample, "Accepted", f"Waiting in: {queued}." if queued else "No test waits for this sample.")


def _reject(job: Job, sample: Sample) -> Verdict:
    job.needed_place()
    if sample.state == samples.SampleState.REJECTED:
        return already(sample, "Rejected before")
    reason = job.reason(ReasonUse.REJECT, "Rejecting")
    decision = reception.Decision(reasons=(reason.code,))
    rejected = reception.reject_in(job.session, job.catalog, sample, decision, act=job.act)
    lost = ", ".join(rejected.tests_not_possible)
    detail = f"No longer possible: {lost}. Tell the ward." if lost else "Other samples serve its tests."
    return ok(sample, f"Rejected: {reason.name}", detail)


def _store(job: Job, sample: Sample) -> Verdict:
    place = job.catalog.places.get(job.needed_place())
    if place is None or place.kind != PlaceKind.STORE:
        raise NotAStore(place=place.name if place else job.act.place)
    if sample.state == samples.SampleState.STORED:
        return already(sample, "Stored before")
    samples.advance(job.session, sample, SampleAction.STORE)
    sample.temperature = place.temperature
    custody.record(
        job.session, [sample.chain_id], CustodyKind.STORED, act=job.act, holder=None, place=place.code
    )
    return ok(sample, f"Stored in {place.name}")


def _retrieve(job: Job, sample: Sample) -> Verdict:
    if sample.state == samples.SampleState.RETRIEVED:
        return already(sample, "Retrieved before")
    samples.advance(job.session, sample, SampleAction.RETRIEVE)
    kind, act = CustodyKind.RETRIEVED, job.act
    custody.record(job.session, [sample.chain_id], kind, act=act, holder=act.badge, place=act.place)
    return ok(sample, "Retrieved")


def _start(job: Job, sample: Sample) -> Verdict:
    done = bench.start_on_sample(job.session, job.catalog, sample, test_code=job.test, act=job.act)
    return ok(sample, done.title, done.detail)


def _finish(job: Job, sample: Sample) -> Verdict:
    done = bench.finish_on_sample(job.session, job.catalog, sample, test_code=job.test, act=job.act)
    return ok(sample, done.title, done.detail)


def _hold(job: Job, sample: Sample) -> Verdict:
    reason = job.reason(ReasonUse.HOLD, "Holding a test")
    done = bench.hold_on_sample(job.session, job.catalog, sample, reason, test_code=job.test, act=job.act)
    return ok(sample, done.title, done.detail)


def _make_slides(job: Job, sample: Sample) -> Verdict:
    done = bench.make_slides_of_sample(
        job.session, job.catalog, sample, count=job.context.count, test_code=job.test, act=job.act
    )
    job.before["children"] = list(done.children)
    return ok(sample, done.title, done.detail)


DEEDS: Mapping[str, Deed] = {
    "scan_back": Deed(permission=Permission.PRINT_LABELS, do=_scan_back),
    "pack": Deed(permission=Permission.MOVE_SAMPLES, do=_pack),
    "accept": Deed(permission=Permission.RECEIVE_SAMPLES, do=_accept),
    "reject": Deed(permission=Permission.RECEIVE_SAMPLES, do=_reject),
    "store": Deed(permission=Permission.STORE_SAMPLES, do=_store),
    "retrieve": Deed(permission=Permission.STORE_SAMPLES, do=_retrieve),
    "start": Deed(permission=Permission.WORK_QUEUES, do=_start),
    "finish": Deed(permission=Permission.WORK_QUEUES, do=_finish),
    "hold": Deed(permission=Permission.WORK_QUEUES, do=_hold),
    "make_slides": Deed(permission=Permission.WORK_QUEUES, do=_make_slides),
}
