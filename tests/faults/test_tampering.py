"""Five hundred falsifications at random places: every one is found and located, by labflow and without it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labflow import ledger

from .. import logged
from ..support import ROOT
from ..tampering import KINDS, Tampering
from .conftest import Figure
from .figures import many

TRIES = many(500, quick=48)
CHECKER = ROOT / "labflow" / "ledger" / "check_evidence.py"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("honest") / "data"
    logged.build(data).close()
    return data


def alone(data: Path, key: str) -> subprocess.CompletedProcess[str]:
    """The stand-alone checker on the log and the database."""
    database = ["--database", str(data / "labflow.db")]
    command = [sys.executable, str(CHECKER), str(data / "log"), "--key", key, *database]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_falsification_is_found_and_located(honest: Path, tmp_path: Path, figure: Figure) -> None:
    [key] = ledger.LogKeys(honest).pinned()
    assert (alone(honest, key.vkey).returncode, logged.faults_of(honest)) == (0, [])
    found, found_alone, missed = 0, 0, []
    for attempt in range(TRIES):
        data = Path(shutil.copytree(honest, tmp_path / "data"))
        lab = Tampering(data, random.Random(attempt))
        kind = KINDS[attempt % len(KINDS)]
        place = kind(lab)
        lab.db.close()
        faults, checked = logged.faults_of(data), alone(data, key.vkey)
        is_found = any(place.is_named_by(fault) for fault in faults)
        is_found_alone = checked.returncode == 1 and place.is_told_in(checked.stdout)
        found, found_alone = found + is_found, found_alone + is_found_alone
        if not (is_found and is_found_alone):
            missed.append(f"{attempt} {kind.__name__} {place}: {faults[:2]} {checked.stdout[-500:]}")
        shutil.rmtree(data)
    figure(
        "L3, L4", f"{found}/{TRIES} falsifications located, {found_alone}/{TRIES} by the stand-alone checker"
    )
    assert missed == [], "\n".join(missed)
