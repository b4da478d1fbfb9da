"""Registering procedures with eight samples from four bedsides at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

import sqlalchemy as sa

from labflow.foundation.database import Database

from . import load
from .laboratory import Laboratory
from .outcome import Bar, Outcome, of_repetitions
from .scans import ScanBench
from .sending import SAMPLES_A_PROCEDURE, Procedures, require_answered

CLIENTS = 4
_REGISTERED = sa.text(
    "SELECT orders.number, cases.number, count(samples.id) FROM orders "
    "JOIN cases ON cases.order_id = orders.id LEFT JOIN samples ON samples.case_id = cases.id "
    "WHERE cases.number IN :numbers GROUP BY orders.number, cases.number"
).bindparams(sa.bindparam("numbers", expanding=True))


@dataclass(kw_only=True)
class ProcedureBench:
    """Registrations and the reference's scans, both by four clients; each sends `each` in a repetition."""

    scans: ScanBench
    laboratory: Laboratory
    repetitions: int
    each: int

    def outcomes(self) -> list[Outcome]:
        procedures = Procedures(self.laboratory)
        self._register(procedures)  # every thread has its compiled statements
        bare, loads = [], []
        for _ in range(self.repetitions):
            bare.append(self.scans.reference_ms(CLIENTS))
            loads.append(self._register(procedures))
        medians = [one.ms(50) for one in loads]
        figures = f"labflow {median(medians):.1f} ms, reference {median(bare):.2f} ms"
        ratios = [our / their for our, their in zip(medians, bare, strict=True)]
        worst = [one.ms(100) / one.ms(50) for one in loads]
        faults = [self._faults(one) for one in loads]
        count = sum(len(one.answers) for one in loads)
        return [
            of_repetitions("procedure_p50_by_reference_scan", ratios, Bar(8), figures),
            of_repetitions(
                "procedure_worst_by_p50", worst, Bar(20), f"worst {max(worst) * median(medians):.0f} ms"
            ),
            of_repetitions("procedures_lost_doubled_or_empty", faults, Bar(0), f"of {count}"),
        ]

    def _register(self, procedures: Procedures) -> load.Load:
        lanes = [procedures.lane(self.each) for _ in range(CLIENTS)]
        return require_answered(load.run(self.scans.labflow.port, lanes))

    def _faults(self, registered: load.Load) -> int:
        """Answers that name no case, or one that the database does not hold once with all its samples."""
        answers = [json.loads(answer.body) for answer in registered.answers]
        stored = self._stored(answer["case_number"] for answer in answers)
        named = Counter(answer["case_number"] for answer in answers)
        return sum(
            named[answer["case_number"]] != 1
            or stored.get(answer["case_number"]) != SAMPLES_A_PROCEDURE
            or len({sample["code"] for sample in answer["samples"]}) != SAMPLES_A_PROCEDURE
            for answer in answers
        )

    def _stored(self, numbers: Iterable[str]) -> dict[str, int]:
        """How many samples each case has, for cases that are the only one of their order."""
        database = Database(self.laboratory.database_url)
        with database.reading() as session:
            rows: list[Any] = list(session.connection().execute(_REGISTERED, {"numbers": list(numbers)}))
        database.close()
        cases = Counter(order for order, _, _ in rows)
        return {case: samples for order, case, samples in rows if cases[order] == 1}
