"""Re-computing the logs from the entries in the database: every leaf, every signed checkpoint, every file.

What is right is what was signed. Where the entries give the signed roots and a file differs, the file is
wrong; where they do not, the published files tell which entries were changed. The keys come from whoever
checks, never from the database or the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from ..foundation.errors import LabError
from .check import Fault
from .comparing import Comparison
from .log_files import LogFolder
from .note import Checkpoint as Head
from .note import Verifier, open_checkpoint
from .recovering import Loss, declared_losses
from .sequencing import all_logs
from .standing import files_of
from .tables import Chain, Checkpoint, Entry, Leaf, Log
from .tiles import WIDTH, BrokenTile
from .tree import Frontier, leaf_hash, root_at

_BATCH = 2_000
_MOST_FAULTS = 100
_LONGEST_GAP = 1_000_000
# between a checkpoint in the database and the file that publishes it
_PUBLISHED_WITHIN = timedelta(minutes=1)
# an entry that was recorded so long before a checkpoint was signed has its leaf
_IN_THE_LOG_WITHIN = timedelta(minutes=15)
_CHAINS, _ENTRIES = table_of(Chain), table_of(Entry)
_LEAVES, _CHECKPOINTS = table_of(Leaf), table_of(Checkpoint)


@dataclass(frozen=True, kw_only=True)
class LogCheck:
    """What the check of all logs found. `waiting` entries are in none yet."""

    leaves: int
    checkpoints: int
    waiting: int
    faults: tuple[Fault, ...]


def check_logs(
    session: Session,
    files: Path | None,
    keys: Sequence[Verifier],
    *,
    now: datetime,
    kept: Sequence[Head] = (),
    told: Callable[[int], object] = lambda leaves: None,
) -> LogCheck:
    """Every log re-computed; `files` is the folder with their files, None for a backup, which has none.

    `kept` are checkpoints that were kept elsewhere, verified by their reader.
    """
    logs, faults, leaves, checkpoints = all_logs(session), list[Fault](), 0, 0
    losses = declared_losses(session)
    for log in logs:
        folder = LogFolder(files_of(files or Path(), log.id))
        one = _OneLog(session, log, folder, keys, has_files=files is not None)
        one.read_checkpoints(kept)
        one.read_leaves(told)
        one.compare_sizes(losses.get(log.origin), is_last=log is logs[-1], now=now)
        faults += one.faults
        leaves, checkpoints = leaves + one.leaves, checkpoints + len(one.stored)
    known = {log.origin for log in logs}
    faults += [
        Fault(log=head.origin, what="a checkpoint of this log was kept elsewhere, and here is no such log")
        for head in kept
        if head.origin not in known
    ]
    waiting, late = _waiting(session, logs)
    return LogCheck(leaves=leaves, checkpoints=checkpoints, waiting=waiting, faults=tuple(faults + late))


def _waiting(session: Session, logs: Sequence[Log]) -> tuple[int, list[Fault]]:
    """How many entries have no leaf, and those that should have one."""
    connection = session.connection()
    no_leaf = ~sa.exists().where(_LEAVES.c.entry_id == _ENTRIES.c.id)
    count = connection.execute(sa.select(sa.func.count()).select_from(_ENTRIES).where(no_leaf)).scalar_one()
    signed_at = connection.execute(
        sa.select(sa.func.max(_CHECKPOINTS.c.signed_at)).where(
            _CHECKPOINTS.c.log_id == (logs[-1].id if logs else 0)
        )
    ).scalar()
    if not count or signed_at is None:
        return count, []
    late = (
        sa.select(_CHAINS.c.name, _ENTRIES.c.number)
        .join(_CHAINS, _CHAINS.c.id == _ENTRIES.c.chain_id)
        .where(no_leaf, _ENTRIES.c.recorded_at < signed_at - _IN_THE_LOG_WITHIN)
        .order_by(_ENTRIES.c.id)
        .limit(_MOST_FAULTS)
    )
    what = "it is in no log, although entries that were recorded long after it are"
    return count, [
        Fault(chain=str(row.name), number=row.number, what=what) for row in connection.execute(late)
    ]


class _OneLog:
    """The check of one log. What was signed are promises: the root at a size, and who says so."""

    def __init__(
        self, session: Session, log: Log, folder: LogFolder, keys: Sequence[Verifier], *, has_files: bool
    ) -> None:
        self._connection, self._log, self._folder = session.connection(), log, folder
        self._has_files = has_files
        self._keys = [key for key in keys if key.name == log.origin]
        self._promises: dict[int, list[tuple[bytes, str]]] = defaultdict(list)
        self._published: Head | None = None
        self._broken: tuple[int, int, str] | None = None  # from, to, and which promise is broken there
        self.stored: dict[int, datetime] = {}
        self.leaves = 0
        self.faults: list[Fault] = []

    def _fault(self, what: str, **where: Any) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(log=self._log.origin, what=what, **where))

    def read_checkpoints(self, kept: Sequence[Head]) -> None:
        """What was promised: the checkpoints in the database, the published one, and those kept elsewhere."""
        if not self._keys:
            self._fault("no key of this log is trusted here; give the key on paper with --key")
        self._read_stored()
        self._read_published()
        for head in kept:
            if head.origin == self._log.origin:
                self._promise(head, f"the checkpoint of {head.size} entries that was kept elsewhere")

    def _promise(self, head: Head, label: str) -> None:
        self._promises[head.size].append((head.root, label))

    def _read_stored(self) -> None:
        found = sa.select(_CHECKPOINTS).where(_CHECKPOINTS.c.log_id == self._log.id)
        for row in self._connection.execute(found.order_by(_CHECKPOINTS.c.size)):
            self.stored[row.size] = row.signed_at
            try:
                head = open_checkpoint(row.note, self._keys, origin=self._log.origin)
            except LabError as error:
                self._fault(f"its checkpoint of {row.size} entries is wrong: {error.message}")
                continue
            if (head.size, head.root) != (row.size, row.root):
                self._fault(f"its checkpoint of {row.size} entries was changed")
            self._promise(head, f"its checkpoint of {head.size} entries")

    def _read_published(self) -> None:
        if not self._has_files:
            return
        try:
            note = self._folder.checkpoint()
            if note is not None:
                self._published = open_checkpoint(note, self._keys, origin=self._log.origin)
                self._promise(self._published, "the published checkpoint")
            elif self.stored:
                self._fault(f"nothing is published in {self._folder.path}; name another folder with --log")
        except (LabError, UnicodeDecodeError) as error:
            fault = error.message if isinstance(error, LabError) else "it is not text"
            self._fault(f"its published checkpoint is wrong: {fault}")

    def read_leaves(self, told: Callable[[int], object]) -> None:
        """Every leaf against the promises and the files, then what differs is named."""
        files = Comparison(self._folder, self._published.size if self._published else 0)
        tree, kept_until = Frontier(), 0
        rows = self._complete()
        self._keep_promises(tree, kept_until)
        while tile := list(islice(rows, WIDTH)):
            bodies = [body for _, body in tile]
            hashes = [leaf_hash(body) for body in bodies]
            for leaf in hashes:
                tree.append(leaf)
                if tree.size in self._promises and self._broken is None:
                    self._keep_promises(tree, kept_until)
                    kept_until = tree.size
            files.compare(tile[0][0], bodies, hashes)
            told(len(tile))
        self.leaves = tree.size
        self._name_differences(files)

    def _keep_promises(self, tree: Frontier, kept_until: int) -> None:
        wrong = [label for root, label in self._promises.get(tree.size, ()) if root != tree.root]
        if wrong:
            self._broken = (kept_until, tree.size, wrong[0])

    def _complete(self) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of every leaf; empty bytes where leaf or entry are missing, which is named."""
        found = (
            sa.select(_LEAVES.c.leaf_index, _ENTRIES.c.body)
            .outerjoin(_ENTRIES, _ENTRIES.c.id == _LEAVES.c.entry_id)
            .where(_LEAVES.c.log_id == self._log.id)
            .order_by(_LEAVES.c.leaf_index)
        )
        expected = 0
        for row in self._connection.execution_options(yield_per=_BATCH).execute(found):
            if row.leaf_index - expected > _LONGEST_GAP:
                self._fault(f"no leaf stands between here and leaf {row.leaf_index}", leaf=expected)
                return
            for missing in range(expected, row.leaf_index):
                self._fault("the leaf is missing", leaf=missing)
                yield missing, b""
            if row.body is None:
                self._fault("its entry was deleted", leaf=row.leaf_index)
            yield row.leaf_index, row.body or b""
            expected = row.leaf_index + 1

    def _name_differences(self, files: Comparison) -> None:
        if self._broken is None:
            files.compare_upper()
            for file in files.files:
                self._fault(f"the file {file.path} {file.what}", leaf=file.leaf)
            return
        start, end, label = self._broken
        named = {fault.leaf for fault in self.faults}
        different = [leaf for leaf in files.leaves if leaf not in named]
        for leaf in different[:_MOST_FAULTS]:
            chain, number = self._entry_of(leaf)
            self._fault("the entry is not the one that was signed", leaf=leaf, chain=chain, number=number)
        if not files.leaves:
            self._fault(f"an entry from here to leaf {end - 1} is not the one in {label}", leaf=start)

    def _entry_of(self, leaf: int) -> tuple[str, int]:
        row = self._connection.execute(
            sa.select(_CHAINS.c.name, _ENTRIES.c.number)
            .join(_ENTRIES, _ENTRIES.c.chain_id == _CHAINS.c.id)
            .join(_LEAVES, _LEAVES.c.entry_id == _ENTRIES.c.id)
            .where(_LEAVES.c.log_id == self._log.id, _LEAVES.c.leaf_index == leaf)
        ).first()
        return (str(row.name), row.number) if row else ("", 0)

    def compare_sizes(self, loss: Loss | None, *, is_last: bool, now: datetime) -> None:
        """That nothing is missing at the end: leaves, checkpoints, published file, what is kept elsewhere."""
        promised, published = max(self._promises, default=0), self._published
        signed = max(self.stored, default=0)
        declared = published is not None and loss is not None and loss.tells(published)
        if promised > self.leaves and not declared:
            what = f"the log had {promised} entries, and the database has {self.leaves} of them"
            self._fault(what, leaf=self.leaves)
        if declared and published is not None:
            self._compare_lost(published)
        if self._has_files and signed < self.leaves and (not is_last or self._is_long_ago(signed, now)):
            self._fault("from here on nothing is signed", leaf=signed)
        if published is not None and published.size < signed and self._is_long_ago(signed, now):
            what = f"the published checkpoint has {published.size} entries, an older one than the last"
            self._fault(f"{what}, which has {signed}")

    def _compare_lost(self, published: Head) -> None:
        """What only the files have is what was signed."""
        files = Comparison(self._folder, published.size)
        files.compare_lost(self.leaves)
        for file in files.files:
            self._fault(f"the file {file.path} {file.what}", leaf=file.leaf)
        try:
            is_signed = root_at(published.size, self._folder.hash_at(published.size)) == published.root
        except BrokenTile:
            is_signed = False
        if not is_signed:
            self._fault("the files of what the database lost are not those that were signed")

    def _is_long_ago(self, signed: int, now: datetime) -> bool:
        return signed not in self.stored or now - self.stored[signed] > _PUBLISHED_WITHIN
