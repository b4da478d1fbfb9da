"""D8: another system is told of each act, in order, whoever dies or answers nonsense meanwhile."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from labflow.catalog import Catalog
from labflow.foundation.database import Database

from ..fake_receiver import FakeReceiver, hl7_listener
from ..served import LABFLOW, LiveServer, kill, served
from ..support import ROOT
from .client import Client, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory
from .waiting import wait_until

ROUNDS = many(12, quick=3)  # of three the last has no receiver
SAMPLES = 4
SCANS_A_ROUND = 5
_NONSENSE = ("nothing", "garbage", "AE")
_RECEIVER = """
[receivers.EPR]
name = "Hospital record"
wire = "mllp"
host = "127.0.0.1"
port = {port}
tls = false
application = "EPR"
facility = "H"
tells = ["sample_status"]
"""


@dataclass
class Moody(FakeReceiver):
    """Remembers which messages it took, and gives a wrong answer now and then."""

    rng: random.Random = field(default_factory=random.Random)
    taken: list[str] = field(default_factory=list)

    def next_answer(self, usual: str) -> str:
        answer = self.rng.choice(_NONSENSE) if self.rng.random() < 0.15 else usual
        if answer == usual:
            self.taken.append(self.control_ids[-1])
        return answer


def test_a_receiver_is_told_of_every_act_in_order_and_knows_repetitions(
    tmp_path: Path, catalog: Catalog, rng: random.Random, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=SAMPLES)
    receiver, config = Moody(rng=rng), tmp_path / "labflow.toml"
    with hl7_listener(receiver):
        text = (ROOT / "config.example.toml").read_text()
        config.write_text(text + _RECEIVER.format(port=receiver.port))
    start = (LABFLOW, "--config", str(config))
    actions = itertools.cycle(["hand_over"] * SAMPLES + ["take"] * SAMPLES)
    done: list[tuple[str, str]] = []
    with served(laboratory.data, start=start):
        wait_until(lambda: rows(laboratory, "followers"), "the receiver being known")
    for number in range(ROUNDS):
        with served(laboratory.data, start=start) as server:
            if number % 3 == 2:  # it is down while this happens
                done += scans(server, laboratory, actions)
            else:
                with hl7_listener(receiver):
                    done += scans(server, laboratory, actions)
                    goal = len(receiver.got) + rng.randint(1, SCANS_A_ROUND)
                    wait_until(lambda goal=goal: len(receiver.got) >= goal, "messages")  # type: ignore[misc]
                    kill(server)
    with served(laboratory.data, start=start), hl7_listener(receiver):
        told = {event_id for event_id, _ in done}
        wait_until(
            lambda: set(map(str, receiver.taken)) >= {control(one) for one in told}, "the rest", seconds=400
        )
    assert_told_in_order(receiver, done)
    assert rows(laboratory, "outbox WHERE given_up_at IS NOT NULL") == 0
    twice = len(receiver.taken) - len(set(receiver.taken))
    figure(
        "D8",
        f"{len(done)} acts, {ROUNDS - ROUNDS // 3} kills, receiver down {ROUNDS // 3} times, "
        f"{len(receiver.got)} sendings: every act told in order, {twice} twice under the same MSH-10",
    )


def scans(server: LiveServer, laboratory: Laboratory, actions: itertools.cycle[str]) -> list[tuple[str, str]]:
    """Event id and sample of scans that were done."""
    client, done = Client(server.url, laboratory.people[0]), []
    for _ in range(SCANS_A_ROUND // 2 + 1):
        for code in laboratory.codes:
            scan = Scan(code=code, action=next(actions))
            assert client.scan(scan)["verdict"] == "OK"
            done.append((scan.event_id, code))
    client.close()
    return done


def control(event_id: str) -> str:
    return UUID(event_id).hex[:20].upper()


def assert_told_in_order(receiver: Moody, done: Sequence[tuple[str, str]]) -> None:
    """Each act was taken; those of one sample first in their order; a repetition is the very same message."""
    first = list(dict.fromkeys(receiver.taken))
    for code in {code for _, code in done}:
        acts = [control(event_id) for event_id, own in done if own == code]
        assert [one for one in first if one in set(acts)] == acts
    same = {(number, message) for number, message in zip(receiver.control_ids, receiver.got, strict=True)}
    assert len(same) == len({number for number, _ in same})


def rows(laboratory: Laboratory, table: str) -> int:
    database = Database(laboratory.url)
    with database.reading() as session:
        count: int = session.connection().execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
    database.close()
    return count
