"""`python -m bench evidence`: scans a second with all evidence, by those of a ledger that writes nothing.

labflow as served (chain, kept answers, kept scans, and the sequencer that puts entries into the log) against
`bench.without_evidence`: turn by turn on the same machine, each on a laboratory of its own.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from . import load, servers
from .laboratory import settle
from .outcome import Bar, Outcome, of_repetitions, table
from .sending import Scans, require_scanned
from .servers import Server

_SAMPLES, _REQUESTS = 20_000, 600
_BAR = Bar(0.8, at_least=True)


class Side:
    """One of the two: its server, and scans of its laboratory."""

    def __init__(self, server: Server, scans: Scans) -> None:
        self._server, self._scans = server, scans

    def rate(self, clients: int) -> float:
        """Scans a second of so many clients."""
        lanes = [self._scans.lane(_REQUESTS // clients) for _ in range(clients)]
        return require_scanned(load.run(self._server.port, lanes)).rate()


def main(*, rounds: int) -> int:
    """Prints a table; 1 when the bar was missed."""
    with tempfile.TemporaryDirectory(prefix="labflow-evidence-") as folder, ExitStack() as open_servers:
        data = [Path(folder) / name for name in ("with", "without")]
        scans = [Scans(settle(one, samples=_SAMPLES)) for one in data]
        served = [servers.labflow(data[0]), servers.without_evidence(data[1])]
        sides = [
            Side(open_servers.enter_context(server), those)
            for server, those in zip(served, scans, strict=True)
        ]
        found = [_compared(*sides, clients=clients, rounds=rounds) for clients in (1, 4, 16)]
    print(table(found))
    return 0 if all(one.ok for one in found) else 1


def _compared(ours: Side, bare: Side, *, clients: int, rounds: int) -> Outcome:
    rates = []
    for number in range(rounds + 1):  # the first warms both; who begins takes turns
        pair = (ours.rate(clients), bare.rate(clients)) if number % 2 else _swapped(bare, ours, clients)
        rates.append(pair)
    ratios = [our / their for our, their in rates[1:]]
    with_it, without = (median(one) for one in zip(*rates[1:], strict=True))
    figures = f"with evidence {with_it:.0f}/s, without {without:.0f}/s"
    return of_repetitions(f"scans/s, {clients} clients, with evidence by without", ratios, _BAR, figures)


def _swapped(bare: Side, ours: Side, clients: int) -> tuple[float, float]:
    their = bare.rate(clients)
    return ours.rate(clients), their
