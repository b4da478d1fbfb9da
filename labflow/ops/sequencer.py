"""The sequencer: each second, what was recorded gets its place in the log and is published.

A round: see that the log may go on; give leaves to the entries that wait; write tiles; sign and keep the
checkpoint; ask the witnesses; publish. It may be cut anywhere: the next round goes on from what is on the
disk and in the database. Whatever is wrong with the log, no scan waits for it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from .. import ledger
from ..catalog import Catalog
from ..foundation.alarms import raise_alarm, settle_alarm, standing_alarms
from ..foundation.database import ChangedAtTheSameMoment, Database
from ..foundation.errors import LabError, Unavailable
from ..journeys import alarms
from ..ledger import Checkpoint, Log, LogFolder, Standing
from .cosigning import Cosigning

_BATCH = 2_000
_BATCHES_A_ROUND = 20
# PostgreSQL commits row ids out of order: a smaller one may come so much later.
_LATECOMERS = timedelta(minutes=15)
_WHOLE_LOOK_EVERY, _MOVE_EVERY = timedelta(hours=1), timedelta(minutes=1)
_WITNESSED_EVERY = timedelta(minutes=5)
_LOCK_FILE = "log_lock"
STOPPED_ALARM, REFUSED_ALARM = "evidence-log-stopped", "evidence-entry-refused"


class EntryRefused(ledger.LogStopped):
    """Entry {number} of chain {chain} does not go on from the one before it: it stays out of the log.

    Somebody changed the database: `labflow ledger check` names everything that does not fit.
    """


class WitnessAhead(ledger.LogStopped):
    """The witness {witness} has seen {size} entries of this log that are not these.

    An old copy was restored, or two logs go on under one name. `labflow ledger recover` opens the next log.
    """


class Sequencer:
    """The duty of the log in a data folder."""

    name = "sequencer"
    every = timedelta(seconds=1)

    def __init__(
        self,
        db: Database,
        data: Path,
        *,
        catalog: Catalog | None = None,
        origin: str | None = None,
        cosigning: Cosigning | None = None,
        new_seed: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    ) -> None:
        """`origin` names the first log; without one it gets a name of its own.

        Alarms are also told to the receivers of the `catalog`, if there is one.
        """
        self._db, self._data, self._catalog, self._origin = db, data, catalog, origin
        self._cosigning, self._new_seed = cosigning, new_seed
        self._keys = ledger.LogKeys(data)
        self._seen_to = 0  # up to this row id every entry has its leaf
        self._whole_look_at: datetime | None = None
        self._moved_at: datetime | None = None
        self._witnessed_at: datetime | None = None
        self._folder: LogFolder | None = None  # of the last log, once its files were looked through

    def run(self, *, now: datetime) -> None:
        """One round; raises LogStopped and the like after the alarm, Unavailable without one."""
        with self._alone() as alone:
            if not alone:
                return
            try:
                refused = self._round(now)
            except (Unavailable, ChangedAtTheSameMoment):  # the next round does it
                raise
            except LabError as fault:
                self._folder = None  # look through its files again
                self._tell(STOPPED_ALARM, fault, now=now)
                raise
            self._tell(STOPPED_ALARM, None, now=now)
            self._tell(REFUSED_ALARM, _refusal(refused), now=now)

    def behind(self, *, now: datetime) -> timedelta:
        """The age of the oldest entry that is not in the log."""
        with self._db.reading() as session:
            oldest = ledger.oldest_waiting(session, after_id=self._seen_to)
        return max(now - oldest, timedelta(0)) if oldest else timedelta(0)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else sequences: neither in this folder nor on this database."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            with ledger.only_sequencer(self._db) as alone:
                yield alone

    def _round(self, now: datetime) -> Sequence[ledger.Waiting]:
        """Everything that waits gets its leaf and is published; the entries that do not fit."""
        self._look_back(now)
        log = self._log(now)
        for _ in range(_BATCHES_A_ROUND):
            standing, folder = self._standing(log, now)
            with self._db.reading() as session:
                entries = ledger.waiting(session, after_id=self._seen_to, limit=_BATCH)
            taken, refused = ledger.fitting(entries)
            if taken:
                with self._db.writing() as session:
                    ledger.give_leaves(session, log.id, taken, first=standing.leaves)
            self._publish(standing, folder, standing.leaves + len(taken), now)
            all_seen = len(entries) < _BATCH
            if not refused:
                self._look_on(entries, now, all_seen=all_seen)
            if refused or all_seen:
                break
        return refused

    def _look_back(self, now: datetime) -> None:
        """From time to time everything is looked through for entries without a leaf."""
        if self._whole_look_at is None or now - self._whole_look_at >= _WHOLE_LOOK_EVERY:
            self._seen_to, self._whole_look_at = 0, now

    def _look_on(self, entries: Sequence[ledger.Waiting], now: datetime, *, all_seen: bool) -> None:
        """Moves on past entries that have their leaves, as far as nothing may come before them any more."""
        if self._db.dialect == "sqlite":  # it commits row ids in their order
            self._seen_to = max([self._seen_to, *(entry.id for entry in entries)])
            return
        late = now - _LATECOMERS
        self._seen_to = max([self._seen_to, *(entry.id for entry in entries if entry.recorded_at < late)])
        if all_seen and (self._moved_at is None or now - self._moved_at >= _MOVE_EVERY):
            self._moved_at = now
            with self._db.reading() as session:
                self._seen_to = ledger.last_id(session, before=late, after_id=self._seen_to)

    def _log(self, now: datetime) -> Log:
        """The log that goes on; the first one, with its key, is made here."""
        with self._db.reading() as session:
            log = ledger.last_log(session)
        if log is not None:
            return log
        ledger.check_unused(LogFolder(ledger.folder_of(self._data, 1)))
        name = self._origin or f"labflow.invalid/{self._new_seed()[:4].hex()}"
        verifier = self._keys.present() or self._keys.make(name, seed=self._new_seed())
        with self._db.writing() as session:
            return ledger.add_log(session, origin=verifier.name, verifier_key=verifier.vkey, now=now)

    def _standing(self, log: Log, now: datetime) -> tuple[Standing, LogFolder]:
        """What the log stands on, and its folder, complete; raises LogStopped and the like."""
        path = ledger.folder_of(self._data, log.id)
        if self._folder is not None and self._folder.path != path:
            self._folder = None
        folder = self._folder or LogFolder(path)
        ledger.check_machine(self._data, LogFolder(ledger.folder_of(self._data, 1)))
        ledger.check_newest(self._data, log)
        keys = self._keys.trusted(log.origin, now=now)
        with self._db.reading() as session:
            last = ledger.last_checkpoint(session, log.id)
            standing = ledger.check_standing(session, log, last, folder, keys)
        if self._folder is None:
            folder.repair(standing.size, bodies=self._bodies(log))
            ledger.check_reproduced(folder, standing, standing.size)
            self._folder = folder
        return standing, folder

    def _publish(self, standing: Standing, folder: LogFolder, size: int, now: datetime) -> None:
        """Signs what is new and publishes it, or what was signed and not published before."""
        checkpoint = standing.last
        if size > standing.size:
            root = ledger.grow(folder, standing, size, bodies=self._bodies(standing.log))
            signers = self._keys.signers(standing.log.origin, now=now)
            checkpoint = ledger.signed_checkpoint(standing, size, root, signers=signers, now=now)
            with self._db.writing() as session:
                ledger.keep(session, checkpoint)
        if checkpoint is None:
            return
        is_published = standing.published is not None and standing.published.size == checkpoint.size
        note = self._witnessed(checkpoint, folder, now, again=is_published)
        if note or not is_published:
            folder.publish(note or checkpoint.note)
            folder.drop_partials(checkpoint.size, since=standing.size)

    def _witnessed(
        self, checkpoint: Checkpoint, folder: LogFolder, now: datetime, *, again: bool
    ) -> str | None:
        """The checkpoint's note with what witnesses say of it now; None when they were asked lately."""
        lately = self._witnessed_at is not None and now - self._witnessed_at < _WITNESSED_EVERY
        if self._cosigning is None or (again and lately):
            return None
        self._witnessed_at = now
        signed = ledger.own_note(checkpoint)
        answer = self._cosigning.cosign(signed, hash_at=folder.hash_at(checkpoint.size))
        for one in answer.ahead:
            raise WitnessAhead(witness=one.witness, size=one.size)
        with self._db.writing() as session:
            return ledger.keep_note(session, checkpoint, signed + "".join(answer.lines))

    def _bodies(self, log: Log) -> ledger.Bodies:
        def read(start: int, end: int) -> Sequence[bytes]:
            with self._db.reading() as session:
                return ledger.bodies(session, log.id, start, end)

        return read

    def _tell(self, code: str, fault: LabError | None, *, now: datetime) -> None:
        """Raises or settles an alarm, when that is new."""
        words = f"{fault.message} {fault.next_step}" if fault else None
        with self._db.reading() as session:
            standing = {alarm.code: alarm.words for alarm in standing_alarms(session)}
        if standing.get(code) == words:
            return
        with self._db.writing() as session:
            settle_alarm(session, code, now=now)
            if words is not None and self._catalog is not None:
                alarms.raise_alarm(session, self._catalog, code, words, now=now)
            elif words is not None:
                raise_alarm(session, code, words, now=now)


def _refusal(refused: Sequence[ledger.Waiting]) -> EntryRefused | None:
    if not refused:
        return None
    return EntryRefused(number=refused[0].number, chain=refused[0].name)
