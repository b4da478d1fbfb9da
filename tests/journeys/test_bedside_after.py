from __future__ import annotations

from datetime import timedelta

import pytest

from labflow import custody, samples
from labflow.catalog import Catalog, UnknownReason
from labflow.foundation.database import Database
from labflow.journeys import bedside_after, bedside_plan
from labflow.journeys.bedside_after import AllScannedBack
from labflow.journeys.printing import NoLabelYet
from labflow.procedures import ObservationDone
from labflow.samples import SampleState

from ..conftest import MakeAct
from ..factories.bedside import Bedside


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct) -> Bedside:
    return Bedside(database, catalog, make_act)


def test_labels_are_printed_until_the_last_one_is_scanned_back(here: Bedside) -> None:
    done = here.register()
    assert bedside_after.case_labels(
        here.database, here.catalog, done.case_number, act=here.at_theatre()
    ).startswith(b"%PDF")
    with here.database.writing() as session:
        for one in done.samples:
            samples.mark_labelled(session, samples.by_code(session, one.code), at=here.act.at)
    assert bedside_after.scan_back(here.database, here.catalog, done.case_number).labelled == len(
        done.samples
    )
    with pytest.raises(AllScannedBack):
        bedside_after.case_labels(here.database, here.catalog, done.case_number, act=here.at_theatre())


def test_a_second_label_needs_a_reason_and_is_on_record(here: Bedside) -> None:
    done = here.register("2.5", "1.2")
    sample = done.samples[0]
    with pytest.raises(UnknownReason):
        bedside_after.reprint(here.database, here.catalog, sample.code, "QNS", act=here.at_theatre())
    pdf = bedside_after.reprint(
        here.database, here.catalog, sample.code, "LABEL_DAMAGED", act=here.at_theatre()
    )
    assert pdf.startswith(b"%PDF")
    with here.database.reading() as session:
        last = custody.timeline(session, sample.chain_id)[-1]
    assert last.details | {"reason": "LABEL_DAMAGED", "copy": 2} == last.details
    missed = next(one for one in done.samples if one.state == SampleState.NOT_OBTAINED)
    with pytest.raises(NoLabelYet):
        bedside_after.reprint(
            here.database, here.catalog, missed.code, "LABEL_DAMAGED", act=here.at_theatre()
        )


def test_unlabelled_samples_are_named_until_scanned_back(here: Bedside) -> None:
    done = here.register()
    seen = bedside_after.scan_back(here.database, here.catalog, done.case_number)
    assert [one.code for one in seen.waiting] == [one.code for one in done.samples]
    assert seen.labelled == 0


def test_observations_are_due_after_the_procedure_and_done_once(here: Bedside) -> None:
    done = here.register()
    seen = bedside_after.scan_back(here.database, here.catalog, done.case_number)
    due = {one.item: one.due_at for one in seen.observations}
    assert due["events_2h"] == here.act.occurred_at + timedelta(hours=2)
    assert due["pressed"] is None
    noted = bedside_after.note_observation(here.database, done.case_number, "pressed", act=here.at_theatre())
    assert noted.done_by == here.operator.id
    with pytest.raises(ObservationDone):
        bedside_after.note_observation(here.database, done.case_number, "pressed", act=here.at_theatre())


def test_the_sites_fit_the_childs_age(here: Bedside) -> None:
    card = bedside_plan.bedside_card(here.database, here.catalog, here.child.order_number, now=here.act.at)
    assert [(offer.site.code, offer.usual) for offer in card.sites] == [
        ("PIC", True), ("TIBIA", False), ("AIC", False), ("STERN", False)
    ]  # fmt: skip
    assert card.banner.family_name == "Smith"
