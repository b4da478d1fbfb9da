"""One cluster and one laboratory for all tests here: it takes half a minute to build."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labflow.catalog import Catalog

from ..faults.conftest import figure, pytest_terminal_summary
from .cluster import Cluster
from .laboratory import Ward
from .machines import require_alone

__all__ = ["figure", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def ward(catalog: Catalog, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """labflow on three machines. What they wrote stays in a folder that is named when something fails."""
    require_alone()
    folder = Path(tempfile.mkdtemp(prefix="labflow-ha-"))  # short: names of sockets are
    folder.chmod(0o755)
    print(f"logs are in {folder}")  # noqa: T201  # pytest shows it when a test fails
    began = time.monotonic()
    ward = Ward(Cluster(folder), catalog)
    try:
        ward.cluster.start()
        ward.open()
        ward.seconds = time.monotonic() - began
        yield ward
    finally:
        ward.cluster.stop()
    if not request.session.testsfailed:
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _whole_again(ward: Ward) -> None:
    """Every test begins with a leader and two standbys."""
    ward.cluster.wait_until_whole()
