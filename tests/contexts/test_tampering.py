"""What was falsified behind labflow's back is found, and where; five hundred more in tests/faults."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from labflow import ledger
from labflow.foundation.database import Database, sqlite_url
from labflow.ledger import LogFolder

from .. import logged, tampering
from ..logged import CHAINS, ROUNDS
from ..tampering import Place, Tampering


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("honest") / "data"
    logged.build(data).close()
    return data


def test_honest_evidence_has_no_fault(honest: Path) -> None:
    assert logged.faults_of(honest) == []


def test_a_forger_who_writes_the_files_anew_as_well_is_betrayed_by_the_signed_root(
    honest: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(honest, tmp_path / "data"))
    lab = Tampering(data, random.Random(1))
    [leaf] = tampering.a_person_erased_from_a_chain_hashed_anew(lab).leaves
    lab.db.close()
    db = Database(sqlite_url(data / "labflow.db"))
    with db.reading() as session:
        size = CHAINS * ROUNDS
        LogFolder(data / "log").extend(size, since=0, bodies=partial(ledger.bodies, session, 1))
    db.close()
    [fault] = logged.faults_of(data)
    first = leaf // CHAINS * CHAINS
    assert fault.leaf == first
    assert f"an entry from here to leaf {first + CHAINS - 1} is not the one" in fault.what


@pytest.mark.parametrize("kind", tampering.KINDS, ids=lambda kind: kind.__name__)
def test_what_is_falsified_is_found_and_located(
    honest: Path, tmp_path: Path, kind: Callable[[Tampering], Place]
) -> None:
    data = Path(shutil.copytree(honest, tmp_path / "data"))
    lab = Tampering(data, random.Random(kind.__name__))
    place = kind(lab)
    lab.db.close()
    faults = logged.faults_of(data)
    assert any(place.is_named_by(fault) for fault in faults), (place, [str(fault) for fault in faults])
