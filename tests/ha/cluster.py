"""The cluster of deploy/ha: etcd and Patroni on three machines, filled from the recipe's own templates."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from string import Template
from typing import Any

import psutil

from ..support import ROOT
from .machines import NETWORK, POSTGRES, Machine, hub, machine, start, stop_everything

RECIPE = ROOT / "deploy" / "ha"
NAMES = ("one", "two", "three")
POSTGRESQL = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"))), Path("/usr/lib/postgresql/bin"))
PATIENCE_SECONDS = 90
_PATRONI = str(Path(os.environ.get("LABFLOW_PATRONI", "/opt/labflow-ha")) / "bin")
_ACCOUNT = "postgres"
DATABASE = (
    "postgresql+psycopg://{role}@{address}/labflow?{hosts}target_session_attrs=read-write"
    "&connect_timeout=2&tcp_user_timeout=2000&keepalives_idle=2&keepalives_interval=1&keepalives_count=2"
    "&sslmode=verify-ca&sslrootcert={certificate}&passfile={passfile}"
)
_WHO = ("superuser", "replication", "rewind", "labflow_owner", "labflow_web")
_WHOLE = [("leader", "running"), ("replica", "streaming"), ("sync_standby", "streaming")]


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS) -> float:
    """Seconds until the condition held; fails when it does not within `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass
class Cluster:
    """Three machines in `folder`; `passwords` is the folder with the files that the operator makes."""

    folder: Path
    machines: list[Machine] = field(default_factory=list)
    _patronis: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _hanging: list[psutil.Process] = field(default_factory=list)
    _password: dict[str, str] = field(default_factory=lambda: {who: secrets.token_hex(16) for who in _WHO})

    def start(self) -> None:
        """Make a new cluster with a leader and two standbys, and the database of labflow in it."""
        hub()
        self.machines = [machine(name, number, self.folder / name) for number, name in enumerate(NAMES, 1)]
        self._certificates()
        for one in self.machines:
            self._install(one)
        for one in self.machines:
            self._start_etcd(one)
        for one in self.machines:
            self.start_patroni(one)
        self.wait_until_whole()
        self._make_database()

    def stop(self) -> None:
        """Everything that was started is killed."""
        stop_everything()
        for one in self.machines:
            with suppress(OSError, psutil.Error):
                self.kill_postgres(one)

    # The operator's steps, as docs/operations.md tells them

    def _certificates(self) -> None:
        named = [f"{one.name}={one.address}" for one in self.machines]
        subprocess.run([RECIPE / "certificates.sh", self.folder / "ca", *named], check=True)
        passwords = self.folder / "passwords"
        passwords.mkdir(mode=0o700)
        for role in ("labflow_owner", "labflow_web"):
            (passwords / f"{role}.password").write_text(self._password[role] + "\n")
        shutil.chown(self.folder / "passwords", _ACCOUNT)
        for file in passwords.iterdir():
            shutil.chown(file, _ACCOUNT)

    def _install(self, one: Machine) -> None:
        keys, state = one.folder / "keys", one.folder / "state"
        for folder in (keys, state, state / "etcd", state / "postgresql", state / "sockets"):
            folder.mkdir(mode=0o700)
            shutil.chown(folder, _ACCOUNT, _ACCOUNT)
        for source, name in ((f"{one.name}.crt", "machine.crt"), (f"{one.name}.key", "machine.key")):
            shutil.copy(self.folder / "ca" / source, keys / name)
        shutil.copy(self.folder / "ca" / "ca.crt", keys)
        for file in keys.iterdir():
            shutil.chown(file, _ACCOUNT, _ACCOUNT)
        (one.folder / "patroni.yml").write_text(self._filled("patroni.yml", one))

    def _filled(self, template: str, one: Machine) -> str:
        addresses = {each.name.upper(): each.address for each in self.machines}
        values = _settings_of(RECIPE / "machine.env") | addresses
        values |= {"NAME": one.name, "ADDRESS": one.address, "WEB": NETWORK, "WATCHDOG": "off"}
        values |= {"KEYS": str(one.folder / "keys"), "STATE": str(one.folder / "state")}
        values |= {"SOCKETS": str(one.folder / "state" / "sockets"), "POSTGRESQL": str(POSTGRESQL)}
        return Template((RECIPE / template).read_text()).substitute(values)

    def _start_etcd(self, one: Machine) -> None:
        filled = one.folder / "etcd.env"
        filled.write_text(self._filled("etcd.env", one))
        one.start("etcd", ["etcd"], _settings_of(filled), postgres=True)

    def start_patroni(self, one: Machine) -> None:
        """Starts Patroni, which starts Postgres."""
        secret = {
            f"PATRONI_{who.upper()}_PASSWORD": self._password[who]
            for who in ("superuser", "replication", "rewind")
        }
        command = [f"{_PATRONI}/patroni", str(one.folder / "patroni.yml")]
        self._patronis[one.name] = one.start("patroni", command, secret, postgres=True)

    def haproxy(self) -> None:
        """haproxy beside a web server, on our own address."""
        filled = self.folder / "haproxy.cfg"
        here = self.machines[0]
        filled.write_text(self._filled("haproxy.cfg", here))
        start(["haproxy", "-db", "-f", filled], self.folder / "haproxy.log", {})

    def _make_database(self) -> None:
        self.superuser("-v", f"passwords={self.folder / 'passwords'}", "-f", str(RECIPE / "roles.sql"))

    def grant(self) -> None:
        """What the web server's role may do, after the tables were made."""
        url = self.url("labflow_owner").replace("postgresql+psycopg", "postgresql")
        command = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(RECIPE / "grants.sql"), url]
        subprocess.run(command, check=True)

    def superuser(self, *arguments: str) -> str:
        """What psql says on the leader's own machine."""
        leader = self.leader()
        sockets = str(leader.folder / "state" / "sockets")
        command = ["psql", "-qtAX", "-v", "ON_ERROR_STOP=1", "-h", sockets, "-U", "postgres", *arguments]
        return leader.run(*POSTGRES, *command)

    # Addresses

    def url(self, role: str, *, through_haproxy: bool = False) -> str:
        """The address of the database for this role, as the recipe says it; the password is in its file."""
        hosts = ",".join(one.address for one in self.machines)
        return DATABASE.format(
            role=role,
            address="127.0.0.1:5000" if through_haproxy else "",
            hosts="" if through_haproxy else f"host={hosts}&",
            certificate=self.folder / "ca" / "ca.crt",
            passfile=self._passfile(),
        )

    def _passfile(self) -> Path:
        path = self.folder / "pgpass"
        if not path.exists():
            path.touch(mode=0o600)
            roles = ("labflow_owner", "labflow_web")
            path.write_text("".join(f"*:*:*:{role}:{self._password[role]}\n" for role in roles))
        return path

    # What Patroni says

    def leader(self) -> Machine:
        """The machine that leads by its own word; fails when there is none."""
        found = [one for one in self.machines if self._leads(one)]
        assert found, "nobody leads"
        return found[0]

    def standbys(self) -> list[Machine]:
        leader = self.leader()
        return [one for one in self.machines if one is not leader]

    def synchronous_standby(self) -> str:
        """The name of the machine that may take over."""
        told = self.asked(self.leader(), "/cluster") or {}
        return next(str(one["name"]) for one in told["members"] if one["role"] == "sync_standby")

    def wait_until_whole(self) -> float:
        """Seconds until there is a leader, a synchronous standby and another standby, all streaming."""
        return wait_until(self._whole, "a leader and two standbys")

    def _leads(self, one: Machine) -> bool:
        with suppress(OSError):
            return self.asked(one, "/primary") is not None
        return False

    def _whole(self) -> bool:
        for one in self.machines:
            with suppress(OSError):
                members = (self.asked(one, "/cluster") or {}).get("members", [])
                states = sorted((member["role"], member["state"]) for member in members)
                return states == _WHOLE
        return False

    def asked(self, one: Machine, path: str) -> dict[str, Any] | None:
        """Patroni's answer; None for another status than 200. Raises OSError when nobody answers."""
        context = ssl.create_default_context(cafile=self.folder / "ca" / "ca.crt")
        connection = HTTPSConnection(one.address, 8008, timeout=2, context=context)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return json.load(answer) if answer.status == HTTPStatus.OK else None
        finally:
            connection.close()

    def patronictl(self, *arguments: str) -> str:
        """The operator's tool, on the first machine."""
        one = self.machines[0]
        return one.run(f"{_PATRONI}/patronictl", "-c", str(one.folder / "patroni.yml"), *arguments)

    # Faults

    def kill(self, one: Machine) -> None:
        """kill -9 Patroni and every process of Postgres."""
        self._patronis[one.name].kill()
        self._patronis[one.name].wait()
        self.kill_postgres(one)

    def bring_back(self) -> None:
        """Starts Patroni where it does not run, as systemd does, and ends every `hang`."""
        for one in self.machines:
            if self._patronis[one.name].poll() is not None:
                self.start_patroni(one)
        for process in self._hanging:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        self._hanging = []

    def kill_postgres(self, one: Machine) -> None:
        """kill -9 every process of Postgres."""
        for process in self._postgres(one):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def hang(self, one: Machine) -> None:
        """Every process of Postgres stands still, and says nothing."""
        self._hanging += self._postgres(one)
        for process in self._hanging:
            process.suspend()

    def _postgres(self, one: Machine) -> list[psutil.Process]:
        """The processes of Postgres there, the postmaster first."""
        number = (one.folder / "state" / "postgresql" / "postmaster.pid").read_text().split()[0]
        postmaster = psutil.Process(int(number))
        return [postmaster, *postmaster.children()]


def _settings_of(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
