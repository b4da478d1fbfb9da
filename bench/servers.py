"""labflow as shipped and the reference, each in a process of its own on a free port of loopback."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_START_SECONDS = 60
_STOP_SECONDS = 15
_LABFLOW = (str(Path(sys.executable).with_name("labflow")),)


@dataclass(frozen=True)
class Server:
    """A server that accepts connections on `port`."""

    port: int
    process: subprocess.Popen[bytes]

    def pss_mib(self) -> float:
        """Memory of the process that answers requests, shared pages counted by share, in MiB."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return max(_pss_kib(worker.pid) for worker in workers) / 1024


@contextmanager
def labflow(data: Path) -> Iterator[Server]:
    """labflow with its defaults on this data folder."""
    command = [*_LABFLOW, "--data", str(data), "serve"]
    with _served(command, "--port", log=data.with_suffix(".log")) as server:
        yield server


@contextmanager
def reference(file: Path) -> Iterator[Server]:
    """The reference on this file."""
    command = [sys.executable, "-m", "bench.reference", str(file)]
    with _served(command, log=file.with_suffix(".log")) as server:
        yield server


@contextmanager
def without_evidence(data: Path) -> Iterator[Server]:
    """labflow with a ledger that writes nothing, on this data folder."""
    command = [sys.executable, "-m", "bench.without_evidence", str(data)]
    with _served(command, log=data.with_suffix(".log")) as server:
        yield server


@contextmanager
def other(command: str, *, log: Path) -> Iterator[Server]:
    """Any server of labflow's WSGI application; {port} in its command stands for a free port."""
    with _served(shlex.split(command), log=log) as server:
        yield server


@contextmanager
def _served(command: Sequence[str], *port_option: str, log: Path) -> Iterator[Server]:
    port = _free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            _with_port(command, port_option, port), stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            _wait_until_open(port, process, log)
            yield Server(port, process)
        finally:
            _stop(process)


def _with_port(command: Sequence[str], port_option: Sequence[str], port: int) -> list[str]:
    """The port stands where the command says so, or at its end."""
    named = [word.replace("{port}", str(port)) for word in command]
    return named if named != list(command) else [*command, *port_option, str(port)]


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start; it said:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError("this kernel does not tell the proportional set size")
