"""A slow network: a relay on loopback that holds back what a browser sends by so many milliseconds.

`python -m bench.latency TARGET-PORT MILLISECONDS` prints the port that it listens on.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 1 << 16


@contextmanager
def slowed(port: int, milliseconds: int) -> Iterator[int]:
    """A port of loopback behind which the server at `port` answers so much later."""
    command = [sys.executable, "-m", "bench.latency", str(port), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def relay(target: int, seconds: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_pump(reader, back, seconds), _pump(there, writer, 0))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Everything that comes goes on so many seconds later, in order; then the end of it."""
    clock, waiting = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()
    delivery = asyncio.create_task(_deliver(waiting, writer))
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            waiting.put_nowait((clock.time() + seconds, chunk))
    waiting.put_nowait((clock.time() + seconds, b""))
    await delivery


async def _deliver(waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    clock = asyncio.get_running_loop()
    with suppress(OSError):
        while True:
            due, chunk = await waiting.get()
            await asyncio.sleep(max(0, due - clock.time()))
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(relay(int(sys.argv[1]), int(sys.argv[2]) / 1000))
