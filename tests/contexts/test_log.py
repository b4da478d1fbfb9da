"""The transparency log: every entry gets its leaf once, every checkpoint is kept by the next."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from labflow import custody, ledger
from labflow.custody import CustodyKind
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError
from labflow.ledger import LogFolder
from labflow.ledger.note import open_checkpoint
from labflow.ledger.tiles import ENTRIES, Tile
from labflow.ledger.tree import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
)
from labflow.ops.sequencer import Sequencer

from ..conftest import MakeAct

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORIGIN = "lab.example/marrow"


def sequencer(database: Database, data: Path) -> Sequencer:
    seeds = random.Random(7)
    return Sequencer(database, data, origin=ORIGIN, new_seed=lambda: seeds.randbytes(32))


def chains(database: Database, count: int, first: int = 1) -> list[int]:
    with database.writing() as session:
        return ledger.open_chains(session, [UUID(int=number) for number in range(first, first + count)])


def record(database: Database, chain_ids: Sequence[int], make_act: MakeAct, times: int = 1) -> None:
    for _ in range(times):
        with database.writing() as session:
            custody.record(session, chain_ids, CustodyKind.TAKEN, act=make_act(), holder="HX")


def published(data: Path) -> tuple[LogFolder, int, bytes]:
    """The log's folder, and the size and root of what it publishes."""
    folder = LogFolder(data / "log")
    note = folder.checkpoint()
    assert note is not None
    head = open_checkpoint(note, ledger.LogKeys(data).pinned(), origin=ORIGIN)
    assert root_at(head.size, folder.hash_at(head.size)) == head.root
    return folder, head.size, head.root


def entries_of(folder: LogFolder, size: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < size:
        found += folder.entries(Tile(ENTRIES, len(found) // 256, min(256, size - len(found))))
    return found


def checkpoints(database: Database) -> list[tuple[int, bytes]]:
    with database.reading() as session:
        rows = session.connection().execute(sa.text("SELECT size, root FROM checkpoints ORDER BY size"))
        return [(row.size, bytes(row.root)) for row in rows]


def test_what_was_recorded_is_published_with_a_proof_for_each_entry(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    record(database, chains(database, 100), make_act, times=3)
    duty = sequencer(database, tmp_path)
    duty.run(now=NOW)
    folder, size, root = published(tmp_path)
    assert size == 300
    for index, body in enumerate(entries_of(folder, size)):
        proof = inclusion_proof(index, size, folder.hash_at(size))
        assert check_inclusion(leaf_hash(body), index, size, proof, root)
    assert duty.behind(now=NOW) == timedelta(0)


def test_a_log_only_grows(database: Database, make_act: MakeAct, tmp_path: Path) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 40)
    for _ in range(8):
        record(database, some, make_act)
        duty.run(now=NOW)
    kept = checkpoints(database)
    assert [size for size, _ in kept] == [40, 80, 120, 160, 200, 240, 280, 320]
    folder, size, _ = published(tmp_path)
    rng = random.Random(2)
    pairs = [sorted(rng.sample(kept, 2)) for _ in range(200)]
    for (old, old_root), (new, root) in [*pairwise(kept), *pairs]:
        assert check_consistency(old, new, consistency_proof(old, new, folder.hash_at(size)), old_root, root)


def test_the_entries_of_a_chain_follow_each_other_in_the_log(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    record(database, chains(database, 5), make_act, times=4)
    sequencer(database, tmp_path).run(now=NOW)
    with database.reading() as session:
        rows = session.connection().execute(
            sa.text(
                "SELECT e.chain_id, e.number, l.leaf_index FROM entries e JOIN leaves l ON l.entry_id = e.id "
                "ORDER BY e.chain_id, e.number"
            )
        )
        places = [tuple(row) for row in rows]
    assert sorted(index for _, _, index in places) == list(range(20))
    assert all(a[2] < b[2] for a, b in pairwise(places) if a[0] == b[0])


def test_a_log_that_begins_late_takes_up_everything_that_was_recorded_before(
    database: Database, make_act: MakeAct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labflow.ops.sequencer._BATCH", 7)
    record(database, chains(database, 100), make_act, times=2)
    duty = sequencer(database, tmp_path)
    for _ in range(2):
        duty.run(now=NOW + timedelta(days=1))
    assert published(tmp_path)[1] == 200
    assert duty.behind(now=NOW) == timedelta(0)
    record(database, chains(database, 3, first=200), make_act)
    duty.run(now=NOW + timedelta(days=1, minutes=2))
    assert published(tmp_path)[1] == 203


def test_nothing_new_signs_nothing(database: Database, make_act: MakeAct, tmp_path: Path) -> None:
    duty = sequencer(database, tmp_path)
    duty.run(now=NOW)
    assert LogFolder(tmp_path / "log").checkpoint() is None
    record(database, chains(database, 1), make_act)
    duty.run(now=NOW)
    duty.run(now=NOW)
    assert len(checkpoints(database)) == 1


def test_a_full_tile_replaces_the_partial_ones(database: Database, make_act: MakeAct, tmp_path: Path) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 100)
    for _ in range(3):
        record(database, some, make_act)
        duty.run(now=NOW)
    published(tmp_path)
    log = tmp_path / "log"
    tiles = {path.relative_to(log).as_posix() for path in log.rglob("*") if path.is_file()}
    assert {path for path in tiles if path.startswith("tile")} == {
        *("tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1")
    }


def test_a_machine_without_the_files_makes_them_from_the_database(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    record(database, chains(database, 300), make_act)
    sequencer(database, tmp_path).run(now=NOW)
    before = {path: path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file()}
    shutil.rmtree(tmp_path / "log")
    sequencer(database, tmp_path).run(now=NOW)
    assert {path: path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file()} == before


def test_what_was_signed_and_not_published_is_published_next(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 2)
    record(database, some, make_act)
    duty.run(now=NOW)
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    record(database, some, make_act)
    duty.run(now=NOW)
    (tmp_path / "log" / "checkpoint").write_bytes(before)
    sequencer(database, tmp_path).run(now=NOW)
    assert published(tmp_path)[1] == 4
    assert len(checkpoints(database)) == 2


def test_two_sequencers_make_one_log(database: Database, make_act: MakeAct, tmp_path: Path) -> None:
    some = chains(database, 10)
    first, second = sequencer(database, tmp_path), sequencer(database, tmp_path)
    for duty in (first, second, second, first):
        record(database, some, make_act)
        duty.run(now=NOW)
    assert published(tmp_path)[1] == 40


def test_a_key_is_replaced_and_the_old_one_signs_beside_it_for_a_month(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    duty, some, keys = sequencer(database, tmp_path), chains(database, 1), ledger.LogKeys(tmp_path)
    record(database, some, make_act)
    duty.run(now=NOW)
    [old] = keys.pinned()
    new = keys.rotate(ORIGIN, seed=bytes(32), now=NOW)
    record(database, some, make_act)
    duty.run(now=NOW)
    note = LogFolder(tmp_path / "log").checkpoint()
    assert note is not None
    for key in (old, new):
        assert open_checkpoint(note, [key], origin=ORIGIN).size == 2
    record(database, some, make_act)
    duty.run(now=NOW + timedelta(days=31))
    note = LogFolder(tmp_path / "log").checkpoint()
    assert note is not None
    assert open_checkpoint(note, [new], origin=ORIGIN).size == 3
    with pytest.raises(LabError):
        open_checkpoint(note, [old], origin=ORIGIN)
    assert (tmp_path / "log_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("change", ["UPDATE leaves SET leaf_index = 9", "DELETE FROM leaves"])
def test_the_database_refuses_to_move_or_delete_a_leaf(
    database: Database, make_act: MakeAct, tmp_path: Path, change: str
) -> None:
    record(database, chains(database, 1), make_act)
    sequencer(database, tmp_path).run(now=NOW)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), database.writing() as session:
        session.connection().execute(sa.text(change))
