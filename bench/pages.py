"""What people open must answer as fast in a large laboratory as in a small one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from . import load
from .history import SAMPLES_A_CASE
from .laboratory import Laboratory
from .outcome import Bar, Outcome, of_repetitions, percentile
from .sending import opened, require_answered
from .servers import Server

QUEUE = "SMEAR"
_BAR = Bar(1.5)
# Small and large take turns this often within a repetition, so that both meet the same noise of the machine.
_TURN = 25
_RNG = random.Random(20261120)

Ask = Callable[[Laboratory], str]


def _any_case(laboratory: Laboratory) -> int:
    """A closed or an open case by even chance, so that large and small are asked for the same mix."""
    closed, cases = laboratory.closed, len(laboratory.cases)
    return _RNG.choice((_RNG.randrange(closed), _RNG.randrange(closed, cases)))


ASKED: dict[str, Ask] = {
    "queue_page_p99_large_by_small": lambda laboratory: f"/queues/{QUEUE}",
    "readiness_p99_large_by_small": lambda laboratory: (
        f"/api/v1/cases/{laboratory.cases[_any_case(laboratory)]}/readiness"
    ),
    "find_by_code_p99_large_by_small": lambda laboratory: (
        f"/api/v1/samples/{laboratory.samples[_any_case(laboratory) * SAMPLES_A_CASE]}"
    ),
}


@dataclass(frozen=True)
class Site:
    """A laboratory with the server that serves it."""

    laboratory: Laboratory
    server: Server

    def milliseconds(self, ask: Ask, requests: int) -> list[float]:
        """How long each of so many answers took, over one connection."""
        lane = [opened(self.laboratory, ask(self.laboratory)) for _ in range(requests)]
        return [answer.ms for answer in require_answered(load.run(self.server.port, [lane])).answers]


def outcomes(small: Site, large: Site, *, repetitions: int, requests: int) -> list[Outcome]:
    """The slowest hundredth in the large laboratory by that in the small one, for each thing asked."""
    return [_flatness(name, ask, small, large, repetitions, requests) for name, ask in ASKED.items()]


def _flatness(name: str, ask: Ask, small: Site, large: Site, repetitions: int, requests: int) -> Outcome:
    pairs = [_repetition(ask, small, large, requests) for _ in range(repetitions + 1)][1:]  # the first warms
    sizes = (
        f"{len(site.laboratory.samples)} samples {median(pair[place] for pair in pairs):.1f} ms"
        for place, site in enumerate((small, large))
    )
    return of_repetitions(name, [theirs / ours for ours, theirs in pairs], _BAR, ", ".join(sizes))


def _repetition(ask: Ask, small: Site, large: Site, requests: int) -> tuple[float, float]:
    of_small: list[float] = []
    of_large: list[float] = []
    for _ in range(requests // _TURN):
        of_small += small.milliseconds(ask, _TURN)
        of_large += large.milliseconds(ask, _TURN)
    return percentile(of_small, 99), percentile(of_large, 99)
