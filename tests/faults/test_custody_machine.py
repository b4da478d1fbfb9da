"""Whatever people scan, take back and send again, with kills in between: labflow answers as a page would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from labflow.catalog import CardAction, Catalog

from ..factories.cases import HATCH, SMEAR_BENCH, THEATRE
from ..served import kill, served
from .client import Client, Scan
from .conftest import Figure
from .custody_model import Line, Model
from .figures import many
from .laboratory import Laboratory
from .linearizability import Answer, Register

EXAMPLES = many(60, quick=15)
STEPS = 40
PEOPLE = SAMPLES = 3
KILLS_EACH = 2
_BY = re.compile(r"(Received|Taken|Handed over) \d\d:\d\d by (?P<name>.*)")
_HELD = re.compile(r"\S+ is held by (?P<badge>\S+), not by you\.")
_PLACES: Mapping[str, Sequence[str | None]] = {
    "take": [None],
    "hand_over": [None],
    "receive": [HATCH, SMEAR_BENCH],
}


class Premises:
    """One laboratory for all examples, each with people and samples of its own, and its server."""

    def __init__(self, data: Path, catalog: Catalog) -> None:
        # Hypothesis runs more examples than it was asked for when it looks for a smaller one
        count = 3 * EXAMPLES
        self.laboratory = Laboratory(data, catalog, people=PEOPLE * count, samples=SAMPLES * count)
        [self.undo_card] = [code for code, card in catalog.do_cards.items() if card.action == CardAction.UNDO]
        self.examples = self.operations = self.kills = 0
        self._open = ExitStack()
        self.start()

    def start(self) -> None:
        self.server = self._open.enter_context(served(self.laboratory.data))

    def kill(self) -> None:
        kill(self.server)
        self._open.close()
        self.start()
        self.kills += 1

    def close(self) -> None:
        self._open.close()


class CustodyMachine(RuleBasedStateMachine):
    """Three people and three samples; the model foretells every answer and every position."""

    def __init__(self, premises: Premises) -> None:
        super().__init__()
        self.premises, number = premises, premises.examples % (3 * EXAMPLES)
        premises.examples += 1
        self.people = premises.laboratory.people[PEOPLE * number :][:PEOPLE]
        self.codes = premises.laboratory.codes[SAMPLES * number :][:SAMPLES]
        first = premises.laboratory.people[0].badge
        collected = Line("", Register("collected", first, first, THEATRE), "collected")
        self.model = Model({code: [collected] for code in self.codes})
        self.sent: list[tuple[int, Scan, dict[str, Any]]] = []
        self.kills, self.clients = 0, list[Client]()
        self._connect()

    def _connect(self) -> None:
        self._disconnect()
        self.clients = [Client(self.premises.server.url, person) for person in self.people]

    def _disconnect(self) -> None:
        for client in self.clients:
            client.close()

    @rule(
        who=st.integers(0, PEOPLE - 1),
        which=st.integers(0, SAMPLES - 1),
        action=st.sampled_from(sorted(_PLACES)),
        place=st.integers(0, 1),
    )
    def scan(self, who: int, which: int, action: str, place: int) -> None:
        places = _PLACES[action]
        scan = Scan(code=self.codes[which], action=action, place=places[place % len(places)])
        foretold = self.model.scan(self.people[who], scan)
        verdict = self._send(who, scan)
        assert self._told(verdict) == foretold, verdict
        self._compare(scan.code)

    @rule(who=st.integers(0, PEOPLE - 1), place=st.sampled_from([None, HATCH, SMEAR_BENCH]))
    def undo(self, who: int, place: str | None) -> None:
        foretold = self.model.undo(self.people[who], place)
        verdict = self._send(who, Scan(code=self.premises.undo_card, action=None, place=place))
        assert (verdict["rule"] or "ok",) == foretold, verdict
        for code in self.codes:
            self._compare(code)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0))
    def send_again(self, which: int) -> None:
        who, scan, verdict = self.sent[which % len(self.sent)]
        assert self.clients[who].scan(scan) == verdict
        self._compare(self.codes[0])

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0))
    def send_something_else_under_the_same_id(self, which: int) -> None:
        who, scan, _ = self.sent[which % len(self.sent)]
        other = Scan(code=scan.code, action="pack", event_id=scan.event_id, occurred_at=scan.occurred_at)
        status, answer = self.clients[who].ask("POST", "/api/v1/scans", other.body)
        assert (status, answer["type"]) == (422, "event-reused")

    @precondition(lambda self: self.kills < KILLS_EACH)
    @rule()
    def kill_everything(self) -> None:
        self.premises.kill()
        self.kills += 1
        self._connect()

    def _send(self, who: int, scan: Scan) -> dict[str, Any]:
        verdict = self.clients[who].scan(scan)
        self.sent.append((who, scan, verdict))
        self.premises.operations += 1
        return verdict

    def _told(self, verdict: dict[str, Any]) -> Answer:
        badges = {one.name: one.badge for one in self.premises.laboratory.people}
        if by := _BY.fullmatch(verdict["title"]):
            return ("already", badges[by["name"]])
        if held := _HELD.fullmatch(verdict["title"]):
            return ("held", held["badge"])
        return (verdict["verdict"].lower(),)

    def _compare(self, code: str) -> None:
        stands, position = self.model.lines[code][-1].stands, self.clients[0].position(code)
        assert (position["holder"], position["place"]) == (stands.holder, stands.place)

    def teardown(self) -> None:
        chains = self.premises.laboratory.chains()
        for code in self.codes:
            assert [done.kind for done in chains[code]] == [line.kind for line in self.model.lines[code]]
        self._disconnect()


@pytest.fixture
def premises(tmp_path: Path, catalog: Catalog) -> Iterator[Premises]:
    made = Premises(tmp_path / "data", catalog)
    yield made
    made.close()


def test_labflow_answers_as_a_page_of_paper_would(premises: Premises, figure: Figure) -> None:
    run_state_machine_as_test(
        partial(CustodyMachine, premises),  # type: ignore[arg-type]  # what makes one will do
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert premises.laboratory.faults() == []
    figure(
        "custody against its model",
        f"{premises.examples} sequences, {premises.operations:,} scans, {premises.kills} kills: as foretold",
    )
