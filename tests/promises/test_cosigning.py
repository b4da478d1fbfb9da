"""Witnesses over the network: their cosignatures, a rollback that they notice, and what a dead one costs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.types import WSGIApplication

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from labflow import catalog, ledger
from labflow.ops.cosigning import Ahead, Cosigned, Cosigning
from labflow.ops.witness import Witness, application, open_signer

from ..published import MORNING, Publisher


@contextmanager
def listening(app: WSGIApplication) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def log(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "log")


@pytest.fixture
def witness(tmp_path: Path, log: Publisher) -> Witness:
    signer = open_signer(tmp_path / "witness", name="witness.example/a", seed=bytes(32))
    return Witness(tmp_path / "witness", signer, [log.signer.verifier], clock=lambda: MORNING)


@pytest.fixture
def port(witness: Witness) -> Iterator[int]:
    with listening(application(witness)) as port:
        yield port


def at(port: int, key: str) -> catalog.Witness:
    return catalog.Witness(code="W", name="Witness", host="127.0.0.1", port=port, tls=False, key=key)


def asked(cosigning: Cosigning, log: Publisher, note: str) -> Cosigned:
    return cosigning.cosign(note, hash_at=log.hash_at)


def test_each_checkpoint_gets_the_cosignature_of_the_witness(
    log: Publisher, witness: Witness, port: int
) -> None:
    cosigning = Cosigning([at(port, witness.key)])
    for more in (5, 1, 300):
        note = log.grow(more)
        [line] = asked(cosigning, log, note).lines
        ledger.check_note(ledger.parse_note(note + line), ledger.Verifier.parse(witness.key))
    assert asked(cosigning, log, note).lines  # once more, with the time of now


def test_a_new_process_and_a_missed_checkpoint_are_caught_up(
    log: Publisher, witness: Witness, port: int
) -> None:
    asked(Cosigning([at(port, witness.key)]), log, log.grow(5))
    log.grow(7)
    assert asked(Cosigning([at(port, witness.key)]), log, log.grow(9)).lines
    assert witness.last()[log.origin].size == 21


def test_a_witness_that_has_seen_more_or_other_entries_is_told(
    log: Publisher, witness: Witness, port: int, tmp_path: Path
) -> None:
    asked(Cosigning([at(port, witness.key)]), log, log.grow(9))
    for number, size in enumerate((5, 9, 20)):
        restored = Publisher(tmp_path / f"restored{number}")
        restored.rng.seed(7)  # the same key, other entries
        found = asked(Cosigning([at(port, witness.key)]), restored, restored.grow(size))
        assert (found.lines, found.ahead) == ((), (Ahead("Witness", 9),))


def test_a_dead_witness_is_left_alone_for_a_while_and_then_asked_again(
    log: Publisher, witness: Witness, port: int
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = at(nobody.getsockname()[1], witness.key)
        now = [0.0]
        cosigning = Cosigning([dead, at(port, witness.key)], monotonic=lambda: now[0])
        first = asked(cosigning, log, log.grow(1))
        assert (len(first.lines), len(first.refused)) == (1, 1)
        assert asked(cosigning, log, log.grow(1)).refused == ()
        now[0] = 31.0
        assert len(asked(cosigning, log, log.grow(1)).refused) == 1
        now[0] = 62.0
        assert asked(cosigning, log, log.grow(1)).refused == ()


def test_a_witness_that_hangs_costs_two_seconds_once(log: Publisher, witness: Witness) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cosigning = Cosigning([at(silent.getsockname()[1], witness.key)])
        note = log.grow(1)
        began = time.monotonic()
        assert asked(cosigning, log, note).refused
        assert asked(cosigning, log, note) == Cosigned((), (), ())
        assert time.monotonic() - began < 4


def answering(answer: Callable[[], Response]) -> WSGIApplication:
    @Request.application
    def app(request: Request) -> Response:
        request.get_data()
        return answer()

    return app


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Response("", 302, {"Location": "http://127.0.0.1:1/"}),
        lambda: Response("— witness.example/a AAAA\n"),
        lambda: Response("nonsense"),
        lambda: Response("", 404),
        lambda: Response("-1\n", 409, content_type="text/x.tlog.size"),
        lambda: Response("0\n", 409, content_type="text/x.tlog.size"),
        lambda: Response("x" * 1_000_000),
    ],
)
def test_what_is_no_cosignature_is_left_out(
    log: Publisher, witness: Witness, answer: Callable[[], Response]
) -> None:
    with listening(answering(answer)) as port:
        found = asked(Cosigning([at(port, witness.key)]), log, log.grow(3))
    assert (found.lines, found.ahead) == ((), ())
    assert len(found.refused) == 1


def test_lines_of_others_are_not_published(log: Publisher, witness: Witness) -> None:
    note = log.grow(3)
    own = witness.add(f"old 0\n\n{note}".encode())
    other = ledger.Signer("other.example", bytes(range(32)), kind=ledger.COSIGNATURE)
    foreign = other.cosign(note.split("\n\n")[0] + "\n", now=MORNING).line
    with listening(answering(lambda: Response(foreign + own))) as port:
        assert asked(Cosigning([at(port, witness.key)]), log, note).lines == (own,)
