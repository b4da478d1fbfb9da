"""L9: a witness that is killed between remembering and answering has forgotten nothing that it answered."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from labflow import catalog, ledger
from labflow.ops.cosigning import Cosigning
from labflow.ops.witness import open_signer

from ..published import Publisher
from .conftest import Figure
from .figures import many
from .waiting import wait_until

KILLS, SECONDS = many(20, quick=3), 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def witness(data: Path, key: str, port: int) -> Iterator[None]:
    """`labflow witness`, which is killed with -9 at the end."""
    command = [sys.executable, "-c", "from labflow.cli import main; main()", "witness", "--data", str(data)]
    named = ["--port", str(port), "--log", key, "--name", "witness.example/a"]
    with subprocess.Popen(
        [*command, *named], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: answers(port), "the witness")
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def answers(port: int) -> bool:
    asking = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        asking.request("GET", "/")
        return asking.getresponse().status == 200
    except OSError:
        return False
    finally:
        asking.close()


def remembered(data: Path) -> int:
    files = list((data / "logs").glob("[0-9a-f]*"))
    return ledger.parse_checkpoint(ledger.parse_note(files[0].read_text()).text).size if files else 0


def asked(data: Path, port: int, log: Publisher, note: str) -> bool:
    """Whether the witness answered with its cosignature."""
    key = open_signer(data, name="", seed=b"").verifier.vkey
    at = catalog.Witness(code="W", name="W", host="127.0.0.1", port=port, tls=False, key=key)
    return bool(Cosigning([at]).cosign(note, hash_at=log.hash_at).lines)


def test_a_killed_witness_forgets_nothing_that_it_answered(tmp_path: Path, figure: Figure) -> None:
    log, data, unanswered = Publisher(tmp_path / "log"), tmp_path / "witness", 0
    with ThreadPoolExecutor(1) as pool:
        for _ in range(KILLS):
            before, port, note = log.size, free_port(), log.grow(3)
            with witness(data, log.key, port):
                answer = pool.submit(asked, data, port, log, note)
                until = time.monotonic() + SECONDS
                while remembered(data) == before and time.monotonic() < until:
                    pass  # to be there in the moment between remembering and answering
            unanswered += not answer.result()
            assert remembered(data) == log.size
        with witness(data, log.key, port := free_port()):
            assert asked(data, port, log, log.grow(1)), "it goes on from what it remembers"
    figure("L9", f"{KILLS} kill -9, {unanswered} between remembering and answering: nothing forgotten")
