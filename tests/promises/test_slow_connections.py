"""A page is answered while more connections send slowly than the server has threads."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

from ..served import served

CONNECTIONS = 30
SLOW = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nlogin="
)


def test_bodies_that_do_not_come_hold_up_nobody(tmp_path: Path) -> None:
    with served(tmp_path / "data", "--no-printing") as server, ExitStack() as attack:
        port = int(server.url.rpartition(":")[2])
        for _ in range(CONNECTIONS):
            slow = attack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(SLOW)
        page = HTTPConnection("127.0.0.1", port, timeout=10)
        page.request("GET", "/sign-in")
        assert page.getresponse().status == 200
        page.close()
