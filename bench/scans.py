"""Scans over HTTP against the reference and against raw scans on the same disk."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from . import load
from .outcome import Bar, Outcome, of_repetitions
from .raw import RawScans
from .sending import BareScans, Scans, require_answered, require_scanned
from .servers import Server

CLIENTS = 16
BATCH = 50


@dataclass(kw_only=True)
class ScanBench:
    """What is measured against each other, and how many requests one repetition takes of each."""

    labflow: Server
    reference: Server
    raw: RawScans
    scans: Scans
    bare: BareScans
    repetitions: int
    requests: int

    def outcomes(self) -> list[Outcome]:
        self._warm()
        return [self.one_client(), *self.sixteen_clients(), self.batches()]

    def one_client(self) -> Outcome:
        """Median latency of one scan at a time, by the reference's."""
        ours, bare = [], []
        for _ in range(self.repetitions):
            bare.append(self.reference_ms())
            ours.append(self._scan([self.scans.lane(self.requests)]).ms(50))
        return of_repetitions(
            "scan_p50_by_reference",
            [our / their for our, their in zip(ours, bare, strict=True)],
            Bar(2),
            f"labflow {median(ours):.2f} ms, reference {median(bare):.2f} ms",
        )

    def sixteen_clients(self) -> list[Outcome]:
        """Scans a second by raw scans a second, and how far the slowest hundredth lies from the median."""
        rates, raws, loads = [], [], []
        for _ in range(self.repetitions):
            raws.append(self.raw.rate(self.requests * 10))
            loads.append(self._scan([self.scans.lane(self.requests // 4) for _ in range(CLIENTS)]))
            rates.append(loads[-1].rate())
        figures = f"labflow {median(rates):.0f}/s, raw {median(raws):.0f}/s"
        tails = [one.ms(99) / one.ms(50) for one in loads]
        return [
            of_repetitions(
                "scans_16_clients_by_raw",
                [rate / raw for rate, raw in zip(rates, raws, strict=True)],
                Bar(0.05, at_least=True),
                figures,
            ),
            of_repetitions(
                "scans_16_clients_p99_by_p50",
                tails,
                Bar(5),
                ", ".join(f"p{p} {median(one.ms(p) for one in loads):.1f} ms" for p in (50, 99)),
            ),
        ]

    def batches(self) -> Outcome:
        """Scans a second sent fifty in a request, by raw scans a second committed fifty at once."""
        ours, raws = [], []
        for _ in range(self.repetitions):
            raws.append(self.raw.rate(self.requests * 40, group=BATCH))
            ours.append(self._scan([self.scans.lane(self.requests // 5, group=BATCH)]).rate() * BATCH)
        return of_repetitions(
            "batch_scans_by_raw_groups",
            [our / raw for our, raw in zip(ours, raws, strict=True)],
            Bar(0.15, at_least=True),
            f"labflow {median(ours):.0f}/s, raw {median(raws):.0f}/s",
        )

    def reference_ms(self, clients: int = 1) -> float:
        """The reference's median latency of a scan with so many clients."""
        lanes = [self.bare.lane(self.requests // clients) for _ in range(clients)]
        return require_answered(load.run(self.reference.port, lanes)).ms(50)

    def _scan(self, lanes: list[list[bytes]]) -> load.Load:
        return require_scanned(load.run(self.labflow.port, lanes))

    def _warm(self) -> None:
        """Every thread of the servers has its connection and its compiled statements."""
        self._scan([self.scans.lane(9) for _ in range(CLIENTS)])
        require_answered(load.run(self.reference.port, [self.bare.lane(9) for _ in range(CLIENTS)]))
