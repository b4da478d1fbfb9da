"""Machines on one computer: network namespaces with addresses of their own, joined by a bridge.

They live in the private network and process namespaces that `make test-ha` opens, and vanish with them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

NETWORK = "10.88.0.0/24"
HUB = "10.88.0.1"
_BRIDGE = "labflow0"
POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
_started: list[subprocess.Popen[bytes]] = []


class NotAlone(Exception):
    """These tests cut networks and kill what they find, so they want namespaces of their own.

    Start them with `make test-ha`.
    """


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine of this name and address; whatever it writes is in `folder`."""

    name: str
    address: str
    folder: Path
    inside: tuple[str, ...]
    """The words before a command that is to run there."""

    def run(self, *command: str) -> str:
        """What this command says there."""
        return _said(*self.inside, *command)

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, postgres: bool = False
    ) -> subprocess.Popen[bytes]:
        """A process there, as the account postgres or as root; its output is in NAME.log."""
        whole = [*self.inside, *(POSTGRES if postgres else ()), *command]
        home = {"HOME": str(self.folder)}  # root's is closed to postgres
        return start(whole, self.folder / f"{name}.log", {**environment, **home})

    def cut_off(self, *, reachable_port: int) -> None:
        """Drop every packet from and to the others, except those of this one port of ours."""
        for rule in (
            ("INPUT", "-i", "eth0", "-p", "tcp", "--dport", str(reachable_port), "-j", "ACCEPT"),
            ("INPUT", "-i", "eth0", "-j", "DROP"),
            ("OUTPUT", "-o", "eth0", "-p", "tcp", "--sport", str(reachable_port), "-j", "ACCEPT"),
            ("OUTPUT", "-o", "eth0", "-j", "DROP"),
        ):
            self.run("iptables", "--append", *rule)

    def mend(self) -> None:
        """The network is as before."""
        self.run("iptables", "--flush")


def start(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A process until `stop_everything`, with this environment beside ours; its output is added to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
    _started.append(process)
    return process


def stop_everything() -> None:
    """Kills what `start` started."""
    for process in _started:
        process.kill()
        process.wait()


def require_alone() -> None:
    """Raises NotAlone where there are other networks than ours: only a new namespace has none."""
    if sorted(psutil.net_if_addrs()) not in ([], ["lo"]):
        raise NotAlone


def hub() -> None:
    """The bridge that all machines are plugged into, and our own address on it."""
    _said("ip", "link", "set", "lo", "up")
    _said("ip", "link", "add", _BRIDGE, "type", "bridge")
    _said("ip", "address", "add", f"{HUB}/24", "dev", _BRIDGE)
    _said("ip", "link", "set", _BRIDGE, "up")


def machine(name: str, number: int, folder: Path) -> Machine:
    """A new machine on the bridge; its folder is readable by all accounts."""
    folder.mkdir(mode=0o755)
    holder = start(["unshare", "--net", "sleep", "infinity"], folder / "machine.log", {})
    inside = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
    made = Machine(name=name, address=f"10.88.0.{10 + number}", folder=folder, inside=inside)
    _wait_until_elsewhere(holder.pid)
    _said("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "eth0", "netns", str(holder.pid))
    _said("ip", "link", "set", f"to-{name}", "master", _BRIDGE, "up")
    made.run("ip", "link", "set", "lo", "up")
    made.run("ip", "address", "add", f"{made.address}/24", "dev", "eth0")
    made.run("ip", "link", "set", "eth0", "up")
    return made


def _wait_until_elsewhere(pid: int) -> None:
    """Until that process has left our network namespace."""
    ours = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{pid}/ns/net").readlink() == ours:
        pass


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout
