"""Seeded randomness that a failure names, and the table of figures at the end."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from .figures import QUICK, table

_FIGURES = pytest.StashKey[list[tuple[str, str]]]()

Figure = Callable[[str, str], None]


@pytest.fixture
def rng() -> random.Random:
    """Randomness of this test alone; a failure shows the seed that repeats it."""
    seed = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().getrandbits(32))
    print(f"FAULTS_SEED={seed} draws the same again")  # noqa: T201  # pytest shows it when the test fails
    return random.Random(seed)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Tells what was measured: the promise's name and the figures in words."""
    figures = request.config.stash.setdefault(_FIGURES, [])
    capture = request.config.pluginmanager.get_plugin("capturemanager")

    def tell(name: str, words: str) -> None:
        figures.append((name, words))
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            print(f"\n{name}: {words}", flush=True)  # noqa: T201  # for who waits

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = terminalreporter.config.stash.get(_FIGURES, [])
    if figures:
        terminalreporter.section("figures" + (" of a quick run" if QUICK else ""))
        for line in table(figures):
            terminalreporter.write_line(line)
