"""L3 without us: every command of docs/evidence.md, run as a stranger runs it with public tools."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..published import Publisher
from ..support import ROOT
from .conftest import Figure
from .figures import many

PAGE = (ROOT / "docs/evidence.md").read_text()
ENTRIES = many(70_000, quick=2_000)
PYTHON = Path(sys.executable).parent  # one with `cryptography`
GO_LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")

pytestmark = pytest.mark.skipif(
    shutil.which("go") is None or not GO_LIBRARY.exists(),
    reason="apt-get install golang-go golang-golang-x-mod-dev: strangers' tools are not on this machine",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def run(folder: Path, commands: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=os.environ | {"GOCACHE": str(folder / "cache"), "PATH": f"{PYTHON}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A folder as the page expects it, with the page's programs in it."""
    folder = tmp_path_factory.mktemp("stranger")
    log = Publisher(folder / "log", chains=ENTRIES // 20)
    (folder / "older-checkpoint").write_text(log.grow(ENTRIES // 3))
    log.grow(ENTRIES - log.size)
    (folder / "key.txt").write_text(f"{log.key}\n")
    shutil.copy(ROOT / "labflow/ledger/check_evidence.py", log.pack(folder / "pack"))
    for program in blocks("go"):
        name = re.search(r"go run (\w+\.go)", program)
        assert name
        (folder / name[1]).write_text(program)
    return log


def test_every_command_of_the_page_does_what_the_page_says(log: Publisher, figure: Figure) -> None:
    folder, said = log.folder.parent, []
    for commands in blocks("sh"):
        began = time.monotonic()
        done = run(folder, commands)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        said.append((done.stdout, time.monotonic() - began))
    ours, signature, entry, whole, pack = said
    assert ours[0].count("SOUND") == 3
    assert "Signature Verified Successfully" in signature[0]
    leaf, before = entry[0].split("\n")[:2]
    assert leaf.split()[0] in before
    assert f"log/checkpoint is sound: {ENTRIES} entries" in whole[0]
    assert f"older-checkpoint is sound: {ENTRIES // 3} entries" in whole[0]
    assert pack[0].count("is leaf") == 20
    figure("L3 by strangers", f"{ENTRIES:,} entries, root and older root with Go in {whole[1]:.1f} s")


def test_one_changed_bit_is_named_by_strangers_and_by_us(log: Publisher, figure: Figure) -> None:
    rng, folder = random.Random(6), log.folder.parent
    [whole] = [block for block in blocks("sh") if "check.go" in block]
    for index in rng.sample(range(ENTRIES), many(5, quick=2)):
        number, body = index // 256, log.rows[index]["body"]
        [file] = [path for path in (log.folder / "tile/entries").rglob("*") if _is(path, number)]
        right = file.read_bytes()
        place = right.index(body) + rng.randrange(len(body))
        file.write_bytes(right[:place] + bytes([right[place] ^ 1 << rng.randrange(8)]) + right[place + 1 :])
        theirs = run(folder, whole)
        ours = run(folder, "python3 pack/check_evidence.py log --key key.txt")
        file.write_bytes(right)
        assert theirs.returncode == 1
        assert f"leaf {index} has not" in theirs.stdout
        assert ours.returncode == 1
        assert f"leaf {index}" in ours.stdout
    figure("L3 by strangers, one bit", f"{many(5, quick=2)} of {many(5, quick=2)} named by leaf")


def _is(path: Path, number: int) -> bool:
    name = path.parent.name.removesuffix(".p") if path.parent.suffix == ".p" else path.name
    return path.is_file() and name == f"{number:03d}"


def test_a_wrong_signature_and_another_pack_are_refused_by_strangers(log: Publisher) -> None:
    folder = log.folder.parent
    [signature] = [block for block in blocks("sh") if "openssl" in block]
    checkpoint = (log.folder / "checkpoint").read_text()
    (log.folder / "checkpoint").write_text(checkpoint.replace(f"\n{ENTRIES}\n", f"\n{ENTRIES + 1}\n"))
    assert run(folder, signature).returncode == 1
    (log.folder / "checkpoint").write_text(checkpoint)
    entry = folder / "pack/entries/0003.json"
    right = entry.read_bytes()
    entry.write_bytes(right.replace(b"H1", b"H2"))
    [pack] = [block for block in blocks("sh") if "prove.go" in block]
    assert run(folder, pack).returncode == 1
    entry.write_bytes(right)
