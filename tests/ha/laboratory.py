"""labflow on the cluster: a web server on every machine, and one that goes through haproxy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path

from labflow.catalog import Catalog

from ..faults.laboratory import Laboratory, Person
from ..served import LABFLOW
from .cluster import Cluster, wait_until
from .crowd import Crowd
from .machines import HUB, Machine, start

PORT = 8000
CLIENTS = 24
_START_SECONDS = 120


@dataclass
class Ward:
    """The laboratory on this cluster; `urls` are its web servers, the last one behind haproxy."""

    cluster: Cluster
    catalog: Catalog
    urls: list[str] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seconds: float = 0.0
    """How long it took to build."""

    def open(self) -> None:
        """Tables as the owner, grants, people and samples as the web servers' role, then the web servers."""
        folder = self.cluster.folder
        self.labflow("migrate", role="labflow_owner")
        self.cluster.grant()
        self._laboratory = Laboratory(
            folder / "labflow", self.catalog, samples=2 * CLIENTS, url=self.cluster.url("labflow_web")
        )
        self._moves = {code: cycle(["hand_over", "take"]) for code in self._laboratory.codes}
        self.cluster.haproxy()
        for machine in self.cluster.machines:
            self._serve(machine.name, machine.address, self.cluster.url("labflow_web"), machine.inside)
        self._start("worker", self.cluster.url("labflow_web"), (), "worker")
        self._serve("haproxy", HUB, self.cluster.url("labflow_web", through_haproxy=True), ())
        for url in self.urls:
            wait_until(partial(ready, url), f"{url} is ready", seconds=_START_SECONDS)

    def crowd(self, urls: list[str] | None = None) -> Crowd:
        """People who scan at these servers, or at all; not started."""
        return Crowd(self._laboratory.people[0], urls or self.urls)

    def moves(self, first: int, past: int) -> dict[str, Iterator[str]]:
        """Samples by code, and what is to be done with each from where it stands now."""
        return dict(list(self._moves.items())[first:past])

    @property
    def person(self) -> Person:
        return self._laboratory.people[0]

    def url_on(self, machine: Machine) -> str:
        """The web server on this machine."""
        return f"http://{machine.address}:{PORT}"

    def stored(self) -> Counter[str]:
        """How often each event id is in the ledger."""
        return Counter(done.event_id for chain in self._laboratory.chains().values() for done in chain)

    def labflow(self, *arguments: str, role: str = "labflow_web") -> str:
        """What this command of labflow says where the worker keeps its data; fails when it finds faults."""
        command = [LABFLOW, "--data", str(self.cluster.folder / "labflow-worker"), *arguments]
        found = os.environ | {"LABFLOW_DATABASE_URL": self.cluster.url(role)}
        done = subprocess.run(command, capture_output=True, text=True, env=found, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def not_in_the_log(self) -> int:
        """How many entries have no place in the log's tree yet."""
        query = "SELECT count(*) FROM entries WHERE id NOT IN (SELECT entry_id FROM leaves)"
        return int(self.cluster.superuser("-d", "labflow", "-c", query))

    def _serve(self, name: str, address: str, database: str, inside: tuple[str, ...]) -> None:
        self._start(name, database, inside, "serve", "--host", address, "--port", str(PORT), "--no-printing")
        self.urls.append(f"http://{address}:{PORT}")

    def _start(self, name: str, database: str, inside: tuple[str, ...], *arguments: str) -> None:
        """labflow in a data folder of its own, with the key that operators copy into each."""
        data = self.cluster.folder / f"labflow-{name}"
        data.mkdir(mode=0o700, exist_ok=True)
        if name != "worker":
            shutil.copy2(self.cluster.folder / "labflow-worker" / "secret_key", data)
        command = [*inside, LABFLOW, "--data", str(data), *arguments]
        environment = {"LABFLOW_DATABASE_URL": database}
        self.processes.append(start(command, Path(f"{data}.log"), environment))


def ready(url: str) -> bool:
    """Whether the server answers that it can work."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
