"""UNDO: everything stands as before, and the evidence keeps both the act and its undoing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from labflow import ledger
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.database import Database
from labflow.journeys.scanning import Word
from labflow.samples import SampleState

from ..conftest import MakeAct
from .scan_world import ScanWorld

_TABLES = ("samples", "ordered_tests", "queue_entries", "queue_counts", "step_records", "bags", "bag_samples")
_ACCEPTED = "@rita hatch accept s1"

# What comes before | the act that is undone
ACTS = [
    ("", "take s1"),
    ("", "hand_over s1"),
    ("hand_over s1 @paul", "take s1"),
    ("@rita hatch", "receive s1"),
    ("pack bag s1 s2 hand_over bag @rita hatch receive bag", "s1"),
    ("@rita hatch", "accept s1"),
    ("pack bag s1 s2 hand_over bag @rita hatch", "accept s1"),
    ("@rita hatch", "Reject:_clotted s1"),
    (_ACCEPTED, "Reject:_clotted s2"),
    ("~u", "scan_back u1"),
    ("pack bag", "s1"),
    ("pack bag s1 bag2", "s1"),
    ("pack bag s1 s2", "hand_over bag"),
    ("pack bag s1 s2 hand_over bag @paul", "take bag"),
    ("pack bag s1 s2 hand_over bag @rita hatch", "receive bag"),
    (f"{_ACCEPTED} fridge", "store s1"),
    (f"{_ACCEPTED} fridge store s1", "retrieve s1"),
    (f"{_ACCEPTED} @tina smears", "start s1"),
    (f"{_ACCEPTED} @tina smears start s1", "finish s1"),
    (f"{_ACCEPTED} @tina smears start s1 finish s1", "start s1"),
    (f"{_ACCEPTED} @tina smears start s1", "Hold:_instrument s1"),
    (f"{_ACCEPTED} @tina smears", "Hold:_instrument s1"),
]


@pytest.fixture
def world(database: Database, catalog: Catalog, make_act: MakeAct) -> ScanWorld:
    return ScanWorld(database, catalog, make_act)


def state(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row that scans change, counters of zero left out."""
    with database.reading() as session:
        rows = {
            name: [
                dict(row)
                for row in session.connection()
                .execute(sa.text(f"SELECT * FROM {name} ORDER BY 1"))
                .mappings()
            ]
            for name in _TABLES
        }
    rows["queue_counts"] = [row for row in rows["queue_counts"] if row["open"]]
    return rows


@pytest.mark.parametrize(("before", "done"), ACTS, ids=[f"{before} | {done}" for before, done in ACTS])
def test_after_undo_everything_stands_as_before(
    sqlite_url: str, catalog: Catalog, make_act: MakeAct, before: str, done: str
) -> None:
    _undo(ScanWorld(Database(sqlite_url), catalog, make_act), before, done)


@pytest.mark.parametrize(("before", "done"), [ACTS[4], ACTS[7], ACTS[18], ACTS[20]])
def test_after_undo_everything_stands_as_before_on_postgresql(
    postgresql_url: str, catalog: Catalog, make_act: MakeAct, before: str, done: str
) -> None:
    database = Database(postgresql_url)
    _undo(ScanWorld(database, catalog, make_act), before, done)
    database.close()


def _undo(world: ScanWorld, before: str, done: str) -> None:
    world.play(before)
    was = state(world.database)
    *_, verdict = world.play(done)
    assert (verdict.verdict, verdict.rule) == (Word.OK, "")
    assert verdict.undo_until is not None
    assert state(world.database) != was or done.startswith(("take s", "hand_over s", "receive s", "s1"))
    *_, undone = world.play("undo")
    assert (undone.verdict, undone.rule, undone.title[:6]) == (Word.OK, "", "Undone")
    assert state(world.database) == was
    *_, again = world.play(done)
    assert again.verdict == Word.OK
    with world.database.reading() as session:
        assert ledger.check(session).faults == ()


def test_the_evidence_keeps_the_act_and_its_undoing(world: ScanWorld) -> None:
    world.play("hand_over s1 undo")
    assert world.kinds("s1") == [CustodyKind.COLLECTED, CustodyKind.DISPATCHED, CustodyKind.REVERSED]


def test_slides_that_were_made_by_mistake_are_void(world: ScanWorld) -> None:
    world.play(f"{_ACCEPTED} @tina smears start s1 finish s1 start s1 finish s1")
    was = state(world.database)
    *_, made = world.play("Make_slides_4 s1")
    assert made.verdict == Word.OK, made.title
    world.play("undo")
    now = state(world.database)
    children = [row for row in now["samples"] if row["parent_id"] is not None]
    assert [row["state"] for row in children] == [SampleState.NOT_OBTAINED] * 4
    now["samples"] = [row for row in now["samples"] if row["parent_id"] is None]
    assert now == was
    stopped = world.scan(children[0]["code"])
    assert (stopped.verdict, stopped.rule) == (Word.STOP, "label-cancelled")


def test_slides_with_a_label_on_them_are_not_taken_back(world: ScanWorld) -> None:
    world.play(f"{_ACCEPTED} @tina smears start s1 finish s1 start s1 finish s1 Make_slides_4 s1")
    child = next(row for row in state(world.database)["samples"] if row["parent_id"] is not None)
    world.play("scan_back")
    world.scan(child["code"])
    *_, undone, again = world.play("undo undo")
    assert undone.verdict == Word.OK
    assert again.rule == "something-followed"


def test_a_lot_is_undone_together(world: ScanWorld) -> None:
    world.play("hand_over")
    was = state(world.database)
    scans = [world.next_scan(world.codes[name]) for name in ("s1", "s2", "s3")]
    assert [one.verdict for one in world.send(scans, lot=uuid4())] == [Word.OK] * 3
    *_, undone = world.play("undo")
    assert undone.title == "Undone: Hand over, 3 samples"
    assert state(world.database) == was
    assert world.kinds("s3")[-1] == CustodyKind.REVERSED


def test_undo_in_one_request_with_what_it_takes_back(world: ScanWorld) -> None:
    """As it comes from a device that was offline."""
    world.play("take")
    verdicts = world.send([world.next_scan(world.codes[name]) for name in ("s1", "s2", "undo")])
    assert [one.title for one in verdicts] == ["Taken", "Taken", f"Undone: Take {world.codes['s2']}"]
    assert world.kinds("s1")[-1] == CustodyKind.TAKEN
    assert world.kinds("s2")[-1] == CustodyKind.REVERSED


def test_nobody_undoes_what_somebody_else_did(world: ScanWorld) -> None:
    world.play("hand_over s1")
    *_, undone = world.play("@paul undo")
    assert undone.rule == "nothing-to-undo"


def test_after_undo_it_is_known_who_did_what_stands_again(world: ScanWorld) -> None:
    world.play("@rita hatch receive s1")
    *_, told = world.play("@rita hatch receive s1")
    world.play("+60s @paul take s1 undo +60s take s1 undo")
    *_, again = world.play("@tina hatch receive s1")
    assert (again.verdict, again.title) == (Word.ALREADY, told.title)
    assert told.title.endswith("by Rita Invented")
