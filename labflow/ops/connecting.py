"""Connections that labflow itself opens: to hosts of the configuration, within a time, and nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress

from ..foundation.hosts import may_connect


class ForbiddenAddress(OSError):
    """The host's name leads to an address where nothing of ours may be."""


def connect(host: str, port: int, *, seconds: float, tls: bool = False) -> socket.socket:
    """A socket to this host, over TLS with its certificate checked where asked for.

    What was looked at is what is connected to: a name cannot change its mind in between. Raises OSError, of
    which ForbiddenAddress is one.
    """
    until = time.monotonic() + seconds
    failure = OSError("no address")
    for address in addresses(host, port, seconds=seconds):
        try:
            wire = socket.create_connection((address, port), timeout=max(until - time.monotonic(), 0.001))
        except OSError as error:
            failure = error
            continue
        return _over_tls(wire, host) if tls else wire
    raise failure


def addresses(host: str, port: int, *, seconds: float) -> list[str]:
    """The addresses of this host that labflow may connect to; raises ForbiddenAddress when all are others."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = _looked_up(host, port, seconds)
    else:
        return [host]
    allowed = [address for address in found if may_connect(address, named=True)]
    if found and not allowed:
        raise ForbiddenAddress(f"{host} leads to an address where nothing may be")
    return allowed


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name; none when nobody answers so long (the system waits longer)."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError):
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(where[0]) for *_, where in answers)

    asking = threading.Thread(target=look_up, daemon=True)
    asking.start()
    asking.join(seconds)
    return list(found)


def _over_tls(wire: socket.socket, host: str) -> socket.socket:
    try:
        return ssl.create_default_context().wrap_socket(wire, server_hostname=host)
    except OSError:
        wire.close()
        raise
