"""The custody pack of a sample, and how the log stands."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest

from labflow import custody, ledger, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.database import Database
from labflow.journeys import evidence
from labflow.ledger.note import open_checkpoint
from labflow.ledger.tree import check_inclusion, leaf_hash
from labflow.ops.sequencer import Sequencer

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import MadeCase, make_case, make_operator
from ..support import ROOT

ORIGIN = "lab.example/marrow"
CHECKER = ROOT / "labflow" / "ledger" / "check_evidence.py"


@pytest.fixture
def made(database: Database, catalog: Catalog, make_act: MakeAct, tmp_path: Path) -> MadeCase:
    """A case with two samples, all of whose acts are in the log."""
    make_operator(database, make_act())
    made = make_case(database, catalog, make_act(), containers=("EDTA", "EDTA"))
    sequence(database, tmp_path)
    return made


def sequence(database: Database, data: Path) -> None:
    Sequencer(database, data, origin=ORIGIN).run(now=NINE_O_CLOCK)


def pack_of(database: Database, catalog: Catalog, data: Path, made: MadeCase) -> dict[str, bytes]:
    return evidence.custody_pack(database, catalog, data, made.code(), now=NINE_O_CLOCK)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def test_every_entry_of_a_pack_is_proved_by_its_checkpoint(
    database: Database, catalog: Catalog, made: MadeCase, tmp_path: Path
) -> None:
    pack, keys = pack_of(database, catalog, tmp_path, made), ledger.LogKeys(tmp_path).pinned()
    numbers = [Path(name).stem for name in pack if name.startswith("entries/")]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for number in numbers:
        head, _, note = pack[f"proofs/{number}.tlog-proof"].decode().partition("\n\n")
        title, index, *hashes = head.split("\n")
        checkpoint = open_checkpoint(note, keys, origin=ORIGIN)
        assert (title, note.encode()) == ("c2sp.org/tlog-proof@v1", pack["checkpoint"])
        proof = [base64.b64decode(line) for line in hashes]
        leaf = leaf_hash(pack[f"entries/{number}.json"])
        place = int(index.removeprefix("index "))
        assert check_inclusion(leaf, place, checkpoint.size, proof, checkpoint.root)
        told = json.loads(pack[f"details/{number}.json"])
        commit = hashlib.sha256(bytes.fromhex(told["salt"]) + told["payload"].encode()).hexdigest()
        assert json.loads(pack[f"entries/{number}.json"])["commit"] == commit
    manifest = json.loads(pack["manifest.json"])["sha256"]
    assert manifest == {
        name: hashlib.sha256(content).hexdigest() for name, content in pack.items() if name in manifest
    }
    assert set(manifest) == set(pack) - {"manifest.json"}


def test_a_pack_is_sound_for_the_checker_that_travels_with_it(
    database: Database, catalog: Catalog, made: MadeCase, tmp_path: Path
) -> None:
    pack = pack_of(database, catalog, tmp_path, made)
    assert pack["check_evidence.py"] == CHECKER.read_bytes()
    file = tmp_path / "pack.zip"
    file.write_bytes(evidence.as_zip(pack, now=NINE_O_CLOCK))
    [key] = ledger.LogKeys(tmp_path).pinned()
    command = [sys.executable, str(CHECKER), str(tmp_path / "log"), str(file), "--key", key.vkey]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_without_details_a_pack_holds_commitments_only(
    database: Database, catalog: Catalog, made: MadeCase, tmp_path: Path
) -> None:
    pack = evidence.custody_pack(database, catalog, tmp_path, made.code(), now=NINE_O_CLOCK, details=False)
    assert not [name for name in pack if name.startswith("details/")]


def test_the_timeline_names_acts_badges_and_leaves_and_no_child(
    database: Database, catalog: Catalog, made: MadeCase, make_act: MakeAct, tmp_path: Path
) -> None:
    text = text_of(pack_of(database, catalog, tmp_path, made)["timeline.pdf"])
    for words in (
        made.code(),
        made.case.number,
        "collected",
        make_act().badge,
        "2026-11-20 09:00:00",
        ORIGIN,
    ):
        assert words in text
    assert "Child 1000000001" not in text
    assert "1000000001" not in text


def test_an_act_that_is_not_in_the_log_yet_is_not_proved(
    database: Database, catalog: Catalog, made: MadeCase, make_act: MakeAct, tmp_path: Path
) -> None:
    with database.writing() as session:
        chain = samples.by_code(session, made.code()).chain_id
        custody.record(session, [chain], CustodyKind.ARRIVED, act=make_act(), place="PX")
    with pytest.raises(ledger.NotInTheLogYet) as caught:
        pack_of(database, catalog, tmp_path, made)
    assert "10 seconds" in caught.value.next_step
    sequence(database, tmp_path)
    assert "entries/0002.json" in pack_of(database, catalog, tmp_path, made)


def test_nothing_is_proved_where_the_log_is_not(
    database: Database, catalog: Catalog, made: MadeCase, tmp_path: Path
) -> None:
    with pytest.raises(ledger.LogElsewhere):
        pack_of(database, catalog, tmp_path / "elsewhere", made)


def test_the_standing_of_the_log_tells_key_and_size(
    database: Database, catalog: Catalog, made: MadeCase, tmp_path: Path
) -> None:
    standing = evidence.log_standing(database)
    assert standing.log is not None
    assert standing.last is not None
    assert standing.log.origin == ORIGIN
    assert "".join(standing.key_in_groups) == standing.log.verifier_key
    with database.reading() as session:
        assert standing.last.size == ledger.count(session) // 2
    assert standing.behind == timedelta(0)


def test_nothing_that_is_published_names_a_child(
    database: Database, catalog: Catalog, made: MadeCase, make_act: MakeAct, tmp_path: Path
) -> None:
    for number in range(2, 12):
        make_case(database, catalog, make_act(), mrn=f"10000000{number:02d}")
    sequence(database, tmp_path)
    secrets = {"Child", "2019-07-14", "20190714", *(f"10000000{number:02d}" for number in range(1, 12))}
    published = b"".join(path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file())
    pack = evidence.custody_pack(database, catalog, tmp_path, made.code(), now=NINE_O_CLOCK, details=False)
    published += b"".join(content for name, content in pack.items() if not name.endswith((".pdf", ".py")))
    for secret in secrets:
        assert not [form for form in forms(secret) if form in published], secret


def forms(secret: str) -> list[bytes]:
    """A word as it could be hidden: plain, in hex, in base64, backwards, or as its hash."""
    plain = secret.encode()
    digest = hashlib.sha256(plain).digest()
    encoded = [base64.b64encode(plain)[: len(plain) * 4 // 3], base64.b64encode(digest)]
    return [plain, plain.hex().encode(), plain[::-1], digest, digest.hex().encode(), *encoded]
