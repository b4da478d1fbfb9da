"""Codes that were printed before labflow went away, and samples that carry them when it is back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labflow import custody, labels, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.act import ReadBy
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.journeys import bedside_after, downtime
from labflow.journeys.downtime import KitCard, KitTooLarge, UnknownContainer
from labflow.labels import KitClosed, KitState, NotOfThisKit, SampleHasKitLabel, TwoLabelsOneCode
from labflow.samples import Sample, UnknownSample

from ..conftest import MakeAct
from ..factories.bedside import Bedside

THREE = ["EDTA", "HEPARIN", "SLIDE"]


@pytest.fixture
def here(database: Database, catalog: Catalog, make_act: MakeAct) -> Bedside:
    return Bedside(database, catalog, make_act)


def kit_in(here: Bedside, *containers: str) -> KitCard:
    return downtime.make_kit(here.database, here.catalog, containers or THREE, act=here.at_theatre())


def drawn_late(here: Bedside) -> Sample:
    """A sample of a registration whose containers carry labels of a kit."""
    return here.register(labels_of_a_kit=True).samples[0]


def put_on(here: Bedside, kit: KitCard, code: str, sample: str, **how: object) -> downtime.PutOn:
    act = replace(here.at_theatre(), **how)  # type: ignore[arg-type]  # the tests name what they change
    return downtime.put_on(here.database, here.catalog, kit.number, code, sample, act=act)


def test_a_kit_reserves_a_code_for_each_container_and_has_a_number_of_its_year(here: Bedside) -> None:
    first, second = kit_in(here), kit_in(here, "EDTA")
    assert (first.number, second.number) == ("K26-001", "K26-002")
    assert [line.container for line in first.lines] == [here.catalog.containers[one].name for one in THREE]
    codes = {line.code for card in (first, second) for line in card.lines}
    assert len(codes) == 4
    with here.database.reading() as session:
        assert samples.used_codes(session, codes) == codes


def test_a_registration_never_draws_a_reserved_code(here: Bedside) -> None:
    act = here.at_theatre()
    state = act.rng.getstate()
    kit = kit_in(here, *["EDTA"] * 20)
    act.rng.setstate(state)  # the registration would draw the kit's codes again
    issued = {sample.code for sample in here.register().samples}
    assert issued.isdisjoint(line.code for line in kit.lines)


@pytest.mark.parametrize(
    ("containers", "error"), [([], KitTooLarge), (["EDTA"] * 61, KitTooLarge), (["CUP"], UnknownContainer)]
)
def test_a_kit_has_labels_for_containers_of_the_laboratory(
    here: Bedside, containers: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        downtime.make_kit(here.database, here.catalog, containers, act=here.at_theatre())


def test_a_kit_is_a_sheet_and_labels(here: Bedside) -> None:
    kit = kit_in(here)
    sheet = downtime.sheet_pdf(here.database, here.catalog, kit.number)
    printed = downtime.labels_pdf(here.database, here.catalog, kit.number)
    assert sheet.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") == 2 * len(THREE)


def test_a_registration_with_labels_of_a_kit_prints_none(here: Bedside) -> None:
    done = here.register(labels_of_a_kit=True)
    seen = bedside_after.scan_back(here.database, here.catalog, done.case_number)
    assert seen.jobs == ()
    assert here.kinds(done.samples[0]) == [CustodyKind.COLLECTED]
    assert len(seen.waiting) == len(seen.samples)


def test_a_code_put_on_a_sample_is_its_code_late_by_whom_and_from_which_kit(here: Bedside) -> None:
    kit, sample = kit_in(here), drawn_late(here)
    code = kit.lines[0].code
    done = put_on(here, kit, code, sample.code)
    assert (done.to_scan_back, done.repeated) == (True, False)
    with here.database.reading() as session:
        assert samples.by_code(session, code).id == sample.id
        entry = custody.timeline(session, sample.chain_id)[-1]
    assert (entry.kind, entry.late, entry.actor) == (CustodyKind.RELABELLED, True, here.operator.badge)
    assert entry.details == {
        "old": sample.code,
        "new": code,
        "reason": f"kit {kit.number}",
        "kit": kit.number,
    }
    card = downtime.kit(here.database, here.catalog, kit.number)
    assert (card.state, card.used, card.free) == (KitState.IN_USE, 1, 2)
    assert card.lines[0].used_by == "Olga Invented"


def test_a_code_read_on_the_container_counts_as_scanned_back(here: Bedside) -> None:
    kit, sample = kit_in(here), drawn_late(here)
    assert not put_on(here, kit, kit.lines[0].code, sample.code, read_by=ReadBy.SCANNED).to_scan_back


def test_the_same_code_on_the_same_sample_again_changes_nothing(here: Bedside) -> None:
    kit, sample = kit_in(here), drawn_late(here)
    code = kit.lines[0].code
    put_on(here, kit, code, sample.code)
    assert put_on(here, kit, code, sample.code).repeated
    assert put_on(here, kit, code, code).repeated


def test_one_code_on_two_samples_stops_whoever_scans_it(here: Bedside) -> None:
    kit, case = kit_in(here), here.register(labels_of_a_kit=True)
    code = kit.lines[0].code
    put_on(here, kit, code, case.samples[0].code)
    with pytest.raises(TwoLabelsOneCode):
        put_on(here, kit, code, case.samples[1].code)
    with here.database.reading() as session:
        event = custody.standing_stop(session, here.operator.id)
        assert event is not None
        stop = custody.stop_of(session, event, staff_id=here.operator.id)
        assert samples.by_code(session, case.samples[1].code).id == case.samples[1].id
    assert (stop.rule, stop.code, stop.sample_id) == ("two-labels-one-code", code, case.samples[1].id)


def test_a_sample_takes_one_kit_label_and_only_from_its_own_kit(here: Bedside) -> None:
    kit, other, sample = kit_in(here), kit_in(here), drawn_late(here)
    with pytest.raises(NotOfThisKit):
        put_on(here, kit, other.lines[0].code, sample.code)
    put_on(here, kit, kit.lines[0].code, sample.code)
    with pytest.raises(SampleHasKitLabel):
        put_on(here, kit, kit.lines[1].code, kit.lines[0].code)


def test_a_kit_code_is_known_before_and_after_it_is_put_on_a_sample(here: Bedside) -> None:
    kit, sample = kit_in(here), drawn_late(here)
    code = kit.lines[0].code
    with here.database.reading() as session:
        free = labels.kit_of(session, code)
        assert labels.kit_of(session, sample.code) is None
        with pytest.raises(UnknownSample):
            samples.by_code(session, code)
    assert free is not None
    assert (free.kit_number, free.sample_id, free.voided_at) == (kit.number, None, None)
    put_on(here, kit, code, sample.code)
    with here.database.reading() as session:
        used = labels.kit_of(session, code)
    assert used is not None
    assert used.sample_id == sample.id


def test_a_closed_kit_has_no_codes_left_and_stays_closed(here: Bedside) -> None:
    kit, case = kit_in(here), here.register(labels_of_a_kit=True)
    put_on(here, kit, kit.lines[0].code, case.samples[0].code)
    card = downtime.close(here.database, here.catalog, kit.number, act=here.at_theatre())
    assert (card.state, card.used, card.free) == (KitState.RECONCILED, 1, 0)
    assert [line.state for line in card.lines] == ["on a sample", "out of use", "out of use"]
    with pytest.raises(KitClosed):
        put_on(here, kit, kit.lines[1].code, case.samples[1].code)
    with pytest.raises(StepOutOfOrder):
        downtime.close(here.database, here.catalog, kit.number, act=here.at_theatre())


def test_a_kit_that_was_never_used_can_be_closed(here: Bedside) -> None:
    kit = kit_in(here)
    assert downtime.close(here.database, here.catalog, kit.number, act=here.at_theatre()).free == 0


def test_a_kit_is_proposed_with_what_the_first_panel_fills(catalog: Catalog) -> None:
    proposed = downtime.usual_containers(catalog)
    assert set(proposed) <= set(catalog.containers)
    assert proposed["SLIDE"] > 1
