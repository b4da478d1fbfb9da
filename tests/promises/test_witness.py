"""The witness: every answer of c2sp.org/tlog-witness, and no request makes it go back."""

from __future__ import annotations

import base64
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from labflow import ledger
from labflow.ledger.tree import inclusion_proof
from labflow.ops.witness import MOST_BODY_BYTES, Witness, application, open_signer
from labflow.ops.witness.keys import WitnessKeyUnusable
from labflow.ops.witness.witness import StateDamaged

from ..published import MORNING, Publisher

RACING_REQUESTS, RACERS = 1_000, 16


@pytest.fixture
def log(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "log")


def opened(folder: Path, *logs: Publisher) -> Witness:
    signer = open_signer(folder, name="witness.example/a", seed=bytes(32))
    return Witness(folder, signer, [log.signer.verifier for log in logs], clock=lambda: MORNING)


@pytest.fixture
def client(tmp_path: Path, log: Publisher) -> Client:
    return Client(application(opened(tmp_path / "witness", log)))


def request(note: str, old: int, proof: list[bytes] | None = None) -> bytes:
    lines = "".join(f"{base64.b64encode(part).decode()}\n" for part in proof or [])
    return f"old {old}\n{lines}\n{note}".encode()


def grown(log: Publisher, note: str, old: int) -> bytes:
    """A request with the right proof from `old` to the log's present size."""
    return request(note, old, ledger.consistency_proof(old, log.size, log.hash_at))


def add(client: Client, body: bytes) -> TestResponse:
    return client.post("/add-checkpoint", data=body)


def test_a_log_that_grows_is_cosigned_with_the_time(client: Client, log: Publisher, tmp_path: Path) -> None:
    key = opened(tmp_path / "witness", log).key
    assert ledger.Verifier.parse(key).kind == ledger.COSIGNATURE
    for old, more in ((0, 5), (5, 300), (305, 1)):
        note = log.grow(more)
        answer = add(client, grown(log, note, old))
        assert (answer.status_code, answer.text[:2]) == (200, "— ")
        signed = ledger.parse_note(note + answer.text)
        ledger.check_note(signed, ledger.Verifier.parse(key))
        assert int.from_bytes(signed.signatures[-1].signature[:8], "big") == MORNING.timestamp()


def test_the_same_checkpoint_is_cosigned_again(client: Client, log: Publisher) -> None:
    note = log.grow(5)
    assert [add(client, request(note, old)).status_code for old in (0, 5, 5)] == [200, 200, 200]


def test_another_old_size_is_answered_with_the_size_that_is_known(client: Client, log: Publisher) -> None:
    add(client, request(log.grow(5), 0))
    note = log.grow(5)
    for old in (0, 4, 6):
        answer = add(client, request(note, old))
        assert (answer.status_code, answer.text) == (409, "5\n")
        assert answer.content_type == "text/x.tlog.size"


def test_a_smaller_checkpoint_of_the_same_log_is_refused(client: Client, log: Publisher) -> None:
    small, note = log.grow(5), log.grow(5)
    add(client, request(note, 0))
    answer = add(client, request(small, 5))
    assert (answer.status_code, answer.text) == (409, "10\n")


def test_another_root_of_the_same_size_is_refused(client: Client, log: Publisher) -> None:
    add(client, request(log.grow(5), 0))
    answer = add(client, request(log.signed(5, bytes(32)), 5))
    assert answer.status_code == 409
    assert answer.content_type != "text/x.tlog.size"


def test_a_proof_that_does_not_hold_is_refused(client: Client, log: Publisher) -> None:
    first = log.grow(5)
    assert add(client, request(first, 0, [bytes(32)])).status_code == 422
    add(client, request(first, 0))
    note = log.grow(6)
    right = ledger.consistency_proof(5, 11, log.hash_at)
    wrong = [right[:-1], [*right, bytes(32)], right[::-1], inclusion_proof(5, 11, log.hash_at), []]
    assert [add(client, request(note, 5, proof)).status_code for proof in wrong] == [422] * 5
    assert add(client, request(log.signed(12, bytes(32)), 5, right)).status_code == 422
    assert add(client, request(note, 5, right)).status_code == 200


def test_an_unknown_log_is_not_found(client: Client, log: Publisher, tmp_path: Path) -> None:
    other = Publisher(tmp_path / "other", origin="labflow.invalid/other")
    assert add(client, request(other.grow(1), 0)).status_code == 404


def test_only_the_logs_own_key_counts(client: Client, log: Publisher, tmp_path: Path) -> None:
    namesake = Publisher(tmp_path / "other", seed=2)
    assert add(client, request(namesake.grow(1), 0)).status_code == 403
    note = log.grow(1)
    broken = note.replace("\n1\n", "\n2\n")
    assert add(client, request(broken, 0)).status_code == 403
    both = note + namesake.files.checkpoint().partition("\n\n")[2]  # type: ignore[union-attr]
    assert add(client, request(both, 0)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"\xff\n\n",
        b"old -1\n\nNOTE",
        b"old 01\n\nNOTE",
        b"new 0\n\nNOTE",
        b"old 0\nAAAA\n\nNOTE",
        b"old 0\n!!!!\n\nNOTE",
        b"old 0\r\n\r\nNOTE",
        b"old 2\n\nNOTE",
        b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\nNOTE",
        b"old 0\n\nNOTE and more",
        b"old 0\n\n" + b"x" * MOST_BODY_BYTES,
    ],
)
def test_what_is_no_request_is_malformed(client: Client, log: Publisher, body: bytes) -> None:
    answer = add(client, body.replace(b"NOTE", log.grow(1).encode()))
    assert answer.status_code == (413 if len(body) > MOST_BODY_BYTES else 400)


def test_other_methods_and_addresses_are_refused_and_the_page_says_what_it_is(
    client: Client, log: Publisher
) -> None:
    assert client.get("/add-checkpoint").status_code == 405
    assert client.post("/").status_code == 405
    assert client.get("/else").status_code == 404
    add(client, request(log.grow(5), 0))
    page = client.get("/").text
    assert "witness of transparency logs" in page
    assert "labflow.invalid/test: 5 entries" in page


def test_it_remembers_over_a_restart_and_keeps_its_key(tmp_path: Path, log: Publisher) -> None:
    witness = opened(tmp_path / "witness", log)
    witness.add(request(log.grow(5), 0))
    again = opened(tmp_path / "witness", log)
    assert again.key == witness.key
    assert again.last()[log.origin].size == 5
    assert (tmp_path / "witness/witness_key").stat().st_mode & 0o777 == 0o600


def test_it_does_not_start_with_a_damaged_memory_or_an_open_key(tmp_path: Path, log: Publisher) -> None:
    opened(tmp_path / "witness", log).add(request(log.grow(5), 0))
    [memory] = (tmp_path / "witness/logs").iterdir()
    whole = memory.read_bytes()
    for damaged in (b"", whole[:50], whole.replace(b"test", b"tess")):
        memory.write_bytes(damaged)
        with pytest.raises(StateDamaged):
            opened(tmp_path / "witness", log)
    (tmp_path / "witness/witness_key").chmod(0o640)
    with pytest.raises(WitnessKeyUnusable, match="others may read it"):
        opened(tmp_path / "witness", log)


def test_racing_requests_never_make_it_go_back(tmp_path: Path, log: Publisher) -> None:
    witness = opened(tmp_path / "witness", log)
    notes = [log.grow(1) for _ in range(60)]
    client, rng, lock = Client(application(witness)), random.Random(4), threading.Lock()
    went_back: list[int] = []

    def race(_: int) -> int:
        with lock:
            size = rng.randint(1, 60)
            old = min(size, witness.last()[log.origin].size + rng.randint(-1, 1))
        proof = ledger.consistency_proof(max(old, 0), size, log.hash_at)
        answer = add(client, request(notes[size - 1], max(old, 0), proof))
        if answer.status_code == 200 and witness.last()[log.origin].size < size:
            went_back.append(size)
        return answer.status_code

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(race, range(RACING_REQUESTS)))
    assert not went_back
    assert set(answers) <= {200, 409}
    assert answers.count(200) > 1
    assert opened(tmp_path / "witness", log).last() == witness.last()
