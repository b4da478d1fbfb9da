"""One ZPL printer over raw TCP: the labels are sent, and its host status says whether they came out.

Every fault is said within ten seconds. Only hosts of the configuration are asked; there is no redirect in
this protocol and nothing that a printer answers leads anywhere.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..catalog import Printer
from ..foundation.errors import Unavailable
from . import host_status
from .connecting import ForbiddenAddress, connect
from .host_status import HostStatus

_MOST_ANSWERED = 4096


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, in seconds: for the connection, one answer, taking the data, and the next label.

    `ask_again` lies between two questions while labels come out, `whole` bounds them all.
    """

    connect: float = 1.5
    answer: float = 1.5
    take: float = 1.5
    next_label: float = 3.5
    ask_again: float = 0.3
    whole: float = 90.0


class PrinterFault(Unavailable):
    """{printer} has a fault.

    Look at the printer, then print again.
    """

    perhaps_printed = False


class PrinterOff(PrinterFault):
    """{printer} does not take the connection: it is off, or the network to it is down.

    Switch it on and print again, choose another printer, or take the PDF.
    """


class NotAPrintersAddress(PrinterFault):
    """The name of {printer} leads to an address where no printer may be.

    Ask the administrator to look at the printer's host in the configuration.
    """


class PrinterSilent(PrinterFault):
    """{printer} takes the connection and does not answer: labels or ribbon out, head open, or it hangs.

    Look at its display, switch it off and on if it shows nothing, and print again.
    """


class PrinterBabbles(PrinterFault):
    """{printer} does not answer as a label printer does.

    Ask the administrator whether its address and port are right; take the PDF meanwhile.
    """


class OutOfLabels(PrinterFault):
    """{printer} is out of labels.

    Load labels and print again.
    """


class OutOfRibbon(PrinterFault):
    """{printer} is out of ribbon.

    Load a ribbon and print again.
    """


class HeadOpen(PrinterFault):
    """The print head of {printer} is open.

    Close it and print again.
    """


class PrinterPaused(PrinterFault):
    """{printer} is paused.

    Press Pause on the printer and print again.
    """


class PrinterGone(PrinterFault):
    """{printer} broke the connection.

    Look whether it is on and print again.
    """


class PrinterStuck(PrinterFault):
    """{printer} took the labels and stopped before all of them came out.

    Look at the printer, compare what came out with the codes, and print what is missing.
    """


def send_labels(printer: Printer, zpl: bytes, patience: Patience) -> None:
    """Comes back when the printer says that nothing of what it was sent is left to print.

    Raises PrinterFault; its `perhaps_printed` is true when some of the labels may have come out.
    """
    with _connected(printer, patience) as wire:
        _require_fit(printer, _ask(printer, wire, patience))
        try:
            wire.settimeout(patience.take)
            wire.sendall(zpl)
            _wait_for_labels(printer, wire, patience)
        except OSError as error:
            raise _perhaps(_broken(printer, error)) from error
        except PrinterFault as fault:
            raise _perhaps(fault) from None


def _perhaps(fault: PrinterFault) -> PrinterFault:
    fault.perhaps_printed = True
    return fault


@contextmanager
def _connected(printer: Printer, patience: Patience) -> Iterator[socket.socket]:
    try:
        wire = connect(printer.host, printer.port, seconds=patience.connect)
    except ForbiddenAddress as error:
        raise NotAPrintersAddress(printer=printer.name) from error
    except OSError as error:
        raise PrinterOff(printer=printer.name) from error
    with wire:
        yield wire


def _wait_for_labels(printer: Printer, wire: socket.socket, patience: Patience) -> None:
    started = moved = time.monotonic()
    left = None
    while True:
        status = _ask(printer, wire, patience)
        _require_fit(printer, status)
        if not status.waiting:
            return
        now = time.monotonic()
        if left is None or status.waiting < left or status.peel_off:
            left, moved = status.waiting, now
        if now - moved >= patience.next_label or now - started >= patience.whole:
            raise PrinterStuck(printer=printer.name)
        time.sleep(patience.ask_again)


def _require_fit(printer: Printer, status: HostStatus) -> None:
    if status.paper_out:
        raise OutOfLabels(printer=printer.name)
    if status.ribbon_out:
        raise OutOfRibbon(printer=printer.name)
    if status.head_open:
        raise HeadOpen(printer=printer.name)
    if status.paused:
        raise PrinterPaused(printer=printer.name)


def _ask(printer: Printer, wire: socket.socket, patience: Patience) -> HostStatus:
    """The printer's host status; raises PrinterSilent, PrinterBabbles and PrinterGone."""
    until = time.monotonic() + patience.answer
    answer = b""
    try:
        wire.settimeout(patience.answer)
        wire.sendall(host_status.ASK)
        while not host_status.complete(answer):
            wire.settimeout(max(until - time.monotonic(), 0.001))
            part = wire.recv(_MOST_ANSWERED)
            if not part:
                raise PrinterGone(printer=printer.name)
            answer += part
            if not host_status.plausible(answer) or len(answer) > _MOST_ANSWERED:
                raise PrinterBabbles(printer=printer.name)
    except OSError as error:
        raise _broken(printer, error, babbled=bool(answer)) from error
    status = host_status.read(answer)
    if status is None:
        raise PrinterBabbles(printer=printer.name)
    return status


def _broken(printer: Printer, error: OSError, *, babbled: bool = False) -> PrinterFault:
    if not isinstance(error, TimeoutError):
        return PrinterGone(printer=printer.name)
    return (PrinterBabbles if babbled else PrinterSilent)(printer=printer.name)
