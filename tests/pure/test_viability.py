from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from labflow.catalog import Catalog, Temperature
from labflow.samples import NO_LIMIT, share_used, viable_until

from ..conftest import NINE_O_CLOCK


@dataclass(frozen=True)
class Tube:
    container: str = "HEPARIN"
    temperature: Temperature = Temperature.ROOM
    collected_at: datetime | None = NINE_O_CLOCK


def test_the_clock_runs_from_collection_by_container_and_temperature(catalog: Catalog) -> None:
    assert viable_until(catalog.tests["BM-FLOW"], Tube()) == NINE_O_CLOCK + timedelta(hours=48)


@pytest.mark.parametrize(
    "tube", [Tube(container="STERILE"), Tube(temperature=Temperature.FROZEN), Tube(collected_at=None)]
)
def test_no_limit_is_guessed_where_none_is_known(catalog: Catalog, tube: Tube) -> None:
    flow = catalog.tests["BM-FLOW"]
    assert viable_until(flow, tube) is None
    assert share_used(flow, tube, now=NINE_O_CLOCK) is None


def test_three_quarters_of_the_time_are_gone_after_36_of_48_hours(catalog: Catalog) -> None:
    flow = catalog.tests["BM-FLOW"]
    assert share_used(flow, Tube(), now=NINE_O_CLOCK + timedelta(hours=36)) == 0.75
    assert share_used(flow, Tube(), now=NINE_O_CLOCK + timedelta(hours=96)) == 2


def test_what_has_no_limit_sorts_last(catalog: Catalog) -> None:
    limit = viable_until(catalog.tests["BM-FLOW"], Tube())
    assert limit is not None
    assert limit < NO_LIMIT
