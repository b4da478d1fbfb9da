"""Labels that were not used, and samples that get another code."""

from __future__ import annotations

import random

import pytest

from labflow import custody, labels, samples
from labflow.catalog import Catalog, UnknownReason
from labflow.custody import CustodyKind
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.journeys import relabelling
from labflow.journeys.relabelling import LabelInUse, NothingToRelabel, OldCode
from labflow.labels import JobState, UnknownPrinter
from labflow.orders import TestState
from labflow.samples import Sample, SampleState, UnknownSample

from ..conftest import MakeAct
from ..factories.bedside import Bedside


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct) -> Bedside:
    return Bedside(database, catalog, make_act)


def sample_in(here: Bedside, container: str) -> Sample:
    done = here.register()
    return next(one for one in done.samples if one.container == container and one.collected_at)


def now(here: Bedside, sample: Sample) -> Sample:
    with here.database.reading() as session:
        return samples.by_id(session, sample.id)


def void(here: Bedside, code: str, reason: str = "QNS") -> relabelling.Voided:
    return relabelling.void(here.database, here.catalog, code, reason, act=here.at_theatre())


def relabel(here: Bedside, code: str, reason: str = "CODE_UNREADABLE") -> relabelling.Relabelled:
    return relabelling.relabel(here.database, here.catalog, code, reason, act=here.at_theatre())


def test_a_label_that_was_not_used_is_void_and_its_sample_was_not_obtained(here: Bedside) -> None:
    sample = sample_in(here, "HEPARIN")
    void(here, sample.code)
    after = now(here, sample)
    assert (after.state, after.state_reason, after.code) == (SampleState.NOT_OBTAINED, "QNS", sample.code)
    with here.database.reading() as session:
        retired = samples.retired_code(session, sample.code)
        entry = custody.timeline(session, sample.chain_id)[-1]
    assert retired is not None
    assert (retired.replaced_by, retired.reason) == (None, "QNS")
    assert (entry.kind, entry.holder) == (CustodyKind.COLLECTION_FAILED, None)
    assert entry.details == {"reason": "QNS", "voided": sample.code}


def test_tests_that_another_sample_serves_stay_and_the_others_are_not_possible(here: Bedside) -> None:
    done = here.register()
    obtained = [one for one in done.samples if one.collected_at]
    lost = [code for one in obtained for code in void(here, one.code).tests_not_possible]
    assert len(lost) == len(set(lost))
    planned = [code for code, state in here.test_states().items() if state == TestState.PLANNED]
    assert planned == []
    assert set(lost) <= {
        code for code, state in here.test_states().items() if state == TestState.NOT_POSSIBLE
    }
    assert "BM-FILM" in lost


def test_one_film_of_several_costs_no_test(here: Bedside) -> None:
    sample = sample_in(here, "SLIDE")
    assert void(here, sample.code).tests_not_possible == ()


def test_a_label_that_was_scanned_back_is_in_use(here: Bedside) -> None:
    sample = sample_in(here, "EDTA")
    with here.database.writing() as session:
        samples.mark_labelled(session, samples.by_id(session, sample.id), at=here.act.at)
    with pytest.raises(LabelInUse):
        void(here, sample.code)
    assert now(here, sample).state == SampleState.COLLECTED


@pytest.mark.parametrize("reason", ["", "CODE_UNREADABLE"])
def test_a_void_label_needs_a_reason_why_there_is_no_sample(here: Bedside, reason: str) -> None:
    sample = sample_in(here, "EDTA")
    with pytest.raises(UnknownReason):
        void(here, sample.code, reason)


def test_a_relabelled_sample_has_a_new_code_and_waits_for_its_scan_back(here: Bedside) -> None:
    sample = sample_in(here, "EDTA")
    with here.database.writing() as session:
        samples.mark_labelled(session, samples.by_id(session, sample.id), at=here.act.at)
    done = relabel(here, sample.code)
    after = now(here, sample)
    assert (after.code, after.labelled_at, after.state) == (done.code, None, SampleState.COLLECTED)
    assert done.code != sample.code
    with here.database.reading() as session:
        retired = samples.retired_code(session, sample.code)
        entry = custody.timeline(session, sample.chain_id)[-1]
        (label,) = labels.labels_of(session, [done.job.id])[done.job.id]
        assert labels.copies(session, sample) == 2
    assert retired is not None
    assert (retired.replaced_by, retired.sample_id) == (done.code, sample.id)
    assert entry.kind == CustodyKind.RELABELLED
    assert entry.details == {"old": sample.code, "new": done.code, "reason": "CODE_UNREADABLE"}
    assert (label.code, done.job.state) == (done.code, JobState.QUEUED)


def test_the_same_relabelling_sent_twice_is_one(here: Bedside) -> None:
    sample, act = sample_in(here, "EDTA"), here.at_theatre()
    first, second = (
        relabelling.relabel(here.database, here.catalog, sample.code, "CODE_UNREADABLE", act=act)
        for _ in range(2)
    )
    assert (first.code, first.job.name) == (second.code, second.job.name)


def test_an_old_code_is_never_used_again(here: Bedside) -> None:
    sample = sample_in(here, "EDTA")
    new = relabel(here, sample.code).code
    with pytest.raises(OldCode, match=new):
        relabel(here, sample.code)
    with pytest.raises(OldCode):
        void(here, sample.code)


def test_what_is_not_there_cannot_be_relabelled(here: Bedside) -> None:
    done = here.register("2.5")
    missed = next(one for one in done.samples if one.state == SampleState.NOT_OBTAINED)
    with pytest.raises(NothingToRelabel):
        relabel(here, missed.code)
    with pytest.raises(UnknownSample):
        relabel(here, new_code(CodeKind.SAMPLE, rng=random.Random(3)))


def test_a_fault_leaves_the_old_label_in_use(here: Bedside) -> None:
    sample = sample_in(here, "EDTA")
    with pytest.raises(UnknownPrinter):
        relabelling.relabel(
            here.database,
            here.catalog,
            sample.code,
            "CODE_UNREADABLE",
            printer="NONE",
            act=here.at_theatre(),
        )
    assert now(here, sample).code == sample.code
