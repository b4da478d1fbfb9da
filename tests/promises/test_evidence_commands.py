"""`labflow ledger` as an operator uses it."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from labflow import ledger
from labflow.foundation.alarms import standing_alarms
from labflow.foundation.database import Database, sqlite_url
from labflow.ledger import LogFolder
from labflow.ops.sequencer import Sequencer

from .. import logged, tampering
from ..logged import CHAINS, LATER, ORIGIN, ROUNDS
from ..tampering import Tampering
from .test_commands import labflow


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("honest") / "data"
    logged.build(data).close()
    return data


@pytest.fixture
def data(honest: Path, tmp_path: Path) -> Path:
    """A laboratory's data of this test alone, in the place where they were made."""
    copy = Path(shutil.copytree(honest, tmp_path / "data"))
    assert labflow(copy, "ledger", "recover", "--moved").exit_code == 0
    return copy


def sequence(data: Path) -> None:
    database = Database(sqlite_url(data / "labflow.db"))
    Sequencer(database, data).run(now=LATER)
    database.close()


def lose_the_tail(data: Path) -> None:
    lab = Tampering(data, random.Random(1))
    tampering.a_lost_tail(lab)
    lab.db.close()


def test_an_honest_ledger_passes_and_a_changed_one_is_named(data: Path) -> None:
    passed = labflow(data, "ledger", "check")
    assert passed.exit_code == 0, passed.output
    assert "549 entries in 61 chains: no faults." in passed.output
    assert "549 leaves under 9 signed checkpoints." in passed.output
    lab = Tampering(data, random.Random(1))
    place = tampering.a_flipped_bit_in_the_bytes(lab)
    lab.db.close()
    found = labflow(data, "ledger", "check")
    assert found.exit_code == 1
    assert f"chain {place.chain}, entry {place.numbers[0]}" in found.output
    assert f"leaf {place.leaves[0]}" in found.output


def test_the_key_comes_from_who_checks(data: Path) -> None:
    [key] = ledger.LogKeys(data).pinned()
    assert labflow(data, "ledger", "key").output == f"{key.vkey}\n"
    (data / "log_vkeys").unlink()
    unknown = labflow(data, "ledger", "check")
    assert (unknown.exit_code, "No key of the log is known here" in unknown.output) == (2, True)
    assert labflow(data, "ledger", "check", "--key", key.vkey).exit_code == 0
    other = ledger.Signer(ORIGIN, bytes(32)).verifier.vkey
    foreign = labflow(data, "ledger", "check", "--key", other)
    assert foreign.exit_code == 1
    assert "no signature of this key is on it" in foreign.output


def test_a_checkpoint_on_paper_finds_a_log_that_was_shortened_everywhere(data: Path) -> None:
    paper = LogFolder(data / "log").checkpoint()
    assert paper is not None
    assert labflow(data, "ledger", "check", "--paper", paper).exit_code == 0
    lose_the_tail(data)
    with Database(sqlite_url(data / "labflow.db")).reading() as session:
        last = ledger.last_checkpoint(session, 1)
    assert last is not None
    LogFolder(data / "log").publish(last.note)
    assert labflow(data, "ledger", "check").exit_code == 0
    found = labflow(data, "ledger", "check", "--paper", paper)
    assert found.exit_code == 1
    assert "the log had 549 entries, and the database has 427 of them" in found.output


def test_after_a_lost_tail_the_next_log_says_what_is_missing(data: Path) -> None:
    lose_the_tail(data)
    with pytest.raises(ledger.TailLost):
        sequence(data)
    told = labflow(data, "ledger", "recover", "--yes")
    assert told.exit_code == 0, told.output
    lost = 2 * CHAINS
    assert f"published 549 entries; {lost} of them, from leaf 427 on" in told.output
    assert told.output.count("\n  leaf ") == lost
    sequence(data)
    database = Database(sqlite_url(data / "labflow.db"))
    with database.reading() as session:
        assert standing_alarms(session) == []
        first, *_ = ledger.bodies(session, 2, 0, 1)
    database.close()
    assert b'"missing":[427,549]' in first
    assert f'"origin":"{ORIGIN}"'.encode() in first
    note = LogFolder(data / "log" / "2").checkpoint()
    assert note is not None
    assert note.startswith(f"{ORIGIN}/2\n1\n")
    checked = labflow(data, "ledger", "check")
    assert checked.exit_code == 0, checked.output
    (data / "log" / "tile" / "entries" / "002.p" / "37").unlink()
    assert labflow(data, "ledger", "check").exit_code == 1


def test_a_restored_copy_from_before_the_next_log_is_noticed_too(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "labflow.db", tmp_path / "backup")
    assert labflow(data, "ledger", "recover", "--yes").exit_code == 0
    sequence(data)
    for file in data.glob("labflow.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup", data / "labflow.db")
    with pytest.raises(ledger.TailLost, match="/2 published 1 entries"):
        sequence(data)
    assert labflow(data, "ledger", "recover", "--yes").exit_code == 0
    sequence(data)
    assert (data / "log" / "3" / "checkpoint").exists()


def test_a_new_key_is_pinned_beside_the_old_one(data: Path) -> None:
    old, rotated = labflow(data, "ledger", "key").output, labflow(data, "ledger", "rotate-key")
    assert rotated.exit_code == 0, rotated.output
    both = labflow(data, "ledger", "key").output
    assert both.startswith(old)
    assert len(both.splitlines()) == 2
    assert both.splitlines()[1] in rotated.output
    assert labflow(data, "ledger", "check").exit_code == 0


def test_a_copied_folder_goes_on_only_when_somebody_says_so(data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    with pytest.raises(ledger.FolderCopied):
        sequence(copy)
    assert labflow(copy, "ledger", "recover", "--yes").exit_code == 0
    sequence(copy)
    assert (copy / "log" / "2" / "checkpoint").exists()
    assert timedelta(hours=ROUNDS) < (LATER - logged.START)
