"""What was falsified behind labflow's back is found, and where; five hundred more in tests/faults."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .. import logged, tampering
from ..tampering import Place, Tampering


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("honest") / "data"
    logged.build(data).close()
    return data


def test_honest_evidence_has_no_fault(honest: Path) -> None:
    assert logged.faults_of(honest) == []


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
