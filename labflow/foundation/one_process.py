"""One process works on a data folder: SQLite has one writer, and two servers would be two truths."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Conflict

_LOCK_FILE = "in_use"


class DataInUse(Conflict):
    """Another labflow process ({process}) works on the data in {folder}.

    Stop that process first, or serve a data folder of its own; more than one process needs PostgreSQL.
    """


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """This process, and what it forks, has the folder's data to itself; raises DataInUse.

    The lock is the operating system's: it ends with the last process that has it, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataInUse(process=file.read(20).strip() or "unknown", folder=folder) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
