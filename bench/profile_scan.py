"""`python -m bench.profile_scan`: where the time of one scan goes, in one thread and without a network.

The profiler makes calls within Python about twice as dear as they are, and leaves calls into SQLite as they
are: the shares tell more than the microseconds.
"""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

from flask import Flask

from labflow.app import create_app
from labflow.foundation.settings import load_settings

from .laboratory import settle
from .sending import Scans

_SAMPLES, _WARM, _SCANS = 8_000, 300, 1_500
# What a scan consists of: the functions whose whole time is counted (file and name), none inside another.
_PARTS = {
    "sign-in: token to person and permissions, in a read of its own": [("presence.py", "by_token")],
    "reading and validating the JSON": [("core.py", "parse")],
    "answers given before (idempotency)": [("scan.py", "_given")],
    "loading samples with the ends of their chains": [("queries.py", "held")],
    "deciding; the entry's bytes and hash": [("deciding.py", "_verdict")],
    "writing entry, chain and scan; leaving bags": [("round.py", "write")],
    "commit: the disk": [("~", "<method 'commit' of 'pysqlite3.dbapi2.Connection' objects>")],
    "dumping the answer": [("schema.py", "dump")],
}

_Stats: TypeAlias = dict[tuple[str, int, str], tuple[int, int, float, float, Any]]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="labflow-bench-") as folder:
        stats = _profiled(Path(folder))
    whole = _seconds(stats, [("app.py", "wsgi_app")])
    print(f"{'':66} us  share")
    for part, functions in _PARTS.items():
        _print(part, _seconds(stats, functions), whole)
    known = sum(_seconds(stats, functions) for functions in _PARTS.values())
    _print("the rest: Flask, sessions, BEGIN, keeping the answer", whole - known, whole)
    _print("one scan", whole, whole)


def _profiled(folder: Path) -> _Stats:
    laboratory = settle(folder, samples=_SAMPLES)
    app = create_app(load_settings({}, data=folder))
    bodies = [sent.partition(b"\r\n\r\n")[2] for sent in Scans(laboratory).lane(_WARM + _SCANS)]
    headers = {"Authorization": f"Bearer {laboratory.token}", "Content-Type": "application/json"}
    profiler = cProfile.Profile()
    for number, body in enumerate(bodies):
        if number == _WARM:
            profiler.enable()
        _scan(app, body, headers)
    profiler.disable()
    stats: _Stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # not in the stubs
    return stats


def _scan(app: Flask, body: bytes, headers: dict[str, str]) -> None:
    answer = app.test_client().post("/api/v1/scans", data=body, headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)


def _seconds(stats: _Stats, functions: list[tuple[str, str]]) -> float:
    return sum(
        row[3]
        for (file, _, name), row in stats.items()
        if any(Path(file).name == wanted and name == function for wanted, function in functions)
    )


def _print(part: str, seconds: float, whole: float) -> None:
    print(f"{part:64} {seconds / _SCANS * 1e6:5.0f}  {seconds / whole:4.0%}")


if __name__ == "__main__":
    main()
