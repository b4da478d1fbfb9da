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
from labflow.foundation.alarms import standing_alarms
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
from .test_ledger import forge

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


def alarms(database: Database) -> list[str]:
    with database.reading() as session:
        return [alarm.words for alarm in standing_alarms(session)]


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
    assert alarms(database) == []


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


def test_a_lost_tail_stops_publishing_and_raises_an_alarm_and_scans_go_on(
    sqlite_url: str, make_act: MakeAct, tmp_path: Path
) -> None:
    database, some = Database(sqlite_url), []
    some = chains(database, 3)
    duty = sequencer(database, tmp_path / "data")
    record(database, some, make_act)
    duty.run(now=NOW)
    file = sqlite_url.removeprefix("sqlite:///")
    with database.writing() as session:
        session.connection().exec_driver_sql("SELECT 1")
    database.close()
    shutil.copy(file, tmp_path / "backup")
    record(database, some, make_act, times=2)
    duty.run(now=NOW)
    database.close()
    shutil.copy(tmp_path / "backup", file)
    for leftover in ("-wal", "-shm"):
        Path(file + leftover).unlink(missing_ok=True)
    database = Database(sqlite_url)
    record(database, some, make_act)
    for attempt in (sequencer(database, tmp_path / "data"), sequencer(database, tmp_path / "data")):
        with pytest.raises(ledger.TailLost, match="published 9 entries, and the database has only 3"):
            attempt.run(now=NOW)
    [words] = alarms(database)
    assert "labflow ledger recover" in words
    assert published(tmp_path / "data")[1] == 9
    assert [size for size, _ in checkpoints(database)] == [3]


def test_a_copied_data_folder_does_not_go_on_with_the_log(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    some = chains(database, 2)
    record(database, some, make_act)
    sequencer(database, tmp_path / "here").run(now=NOW)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    record(database, some, make_act)
    with pytest.raises(ledger.FolderCopied):
        sequencer(database, tmp_path / "there").run(now=NOW)
    sequencer(database, tmp_path / "here").run(now=NOW)
    assert published(tmp_path / "here")[1] == 4
    assert alarms(database) == [] or "copied" in alarms(database)[0]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: (data / "log_key").unlink(), ledger.LogKeyMissing),
        (lambda data: (data / "log_key").chmod(0o640), ledger.LogKeyOpen),
        (lambda data: (data / "log_key").write_text("nothing"), ledger.LogKeyUnreadable),
        (lambda data: (data / "log" / "checkpoint").write_text("nothing"), ledger.PublishedOtherwise),
    ],
)
def test_without_its_key_or_with_another_checkpoint_nothing_is_signed(
    database: Database, make_act: MakeAct, tmp_path: Path, change: object, error: type[LabError]
) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 2)
    record(database, some, make_act)
    duty.run(now=NOW)
    change(tmp_path)  # type: ignore[operator]
    record(database, some, make_act)
    with pytest.raises(error):
        duty.run(now=NOW)
    assert len(checkpoints(database)) == 1
    assert len(alarms(database)) == 1


def test_nothing_is_signed_on_an_entry_that_was_changed_since(
    database: Database, make_act: MakeAct, tmp_path: Path
) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 2)
    record(database, some, make_act)
    duty.run(now=NOW)
    forge(
        database, "UPDATE entries SET body = (SELECT body FROM entries WHERE id = 1), leaf_hash = leaf_hash"
    )
    record(database, chains(database, 1, first=9), make_act)
    for attempt in (duty, sequencer(database, tmp_path)):
        with pytest.raises(ledger.PublishedOtherwise, match="give another root"):
            attempt.run(now=NOW)
    assert [size for size, _ in checkpoints(database)] == [2]


def test_an_alarm_ends_with_what_it_told(database: Database, make_act: MakeAct, tmp_path: Path) -> None:
    duty, some = sequencer(database, tmp_path), chains(database, 2)
    record(database, some, make_act)
    duty.run(now=NOW)
    (tmp_path / "log_key").chmod(0o604)
    with pytest.raises(ledger.LogKeyOpen):
        duty.run(now=NOW)
    (tmp_path / "log_key").chmod(0o600)
    duty.run(now=NOW)
    assert alarms(database) == []


@pytest.mark.parametrize("number", [4, 5])
def test_a_forged_entry_stays_out_and_the_others_go_in(
    database: Database, make_act: MakeAct, tmp_path: Path, number: int
) -> None:
    duty, [honest, forged] = sequencer(database, tmp_path), chains(database, 2)
    record(database, [honest, forged], make_act)
    duty.run(now=NOW)
    record(database, [forged], make_act, times=2)
    with database.writing() as session:
        end = ledger.ends(session, [forged])[forged]
        session.connection().execute(
            sa.text(
                "INSERT INTO entries (chain_id, number, event_id, kind, actor, occurred_at, recorded_at,"
                " payload, salt, body, leaf_hash) SELECT chain_id, :number, :event, kind, actor, occurred_at,"
                " recorded_at, payload, salt, body, leaf_hash FROM entries"
                " WHERE chain_id = :chain AND number = 3"
            ),
            {
                "number": number,
                "chain": end.chain_id,
                "event": str(UUID(int=9)) if database.dialect != "sqlite" else UUID(int=9).hex,
            },
        )
    record(database, [honest], make_act)
    duty.run(now=NOW)
    assert published(tmp_path)[1] == 5
    [words] = alarms(database)
    assert f"Entry {number} of chain {UUID(int=2)}" in words


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
