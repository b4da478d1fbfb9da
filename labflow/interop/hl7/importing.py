"""Order messages taken in, each in a transaction of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from ...catalog import Catalog
from ...foundation.act import Act
from ...foundation.database import Database
from ...foundation.errors import LabError, NotFound, TooLarge
from ...journeys.ordering_messages import take_message
from .limits import HL7Refused
from .mapping import to_order_message
from .reading import read_message, split_messages

_MOST_FILE_BYTES = 64 * 1024 * 1024
_ORDER = ("OML", "O21")
# Orders in a form that labflow does not read are refused, so that none is lost; the rest is not for us.
_OTHER_ORDERS = ("OML", "OMG", "OMI", "OMP", "ORM")
_VERSION = re.compile(r"2\.([4-9]|5\.1|7\.1)")


class FileMissing(NotFound):
    """The file cannot be read.

    Check its name and who may read it.
    """


class FileTooLarge(TooLarge):
    """The file is larger than {megabytes} MB.

    Send it in parts.
    """


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a message that was not refused."""

    control_id: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the import says of one message."""

    words: str
    refused: bool


def import_files(db: Database, catalog: Catalog, paths: Iterable[Path], *, act: Act) -> Iterator[Line]:
    """One line for each message of each file, and one for a file without a message."""
    for path in paths:
        try:
            messages = list(split_messages(_content(path)))
        except LabError as error:
            yield Line(words=f"{path.name}: refused: {error.message}", refused=True)
            continue
        if not messages:
            yield Line(words=f"{path.name}: refused: no message in it", refused=True)
        for number, raw in enumerate(messages, 1):
            yield _line(db, catalog, f"{path.name} message {number}", raw, act)


def import_message(db: Database, catalog: Catalog, raw: bytes, *, act: Act) -> Imported:
    """What became of one message, all of it or nothing saved.

    Raises HL7Refused and HL7TooLarge for what cannot be read, and what `take_message` raises.
    """
    message = read_message(raw)
    control_id = message.header.text(10)
    kind = (message.header.text(9), message.header.text(9, 2))
    if kind != _ORDER:
        return Imported(control_id=control_id, outcome=_not_an_order(*kind))
    if not _VERSION.fullmatch(message.header.text(12)):
        raise HL7Refused(fault="MSH-12 is not a version from 2.4 on")
    order_message = to_order_message(
        message,
        own_authority=catalog.laboratory.mrn_authority,
        zone=ZoneInfo(catalog.calendar.time_zone),
        now=act.at,
    )
    outcome = take_message(db, catalog, order_message, act=act)
    return Imported(control_id=control_id, outcome=outcome)


def _not_an_order(kind: str, trigger: str) -> str:
    if kind in _OTHER_ORDERS:
        raise HL7Refused(fault="it is an order, but not an OML^O21")
    return f"not an order ({_printable(f'{kind}^{trigger}')}): nothing to do"


def _line(db: Database, catalog: Catalog, where: str, raw: bytes, act: Act) -> Line:
    try:
        done = import_message(db, catalog, raw, act=act)
    except LabError as error:
        return Line(words=f"{where}: refused: {error.message} {error.next_step}", refused=True)
    return Line(words=f"{where} ({_printable(done.control_id)}): {done.outcome}", refused=False)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_FILE_BYTES + 1)
    except OSError:
        raise FileMissing from None
    if len(content) > _MOST_FILE_BYTES:
        raise FileTooLarge(megabytes=_MOST_FILE_BYTES // 1024**2)
    return content


def _printable(text: str) -> str:
    """A sender's words on one line of a terminal."""
    return re.sub(r"[^ -~]", "?", text)[:80]
