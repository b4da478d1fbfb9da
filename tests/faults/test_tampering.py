"""Five hundred falsifications at random places: every one is found and located, by labflow and without it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from labflow import ledger

from .. import tampering
from ..support import ROOT
from ..tampering import KINDS, Tampering

TRIES = 50 if os.environ.get("FAULTS") == "quick" else 500
CHECKER = ROOT / "labflow" / "ledger" / "check_evidence.py"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("honest") / "data"
    tampering.build(data).close()
    return data


def alone(data: Path, key: str) -> subprocess.CompletedProcess[str]:
    """The stand-alone checker on the log and the database."""
    database = ["--database", str(data / "labflow.db")]
    command = [sys.executable, str(CHECKER), str(data / "log"), "--key", key, *database]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_falsification_is_found_and_located(honest: Path, tmp_path: Path) -> None:
    [key] = ledger.LogKeys(honest).pinned()
    assert (alone(honest, key.vkey).returncode, tampering.faults_of(honest)) == (0, [])
    found, found_alone, missed = Counter[str](), Counter[str](), []
    for attempt in range(TRIES):
        kind = KINDS[attempt % len(KINDS)]
        data = Path(shutil.copytree(honest, tmp_path / "data"))
        lab = Tampering(data, random.Random(attempt))
        place = kind(lab)
        lab.db.close()
        faults, checked = tampering.faults_of(data), alone(data, key.vkey)
        found[kind.__name__] += any(place.is_named_by(fault) for fault in faults)
        found_alone[kind.__name__] += checked.returncode == 1 and place.is_told_in(checked.stdout)
        if not any(place.is_named_by(fault) for fault in faults):
            missed.append((attempt, kind.__name__, place, [str(fault) for fault in faults[:3]]))
        if checked.returncode != 1 or not place.is_told_in(checked.stdout):
            missed.append(
                (
                    attempt,
                    kind.__name__,
                    place,
                    checked.returncode,
                    checked.stdout[-600:],
                    checked.stderr[-300:],
                )
            )
        shutil.rmtree(data)
    print(
        f"\nfound and located: {found.total()}/{TRIES} by labflow, {found_alone.total()}/{TRIES} without it"
    )
    assert missed == [], "\n".join(map(str, missed))
