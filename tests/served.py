"""The real server in a process of its own, as `make run` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil

START_SECONDS = 120
STOP_SECONDS = 15
LABFLOW = str(Path(sys.executable).with_name("labflow"))


@dataclass(frozen=True)
class LiveServer:
    """A server that answers at `url` and keeps its data in `data`."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]


@contextmanager
def served(
    data: Path,
    *options: str,
    port: int | None = None,
    start: Sequence[str] = (LABFLOW,),
    environment: Mapping[str, str] | None = None,
) -> Iterator[LiveServer]:
    """labflow serving `data` on loopback, a free port unless one is named, with these options of `serve`.

    `start` are the words that start labflow, `environment` what it finds beside what is there already.
    """
    port, log = port or free_port(), data.with_suffix(".log")
    command = [*start, "--data", str(data), "serve", "--port", str(port), *options]
    found = os.environ | (environment or {})
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=found) as process,
    ):
        try:
            _wait_until_healthy(port, process, log)
            yield LiveServer(url=f"http://127.0.0.1:{port}", data=data, process=process)
        finally:
            _stop(process)


def kill(server: LiveServer) -> None:
    """The whole process tree at once, as a power cut does."""
    parent = psutil.Process(server.process.pid)
    for process in [*parent.children(recursive=True), parent]:
        process.kill()


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _healthy(port):
            return
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"labflow did not start; it said:\n{log.read_text()}")


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
