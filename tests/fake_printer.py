"""A label printer on loopback: real TCP, any mood."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from labflow.catalog import Catalog, Printer
from labflow.ops.printer import Patience

from .factories.cases import HATCH, THEATRE

# Every wait is short; nothing in a test waits for longer than it must.
IMPATIENT = Patience(connect=2.0, answer=0.2, take=0.5, next_label=0.05, ask_again=0.0, whole=5.0)
READY = {"paper_out": 0, "paused": 0, "head_open": 0, "ribbon_out": 0}


def status(*, waiting: int = 0, **flags: int) -> bytes:
    """What a printer answers to ~HS."""
    now = READY | flags
    first = f"030,{now['paper_out']},{now['paused']},1245,{waiting:03d},0,0,0,000,0,0,0"
    second = f"000,0,{now['head_open']},{now['ribbon_out']},0,2,4,0,00000000,1,000"
    return b"".join(b"\x02" + text.encode() + b"\x03\r\n" for text in (first, second, "1234,0"))


@dataclass
class FakePrinter:
    """What it was sent, and how it behaves: `before` and `after` the labels came in, as flags of its status.

    `mood`: good, hanging, garbage, gone (in mid-label), stuck (takes the labels, prints none).
    """

    mood: str = "good"
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    received: bytes = b""
    port: int = 0
    printed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: int = 0

    @property
    def labels(self) -> int:
        return self.received.count(b"^XZ")

    def in_catalog(self, catalog: Catalog, *, dpi: int = 203) -> Catalog:
        """The catalog with this printer for the theatre and the hatch, all label designs loaded."""
        printer = Printer(
            code="FAKE",
            name="The theatre's printer",
            host="127.0.0.1",
            port=self.port,
            dpi=dpi,
            places=(THEATRE, HATCH),
            designs=tuple(catalog.label_designs),
        )
        return replace(catalog, printers={"FAKE": printer})

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            with wire:
                self._talk(wire)

    def _talk(self, wire: socket.socket) -> None:
        seen = b""
        try:
            while part := wire.recv(65_536):
                seen += part
                if self.mood == "gone" and b"^XA" in seen:
                    return
                while b"~HS" in seen:
                    data, _, seen = seen.partition(b"~HS")
                    self._take(data)
                    if self.mood != "hanging":
                        wire.sendall(self._answer())
        except OSError:
            return

    def _take(self, data: bytes) -> None:
        with self.printed:
            self.received += data
            self._waiting += data.count(b"^XZ")
            self.printed.notify_all()

    def _answer(self) -> bytes:
        if self.mood == "garbage":
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"
        waiting = self._waiting
        if self.mood != "stuck":
            self._waiting = max(self._waiting - 1, 0)
        return status(waiting=waiting, **(self.after if self.labels else self.before))


@contextmanager
def listening(printer: FakePrinter) -> Iterator[FakePrinter]:
    """The printer on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        printer.port = listener.getsockname()[1]
        serving = threading.Thread(target=printer.serve, args=(listener,), daemon=True)
        serving.start()
        try:
            yield printer
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()
