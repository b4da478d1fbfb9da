"""Connections that mean no good: `python -m bench.attacks KIND COUNT PORT SECONDS`, a process of its own.

Opens COUNT connections to loopback, keeps them busy for SECONDS, and prints as JSON what became of them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from statistics import median

_FORM = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_LARGE = b"GET /static/vendor/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_SMALL = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_RECEIVE_BUFFER = 4096  # bytes; a slow reader's system must not take the answer for it


@dataclass
class Fate:
    """What became of the connections: how many opened, when the server ended them, what it answered."""

    opened: int = 0
    refused: int = 0
    closed_after_s: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, object]:
        ends = sorted(self.closed_after_s)
        facts = asdict(self) | {"closed": len(ends), "answers": dict(self.answers)}
        return facts | {"closed_after_s": [ends[0], median(ends), ends[-1]] if ends else []}


async def slow_headers() -> AsyncIterator[bytes]:
    """A header line a second, without end."""
    yield b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    while True:
        await asyncio.sleep(1)
        yield b"X-Slow: 1\r\n"


async def slow_body() -> AsyncIterator[bytes]:
    """A body of 100,000 bytes, one byte a second."""
    yield _FORM + b"Content-Length: 100000\r\n\r\n"
    while True:
        await asyncio.sleep(1)
        yield b"a"


async def slow_read() -> AsyncIterator[bytes]:
    """Large answers, ten on each connection, of which hardly anything is read."""
    yield _LARGE * 10
    await asyncio.sleep(3600)


async def silent() -> AsyncIterator[bytes]:
    """An open connection, and nothing else."""
    await asyncio.sleep(3600)
    yield b""


async def idle() -> AsyncIterator[bytes]:
    """One request, and then a connection kept open for nothing."""
    yield _SMALL
    await asyncio.sleep(3600)


async def endless_chunks() -> AsyncIterator[bytes]:
    """A chunked body that never ends, as fast as the server takes it."""
    yield _FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"4000\r\n" + b"a" * 0x4000 + b"\r\n"


async def slow_chunks() -> AsyncIterator[bytes]:
    """A chunked body of one byte a second that never ends."""
    yield _FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        await asyncio.sleep(1)
        yield b"1\r\na\r\n"


async def announced_gigabyte() -> AsyncIterator[bytes]:
    """A body of which the length is said to be 1 GB."""
    yield _FORM + b"Content-Length: 1073741824\r\n\r\n"
    while True:
        yield b"a" * 0x4000


async def too_short() -> AsyncIterator[bytes]:
    """A body that stops before the length that was announced."""
    yield _FORM + b"Content-Length: 1000\r\n\r\nlogin=a"
    await asyncio.sleep(3600)


async def too_long() -> AsyncIterator[bytes]:
    """More bytes than announced: the rest is no request."""
    yield _FORM + b"Content-Length: 5\r\n\r\n" + b"a" * 1000 + b"\r\n\r\n"
    await asyncio.sleep(3600)


async def two_lengths() -> AsyncIterator[bytes]:
    """Content-Length and Transfer-Encoding at once, which hides a second request from some servers."""
    yield _FORM + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _SMALL
    await asyncio.sleep(3600)


KINDS: dict[str, Callable[[], AsyncIterator[bytes]]] = {
    one.__name__: one
    for one in (slow_headers, slow_body, slow_read, silent, idle, endless_chunks, slow_chunks)
} | {one.__name__: one for one in (announced_gigabyte, too_short, too_long, two_lengths)}


async def attack(kind: str, count: int, port: int, seconds: float) -> Fate:
    """So many connections of this kind for so long."""
    fate, attacks = Fate(), []
    for number in range(count):
        attacks.append(asyncio.create_task(_one(kind, port, fate)))
        if number % 50 == 49:
            await asyncio.sleep(0.05)
    await asyncio.wait(attacks, timeout=seconds)
    for task in attacks:
        task.cancel()
    await asyncio.gather(*attacks, return_exceptions=True)
    return fate


async def _one(kind: str, port: int, fate: Fate) -> None:
    began = time.monotonic()
    try:
        reader, writer = await _connect(port)
    except OSError:
        fate.refused += 1
        return
    fate.opened += 1
    sending = asyncio.create_task(_send(KINDS[kind](), writer))
    try:
        await _read(reader, fate, slowly=kind == "slow_read")
        fate.closed_after_s.append(round(time.monotonic() - began, 1))
    finally:
        sending.cancel()
        writer.close()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    return await asyncio.open_connection(sock=connection, limit=_RECEIVE_BUFFER)


async def _send(parts: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
    try:
        async for part in parts:
            writer.write(part)
            await writer.drain()
    except OSError:
        return  # the server closed; the reading side says when


async def _read(reader: asyncio.StreamReader, fate: Fate, *, slowly: bool) -> None:
    """Until the server closes: the first answer's status is noted."""
    try:
        first = await reader.read(1 if slowly else _RECEIVE_BUFFER)
        if first.startswith(b"HTTP/1.1 "):
            fate.answers[first[9:12].decode()] += 1
        while first:
            await asyncio.sleep(1 if slowly else 0)
            first = await reader.read(1 if slowly else _RECEIVE_BUFFER)
    except OSError:
        return


def main() -> None:
    kind, count, port, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    fate = asyncio.run(attack(kind, count, port, seconds))
    print(json.dumps(fate.summary()))


if __name__ == "__main__":
    main()
