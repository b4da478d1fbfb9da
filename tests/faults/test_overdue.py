"""D15: what is overdue is on the list within a minute, and escalated once, whatever is killed meanwhile."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from labflow.catalog import Catalog
from labflow.custody import Overdue
from labflow.foundation.database import Database
from labflow.foundation.duties import DutyState
from labflow.foundation.outbox import OutgoingMessage

from ..served import LABFLOW, kill, served
from ..support import ROOT
from .client import Client, Scan
from .conftest import Figure
from .laboratory import Laboratory
from .waiting import wait_until

SAMPLES = 3
LIST_SECONDS = 60
TAKE_OVER_SECONDS = 90  # a lease, a beat and a round, on a busy machine
HATCH = "P326XN7CE"
# Everything is due at once and escalated at once; the receiver is silent, so what is told stays countable.
RECEIVER = """
[receivers.SILENT]
name = "Nobody"
wire = "webhook"
host = "127.0.0.1"
port = 9
tls = false
path = "/labflow"
tells = ["overdue"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The demo's laboratory with the shortest limits."""
    text = (ROOT / "config.example.toml").read_text() + RECEIVER
    for name in ("gap_minutes = 15", "receipt_minutes = 120", "escalate_minutes = 30"):
        assert f"\n{name} " in text
        text = text.replace(f"\n{name} ", f"\n{name.split()[0]} = 0 ")
    path = tmp_path / "labflow.toml"
    path.write_text(text)
    return path


@contextmanager
def reading(laboratory: Laboratory) -> Iterator[Session]:
    database = Database(laboratory.url)
    with database.reading() as session:
        yield session
    database.close()


def escalated(laboratory: Laboratory) -> list[tuple[int, str, datetime | None]]:
    with reading(laboratory) as session:
        return sorted((row.sample_id, row.kind, row.escalated_at) for row in session.exec(select(Overdue)))


def told(laboratory: Laboratory) -> int:
    with reading(laboratory) as session:
        return len(session.exec(select(OutgoingMessage)).all())


def watched_since(laboratory: Laboratory, moment: datetime) -> bool:
    with reading(laboratory) as session:
        state = session.get(DutyState, "overdue")
        return bool(state and state.finished_at and state.finished_at > moment)


def listed(client: Client) -> list[dict[str, Any]]:
    status, answer = client.ask("GET", "/api/v1/overdue")
    assert status == 200, answer
    return list(answer["samples"])


def test_a_sample_that_nobody_receives_is_listed_within_a_minute_and_escalated_once(
    tmp_path: Path, catalog: Catalog, config: Path, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=SAMPLES)
    environment = {"LABFLOW_CONFIG": str(config)}
    with served(laboratory.data, environment=environment) as server:
        client = Client(server.url, laboratory.people[0])
        wait_until(lambda: len(listed(client)) == SAMPLES, "the list", seconds=LIST_SECONDS)
        client.scan(Scan(code=laboratory.codes[0], action="hand_over"))
        took = wait_until(lambda: len(listed(client)) == SAMPLES + 1, "the hand-over", seconds=LIST_SECONDS)
        first = escalated(laboratory)
        kill(server)
        client.close()
    restarted = datetime.now(UTC)
    with served(laboratory.data, environment=environment) as server:
        wait_until(lambda: watched_since(laboratory, restarted), "a round", seconds=LIST_SECONDS)
        assert escalated(laboratory) == first
        assert told(laboratory) == SAMPLES + 1
        client = Client(server.url, laboratory.people[0])
        client.scan(Scan(code=laboratory.codes[0], action="receive", place=HATCH))
        gone = wait_until(lambda: len(listed(client)) == SAMPLES - 1, "its end", seconds=LIST_SECONDS)
        client.close()
    figure(
        "D15 overdue", f"listed {took:.0f} s after it was due, off the list {gone:.0f} s after its receipt"
    )


@contextmanager
def worker(laboratory: Laboratory, config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`labflow worker` on this laboratory."""
    environment = os.environ | laboratory.environment | {"LABFLOW_CONFIG": str(config)}
    command = [LABFLOW, "--data", str(laboratory.data), "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.mark.postgres
def test_of_two_workers_one_escalates_and_the_other_takes_over(
    tmp_path: Path, postgresql_url: str, catalog: Catalog, config: Path, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=SAMPLES, url=postgresql_url)
    with worker(laboratory, config) as one, worker(laboratory, config) as other:
        wait_until(lambda: told(laboratory) == SAMPLES, "the escalation", seconds=LIST_SECONDS)
        first = escalated(laboratory)
        with reading(laboratory) as session:
            has_it = session.get_one(DutyState, "overdue").leased_by.split()[1]
        holder = one if str(one.pid) == has_it else other
        killed = time.monotonic()
        holder.kill()
        holder.wait()
        before = datetime.now(UTC)
        wait_until(lambda: watched_since(laboratory, before), "the other", seconds=TAKE_OVER_SECONDS)
        took = time.monotonic() - killed
        assert escalated(laboratory) == first
        assert told(laboratory) == SAMPLES
    assert other.wait() == 0 or one.wait() == 0
    figure("D15 worker killed", f"the other one goes on after {took:.0f} s, each sample escalated once")
