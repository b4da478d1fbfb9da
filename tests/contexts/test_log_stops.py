"""What stops the log, or stays out of it; scans go on, and an alarm says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from labflow import ledger
from labflow.foundation.alarms import standing_alarms
from labflow.foundation.database import Database
from labflow.foundation.errors import LabError

from ..conftest import MakeAct
from .test_ledger import forge
from .test_log import NOW, chains, checkpoints, published, record, sequencer


def alarms(database: Database) -> list[str]:
    with database.reading() as session:
        return [alarm.words for alarm in standing_alarms(session)]


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
    change(tmp_path)  # type: ignore[operator]  # pytest gives parameters no type
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
