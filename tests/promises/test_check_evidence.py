"""The stand-alone checker of evidence, run as a stranger runs it: one file, without labflow."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from labflow.foundation.database import Database
from labflow.ledger.note import COSIGNATURE, Signer

from ..published import MORNING, Publisher
from ..support import ROOT

CHECKER = ROOT / "labflow/ledger/check_evidence.py"


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    """`-I`: no module of the folder, no PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-I", CHECKER, *map(str, arguments)], capture_output=True, text=True, timeout=60
    )


def says(found: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert found.returncode == code, found.stdout + found.stderr
    assert not found.stderr
    for word in words:
        assert word in found.stdout


@pytest.fixture
def log(tmp_path: Path) -> Publisher:
    """300 entries in 3 chains, of which 100 were published first."""
    publisher = Publisher(tmp_path / "log")
    (tmp_path / "older").write_text(publisher.grow(100))
    publisher.grow(200)
    return publisher


def change_byte(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_it_imports_nothing_of_labflow() -> None:
    assert "labflow" not in {line.split()[1].split(".")[0] for line in imports(CHECKER)}


def imports(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]


def test_a_sound_log_is_sound(log: Publisher) -> None:
    says(check(log.folder, "--key", log.key), 0, "300 entries in 3 chains", "SOUND")


def test_an_entry_that_was_changed_is_named(log: Publisher) -> None:
    bundle = log.folder / "tile/entries/000"
    change_byte(bundle, bundle.read_bytes().index(log.rows[7]["body"]) + 20)
    says(check(log.folder, "--key", log.key), 1, "leaf 7", "NOT SOUND")


def test_a_log_that_was_written_anew_around_a_change_is_found_by_its_root(log: Publisher) -> None:
    forged = Publisher(log.folder.with_name("forged"), seed=2)
    forged.grow(300)
    shutil.copy(log.folder / "checkpoint", forged.folder / "checkpoint")
    says(check(forged.folder, "--key", log.key), 1, "do not have the root that was signed")


@pytest.mark.parametrize("file", ["tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/44", "checkpoint"])
def test_a_file_that_was_changed_or_is_gone_is_found(log: Publisher, file: str) -> None:
    data = (log.folder / file).read_bytes()
    change_byte(log.folder / file, len(data) // 2)
    assert check(log.folder, "--key", log.key).returncode == 1
    (log.folder / file).unlink()
    assert check(log.folder, "--key", log.key).returncode in (1, 2)


def test_only_the_pinned_key_and_name_count(log: Publisher) -> None:
    other = Publisher(log.folder.with_name("other"), seed=2)
    namesake = Publisher(log.folder.with_name("namesake"), origin="labflow.invalid/other")
    says(check(log.folder, "--key", other.key), 1, "not signed by a key that you trust")
    says(check(log.folder, "--key", namesake.key), 1, "not signed by a key that you trust")
    log.folder.with_name("log_vkeys").write_text(log.key)
    says(check(log.folder), 2, "WARNING: no --key", "WITHOUT A KEY")


def test_a_key_that_was_mistyped_is_no_key(log: Publisher) -> None:
    says(check(log.folder, "--key", log.key.replace("test", "test2")), 2, "CANNOT CHECK", "no verifier key")


def test_an_older_checkpoint_shows_that_nothing_was_rewritten(log: Publisher) -> None:
    older = log.folder.with_name("older")
    still = "100 entries of the older checkpoint are still the first of 300"
    says(check(log.folder, "--key", log.key, "--since", older), 0, still)
    scanned = older.read_text().replace("\n", "\r\n").replace("—", "?")
    says(check(log.folder, "--key", log.key, "--paper", scanned), 0, "still the first of 300")


def test_a_fork_and_a_cut_are_found_by_an_older_checkpoint(log: Publisher) -> None:
    fork = Publisher(log.folder.with_name("fork"))
    fork.rng.seed(5)  # the same key, other salts
    fork.grow(300)
    older = log.folder.with_name("older")
    says(check(fork.folder, "--key", log.key, "--since", older), 1, "are not those that were signed then")
    cut = Publisher(log.folder.with_name("cut"))
    cut.grow(50)
    says(check(cut.folder, "--key", log.key, "--since", older), 1, "had 100 entries then")
    says(check(fork.folder, log.folder, "--key", log.key), 1, "split view")


def test_a_witness_must_have_cosigned_when_it_is_named(log: Publisher) -> None:
    witness = Signer("other.department", bytes(32), kind=COSIGNATURE)
    named = ("--key", log.key, "--witness", witness.verifier.vkey)
    says(check(log.folder, *named), 1, "is not cosigned by the witness other.department")
    note = (log.folder / "checkpoint").read_text()
    cosignature = witness.cosign(note.split("\n\n")[0] + "\n", now=MORNING)
    (log.folder / "checkpoint").write_text(note + cosignature.line)
    says(check(log.folder, *named), 0, "other.department saw", "2026-11-20 09:00:00 UTC")


def test_a_pack_is_sound_as_folder_and_as_zip(log: Publisher) -> None:
    pack = log.pack(log.folder.with_name("pack"))
    says(check(pack, "--key", log.key), 0, "100. 2026", "details fit", "SOUND")
    zipped = shutil.make_archive(str(pack), "zip", pack)
    says(check(zipped, log.folder, "--key", log.key), 0, "SOUND")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda pack: change_byte(pack / "entries/0003.json", 30), "entries/0003.json"),
        (lambda pack: change_byte(pack / "proofs/0003.tlog-proof", 60), "entries/0003.json: its proof"),
        (lambda pack: change_byte(pack / "details/0003.json", 20), "its details"),
        (lambda pack: (pack / "entries/0003.json").unlink(), "entry 4 of chain"),
        (lambda pack: (pack / "proofs/0003.tlog-proof").unlink(), "entries/0003.json"),
        (lambda pack: (pack / "entries/0100.json").unlink(), "end chain"),
    ],
)
def test_a_pack_that_was_tampered_with_is_not_sound(
    log: Publisher, tamper: Callable[[Path], None], words: str
) -> None:
    pack = log.pack(log.folder.with_name("pack"))
    tamper(pack)
    says(check(pack, log.folder, "--key", log.key), 1, words)


def test_erased_details_leave_the_proof_valid(log: Publisher) -> None:
    pack = log.pack(log.folder.with_name("pack"))
    (pack / "details/0003.json").unlink()
    says(check(pack, "--key", log.key), 0, "details erased", "SOUND")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE entries SET holder = 'HX' WHERE id = 5", "to differ from its bytes"),
        ("UPDATE entries SET recorded_at = '2026-11-20 08:00:00.000000' WHERE id = 5", "recorded_at"),
        ("UPDATE entries SET payload = 'x' WHERE id = 5", "leaf 4: its details"),
        ("UPDATE entries SET body = CAST(replace(body, 'H1', 'H2') AS BLOB) WHERE id = 5", "leaf 4"),
        ("DELETE FROM leaves WHERE entry_id = 5", "leaf 4: entry 2 of chain"),
        ("DELETE FROM entries WHERE id = 5", "leaf 4: entry 2 of chain"),
        ("UPDATE chains SET length = 99 WHERE id = 1", "does not end with entry 99"),
        ("UPDATE leaves SET leaf_index = 4000 WHERE leaf_index = 4", "leaf 4: entry 2 of chain"),
    ],
)
def test_the_database_must_hold_what_the_log_has(
    log: Publisher, sqlite_url: str, change: str, words: str
) -> None:
    database = Database(sqlite_url)
    log.store(database)
    path = Path(sa.make_url(sqlite_url).database or "")
    says(check(log.folder, "--key", log.key, "--database", path), 0, "300 of these entries", "SOUND")
    database.close()
    forge(path, change)
    says(check(log.folder, "--key", log.key, "--database", path), 1, words)


def forge(path: Path, change: str) -> None:
    """As whoever has the file can change it."""
    with closing(sqlite3.connect(path)) as file, file:
        for table in ("entries", "leaves"):
            file.execute(f"DROP TRIGGER {table}_refuse_update")
            file.execute(f"DROP TRIGGER {table}_refuse_delete")
        assert file.execute(change).rowcount
