"""Backups: complete, checked before they take the place of anything, and refused when one bit is wrong."""

from __future__ import annotations

import gzip
import random
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from labflow import migrations
from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.foundation.errors import LabError
from labflow.foundation.one_process import DataInUse, only_one
from labflow.foundation.settings import Settings
from labflow.ops import backup
from labflow.ops.backup import Checked, Made
from labflow.ops.sequencer import Sequencer

from ..conftest import NINE_O_CLOCK
from ..factories.cases import make_case
from ..people import make_person
from ..support import postgres_programs

DAMAGES = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def lab(database: Database, catalog: Catalog, act: Act, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A laboratory with a case, and PostgreSQL's own programs where it is on PostgreSQL."""
    if database.dialect == "postgresql":
        monkeypatch.setenv("PATH", str(postgres_programs(database)), prepend=":")
    make_person(database, "ada")
    make_case(database, catalog, act, containers=["EDTA", "EDTA"])
    return database


@pytest.fixture
def made(lab: Database, folder: Path) -> Made:
    return backup.make(lab, folder, now=NINE_O_CLOCK)


@pytest.fixture
def elsewhere(lab: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """A laboratory without a database yet, on the same kind of database."""
    url = (
        sqlite_url(tmp_path / "elsewhere" / "labflow.db")
        if lab.dialect == "sqlite"
        else request.getfixturevalue("empty_postgresql_url")
    )
    return Settings(data=tmp_path / "elsewhere", database_url=url, secret_key="only for tests " * 3)


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in this database, by table."""
    database = Database(url)
    with database.engine.connect() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in migrations.all_tables().sorted_tables
        }
    database.close()
    return found


def test_a_backup_is_one_file_for_its_owner_alone(made: Made, folder: Path) -> None:
    assert made.path == folder / "labflow-20261120-090000.tar.gz"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["in_use", made.path.name]
    assert made.manifest == backup.manifest_of(made.path)
    assert made.manifest.revision == migrations.newest()
    assert made.manifest.ledger.entries == 2


def test_what_is_restored_is_what_was_saved(lab: Database, made: Made, elsewhere: Settings) -> None:
    restored = backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)
    assert restored.checked.entries == made.manifest.ledger.entries
    assert rows(elsewhere.database_url) == rows(lab.url)
    with pytest.raises(LabError, match=r"database already|has tables already"):
        backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)


def test_a_trial_leaves_nothing_behind(lab: Database, made: Made, folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.iterdir())
    assert backup.try_out(made.path, url=lab.url, data=tmp_path) == made.manifest
    assert sorted(folder.iterdir()) == before


def test_a_damaged_or_shortened_backup_is_refused(made: Made, elsewhere: Settings, tmp_path: Path) -> None:
    whole, rng = made.path.read_bytes(), random.Random(50)
    for number in range(DAMAGES):
        damaged = tmp_path / f"damaged-{number}.tar.gz"
        damaged.write_bytes(with_one_bit_flipped(whole, rng) if number % 2 else shortened(whole, rng))
        with pytest.raises(LabError, match=r"damaged|not a backup"):
            backup.restore(damaged, elsewhere, now=NINE_O_CLOCK)
    backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)  # and the whole one is not


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_changed_bit_is_found_also_where_unpacking_does_not_notice_it(made: Made) -> None:
    whole = made.path.read_bytes()
    in_the_date_of_gzip = 4
    made.path.write_bytes(whole[:in_the_date_of_gzip] + b"\x01" + whole[in_the_date_of_gzip + 1 :])
    with gzip.open(made.path) as unpacked:
        assert unpacked.read()
    with pytest.raises(LabError, match="is damaged"):
        backup.manifest_of(made.path)


def with_one_bit_flipped(whole: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(whole))
    return whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]


def shortened(whole: bytes, rng: random.Random) -> bytes:
    return whole[: rng.randrange(len(whole))]


def without_an_entry(path: Path) -> None:
    connection = sqlite.connect(path)
    connection.execute("DROP TRIGGER entries_refuse_delete")
    connection.execute("DELETE FROM entries WHERE id = 1")
    end(connection)


def with_a_changed_entry(path: Path) -> None:
    connection = sqlite.connect(path)
    connection.execute("DROP TRIGGER entries_refuse_update")
    connection.execute("UPDATE entries SET actor = 'H00000000' WHERE id = 1")
    end(connection)


def with_a_row_that_points_nowhere(path: Path) -> None:
    connection = sqlite.connect(path)
    connection.execute("UPDATE samples SET case_id = 77 WHERE id = 1")
    end(connection)


def of_a_newer_schema(path: Path) -> None:
    connection = sqlite.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    end(connection)


def end(connection: sqlite.Connection) -> None:
    connection.execute("COMMIT") if connection.in_transaction else None
    connection.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_an_entry, "The ledger in the backup has 1 faults"),
        (with_a_changed_entry, "its actor differs from its bytes"),
        (with_a_row_that_points_nowhere, "1 rows point to rows that are not there"),
        (of_a_newer_schema, "whose schema .9999. this version does not know"),
    ],
)
def test_a_whole_backup_of_wrong_data_is_refused(
    lab: Database, folder: Path, elsewhere: Settings, change: Callable[[Path], None], words: str
) -> None:
    lab.close()
    change(Path(lab.engine.url.database or ""))
    made = backup.make(lab, folder, now=NINE_O_CLOCK)
    with pytest.raises(LabError, match=words):
        backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)
    assert not (elsewhere.data / "labflow.db").exists()


def published(lab: Database, data: Path) -> None:
    """The laboratory's entries are in its log, which is published in this data folder."""
    data.mkdir(exist_ok=True)
    Sequencer(lab, data).run(now=NINE_O_CLOCK)


def with_keys_of(data: Path, elsewhere: Settings) -> None:
    elsewhere.data.mkdir()
    shutil.copy(data / "log_vkeys", elsewhere.data)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_log_that_its_own_signatures_do_not_fit_is_refused(
    lab: Database, folder: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    published(lab, tmp_path / "lab")
    with_keys_of(tmp_path / "lab", elsewhere)
    good = backup.make(lab, folder, now=NINE_O_CLOCK)
    assert good.manifest.ledger.log
    assert good.manifest.ledger.log.size == good.manifest.ledger.entries
    with lab.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE checkpoints SET root = zeroblob(32)")
    bad = backup.make(lab, folder, now=NINE_O_CLOCK + timedelta(hours=1))
    with pytest.raises(backup.LedgerFaulty, match="checkpoint of 2 entries was changed"):
        backup.restore(bad.path, elsewhere, now=NINE_O_CLOCK)
    assert backup.restore(good.path, elsewhere, now=NINE_O_CLOCK).checked == Checked(2, signatures=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_backup_of_another_laboratory_is_taken_only_when_that_is_meant(
    lab: Database, folder: Path, elsewhere: Settings, sqlite_template: Path, tmp_path: Path
) -> None:
    published(lab, tmp_path / "lab")
    made = backup.make(lab, folder, now=NINE_O_CLOCK)
    shutil.copy(sqlite_template, tmp_path / "other.db")
    published(Database(sqlite_url(tmp_path / "other.db")), tmp_path / "other")
    with_keys_of(tmp_path / "other", elsewhere)
    with pytest.raises(backup.AnotherLaboratory, match="belongs to the log"):
        backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)
    restored = backup.restore(made.path, elsewhere, another_laboratory=True, now=NINE_O_CLOCK)
    assert restored.checked == Checked(2, signatures=False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_old_backup_tells_what_the_published_log_knows_beyond_it(
    lab: Database, made: Made, elsewhere: Settings
) -> None:
    published(lab, elsewhere.data)
    restored = backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)
    assert restored.missing_from_log == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_in_the_way_is_kept_beside_the_restored_one(
    lab: Database, made: Made, elsewhere: Settings, catalog: Catalog, act: Act
) -> None:
    backup.restore(made.path, elsewhere, now=NINE_O_CLOCK)
    before = rows(elsewhere.database_url)
    later = Database(elsewhere.database_url)
    with closing(later.engine.raw_connection()):  # its journal is not in the file yet
        make_case(later, catalog, replace(act, event_id=act.part("later").event_id), mrn="1000000077")
        restored = backup.restore(made.path, elsewhere, replace=True, now=NINE_O_CLOCK)
    later.close()
    assert rows(elsewhere.database_url) == before
    assert restored.kept == elsewhere.data / "labflow.db.replaced-20261120-090000"
    assert len(rows(sqlite_url(restored.kept))["entries"]) > len(before["entries"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_running_server_keeps_its_database(made: Made, elsewhere: Settings) -> None:
    with only_one(elsewhere.data), pytest.raises(DataInUse):
        backup.restore(made.path, elsewhere, replace=True, now=NINE_O_CLOCK)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_files_of_other_programs_are_refused(
    lab: Database, made: Made, elsewhere: Settings, tmp_path: Path
) -> None:
    bare = Path(shutil.copy(lab.engine.url.database or "", tmp_path / "bare.db"))
    for path, words in ((bare, "is not a backup of labflow"), (tmp_path / "none", "There is no file")):
        with pytest.raises(LabError, match=words):
            backup.restore(path, elsewhere, now=NINE_O_CLOCK)
    other = replace(elsewhere, database_url="postgresql+psycopg://labflow@127.0.0.1/labflow")
    with pytest.raises(backup.OtherDatabase, match="one of sqlite, but database_url names postgresql"):
        backup.restore(made.path, other, now=NINE_O_CLOCK)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_disk_without_room_gets_no_half_backup(
    lab: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(backup.NoRoom, match="has 1 MB free"):
        backup.make(lab, folder, now=NINE_O_CLOCK)
    assert [path.name for path in folder.iterdir()] == ["in_use"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_the_programs_of_postgresql_the_words_say_what_to_install(
    lab: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(backup.ToolMissing, match="The program pg_dump of PostgreSQL"):
        backup.make(lab, folder, now=NINE_O_CLOCK)
    assert [path.name for path in folder.iterdir()] == ["in_use"]
