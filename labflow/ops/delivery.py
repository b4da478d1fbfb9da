"""Print jobs on their way to printers: one round finds what waits, and each printer is served by itself.

A printer that hangs keeps nobody but its own jobs waiting. At least once: a deliverer that goes away between
sending and saying so leaves the job to the next one, and the job tells people to compare what came out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from sqlmodel import Session

from .. import labels
from ..catalog import Catalog, Printer
from ..foundation.database import Database
from ..foundation.errors import LabError
from ..journeys import printing
from ..labels import Claim
from .printer import Patience, PrinterFault, send_labels

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_ROUNDS = 0.5


class PrintingBroke(LabError):
    """Something went wrong in labflow, so these labels were not printed.

    Take the PDF, and tell the administrator.
    """


class Deliverer:
    """Delivers the jobs of a catalog's printers from one database."""

    def __init__(
        self,
        db: Database,
        catalog: Catalog,
        *,
        patience: Patience | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db, self._catalog, self._clock = db, catalog, clock
        self._patience = patience or Patience()
        self._stopped = threading.Event()
        self._busy: dict[str, Future[None]] = {}

    def start(self) -> threading.Thread | None:
        """Deliver in the background of this process; nothing starts where there is no printer."""
        if not self._catalog.printers:
            return None
        thread = threading.Thread(target=self.run, name="print delivery", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Deliver until `stop`; what is being sent then is sent to its end."""
        with ThreadPoolExecutor(max_workers=max(len(self._catalog.printers), 1)) as pool:
            try:
                while not self._stopped.wait(_SECONDS_BETWEEN_ROUNDS):
                    self._look(pool)
            finally:
                self._stopped.set()

    def _look(self, pool: ThreadPoolExecutor) -> None:
        try:
            self._round(pool)
        except LabError as error:  # the database is away: the jobs wait
            _log.warning("print delivery waits: %s", error.code)

    def stop(self) -> None:
        self._stopped.set()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        with self._db.reading() as session:
            waiting = labels.printers_with_work(session, now=self._clock())
        for code in waiting:
            busy = self._busy.get(code)
            if code in self._catalog.printers and (busy is None or busy.done()):
                self._busy[code] = pool.submit(self._serve, code)

    def _serve(self, code: str) -> None:
        try:
            while not self._stopped.is_set() and self.deliver(code):
                pass
        except LabError as error:
            _log.warning("print delivery to %s waits: %s", code, error.code)

    def deliver(self, code: str) -> bool:
        """Delivers the next job of this printer; False when there was none."""
        with self._db.writing() as session:
            mine = labels.claim(session, code, now=self._clock())
        if mine is None:
            return False
        fault = self._attempt(self._catalog.printers[code], mine)
        with self._db.writing() as session:
            if fault is None:
                labels.finish(session, mine, at=self._clock())
            else:
                self._fail(session, code, mine, fault)
        return True

    def _fail(self, session: Session, code: str, mine: Claim, fault: LabError) -> None:
        why = f"{fault.message} {fault.next_step}"
        perhaps_printed = isinstance(fault, PrinterFault) and fault.perhaps_printed
        labels.fail(session, mine, why, perhaps_printed=perhaps_printed)
        if isinstance(fault, PrinterFault):
            labels.fail_waiting(session, code, why)

    def _attempt(self, printer: Printer, mine: Claim) -> LabError | None:
        """What went wrong; None when all labels came out."""
        try:
            zpl = printing.job_zpl(self._db, self._catalog, mine, dpi=printer.dpi)
            send_labels(printer, zpl, self._patience)
        except LabError as error:
            return error
        except Exception as error:  # a job must end in words whatever happens; its text may name a child
            _log.error("print job %s failed: %s", mine.job_id, type(error).__name__)
            return PrintingBroke()
        return None
