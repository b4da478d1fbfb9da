"""The lives of a print job and of a downtime kit. Pure."""

from __future__ import annotations

from enum import StrEnum

from ..foundation.lifecycle import Lifecycle


class JobState(StrEnum):
    QUEUED = "queued"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"


class JobAction(StrEnum):
    """CLAIM: a deliverer takes the job. FETCH: somebody took the labels as a PDF instead."""

    CLAIM = "claim"
    FINISH = "finish"
    FAIL = "fail"
    RETRY = "retry"
    FETCH = "fetch"


JOB = Lifecycle(
    "print job",
    {
        (JobState.QUEUED, JobAction.CLAIM): JobState.PRINTING,
        # the deliverer that had it went away before it said how it ended
        (JobState.PRINTING, JobAction.CLAIM): JobState.PRINTING,
        (JobState.PRINTING, JobAction.FINISH): JobState.PRINTED,
        (JobState.PRINTING, JobAction.FAIL): JobState.FAILED,
        # the job before it failed at the same printer
        (JobState.QUEUED, JobAction.FAIL): JobState.FAILED,
        (JobState.FAILED, JobAction.RETRY): JobState.QUEUED,
        (JobState.QUEUED, JobAction.FETCH): JobState.PRINTED,
        (JobState.FAILED, JobAction.FETCH): JobState.PRINTED,
    },
)


class KitState(StrEnum):
    OPEN = "open"
    IN_USE = "in_use"
    RECONCILED = "reconciled"


class KitAction(StrEnum):
    USE = "use"
    RECONCILE = "reconcile"


KIT = Lifecycle(
    "downtime kit",
    {
        (KitState.OPEN, KitAction.USE): KitState.IN_USE,
        (KitState.IN_USE, KitAction.USE): KitState.IN_USE,
        (KitState.IN_USE, KitAction.RECONCILE): KitState.RECONCILED,
        # never used: its codes go out of use all the same
        (KitState.OPEN, KitAction.RECONCILE): KitState.RECONCILED,
    },
)
