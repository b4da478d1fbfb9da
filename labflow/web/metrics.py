"""What a monitoring program reads (Prometheus text): how busy labflow is, and what lags behind.

Requests are counted in this process; the rest is read from the database when it is asked for. Labels name
areas, verdicts, duties and receivers: never a person, a child or a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import cast

from flask import Blueprint, Response, current_app, g, request
from flask.blueprints import BlueprintSetupState
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..custody import OverdueKind
from ..foundation.database import Database
from ..journeys.measures import Measures, measures
from ..staff import Permission
from .permissions import needs
from .request import db, now

pages = Blueprint("metrics", __name__)
_KEY = "labflow.counts"
_SCAN = "scanning_api.scan"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Counts:
    """What one application counted since it started; several in one process keep theirs apart."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "labflow_requests", "Requests answered", ["area", "status"], registry=registry
        )
        self.scans = Counter("labflow_scans", "Scans by verdict", ["verdict"], registry=registry)
        self.scan_seconds = Histogram(
            "labflow_scan_seconds", "A request with scans", buckets=_SECONDS, registry=registry
        )


@pages.get("/metrics")
@needs(Permission.SEE_METRICS)
def metrics() -> Response:
    """For a program with a token whose owner may see metrics."""
    counted = generate_latest(_counts().registry)
    present = CollectorRegistry()
    present.register(_Present(measures(db(), now=now()), _wal_bytes(db())))
    return Response(counted + generate_latest(present), content_type=CONTENT_TYPE_LATEST)


def count_scans(verdicts: Iterable[str]) -> None:
    """Scans were answered with these verdicts."""
    for verdict in verdicts:
        _counts().scans.labels(verdict).inc()


@pages.before_app_request
def _begin() -> None:
    g.began = perf_counter()


@pages.after_app_request
def _count(response: Response) -> Response:
    area = (request.blueprint or "none").removesuffix("_api")
    _counts().requests.labels(area, f"{response.status_code // 100}xx").inc()
    if request.endpoint == _SCAN and "began" in g:
        _counts().scan_seconds.observe(perf_counter() - g.began)
    return response


@pages.record
def _begin_to_count(state: BlueprintSetupState) -> None:
    state.app.extensions[_KEY] = Counts()


def _counts() -> Counts:
    return cast("Counts", current_app.extensions[_KEY])


def _wal_bytes(database: Database) -> int | None:
    """The size of SQLite's write-ahead log; None on PostgreSQL."""
    if database.dialect != "sqlite":
        return None
    file = Path(f"{database.engine.url.database}-wal")
    return file.stat().st_size if file.exists() else 0


class _Present:
    """What the database says now, as metrics."""

    def __init__(self, seen: Measures, wal_bytes: int | None) -> None:
        self._seen, self._wal_bytes = seen, wal_bytes

    def collect(self) -> Iterator[Metric]:
        yield from self._duties()
        yield from self._samples()
        yield from self._data()

    def _duties(self) -> Iterator[Metric]:
        duties = self._seen.background.duties
        yield _gauge(
            "duty_behind_seconds", "Age of what waits", "duty", {d.name: d.behind_seconds for d in duties}
        )
        yield _gauge("duty_late", "Whether a duty is late", "duty", {d.name: d.late for d in duties})
        yield _gauge("duty_faulty", "Whether a duty waits", "duty", {d.name: bool(d.fault) for d in duties})
        yield _gauge("alarm", "Alarms that stand", "code", {a.code: 1 for a in self._seen.background.alarms})

    def _samples(self) -> Iterator[Metric]:
        found = {kind.value: self._seen.overdue.get(kind, (0, 0)) for kind in OverdueKind}
        yield _gauge("overdue", "Samples overdue", "kind", {kind: one[0] for kind, one in found.items()})
        escalated = {kind: one[1] for kind, one in found.items()}
        yield _gauge("overdue_escalated", "Samples overdue and escalated", "kind", escalated)
        waiting = {one.receiver: one.count for one in self._seen.waiting}
        yield _gauge("outbox_waiting", "Messages that wait", "receiver", waiting)

    def _data(self) -> Iterator[Metric]:
        seen = self._seen
        yield _gauge("log_entries", "Entries in the log that goes on", "log", {str(seen.log): seen.log_size})
        if seen.backup_age is not None:
            yield _one(
                "backup_age_seconds", "Since the last good backup", seen.backup_age / timedelta(seconds=1)
            )
        if self._wal_bytes is not None:
            yield _one("sqlite_wal_bytes", "Size of SQLite's write-ahead log", self._wal_bytes)


def _gauge(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"labflow_{name}", words, labels=[label])
    for value_of, value in values.items():
        family.add_metric([value_of], value)
    return family


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"labflow_{name}", words, value=value)
