"""Restoring a backup: everything is checked on a copy before it takes the place of a database."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from ... import ledger, migrations
from ...foundation.database import Database, sqlite_url
from ...foundation.database_errors import translated
from ...foundation.errors import Conflict, Refused
from ...foundation.settings import Settings
from . import embedded, postgresql
from .container import DamagedBackup, manifest_of, unpack
from .heads import ledger_head
from .making import check_room, keep_names, workshop
from .manifest import Manifest


class NewerBackup(Refused):
    """The backup was made by labflow {version}, whose schema ({revision}) this version does not know.

    Nothing was changed. Install that version of labflow or a newer one, and restore with it.
    """


class OtherDatabase(Refused):
    """The backup is one of {found}, but database_url names {wanted}. Nothing was changed.

    Restore it where the same kind of database is configured.
    """


class AnotherLaboratory(Conflict):
    """The backup belongs to the log {found}, but here is {here}: it comes from another laboratory.

    Nothing was changed. If it is meant to be so, say --another-laboratory.
    """


class DatabaseThere(Conflict):
    """There is a database already: {path}. Nothing was changed.

    Restore into another data folder, or say --replace, which keeps that database beside the new one.
    """


class LedgerFaulty(Refused):
    """The ledger in the backup has {count} faults; the first: {first}. Nothing was changed.

    Restore an older backup, and keep this file: docs/operations.md says how to look into it.
    """


@dataclass(frozen=True)
class Checked:
    """What was found sound: so many entries, and the logs' signatures where their keys are pinned here."""

    entries: int
    signatures: bool


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was restored; `kept` is the database that was there before, `published` the logs outside."""

    manifest: Manifest
    checked: Checked
    kept: Path | None = None
    published: Sequence[tuple[str, int]] = ()

    @property
    def missing_from_log(self) -> int:
        """How many entries people outside know by published logs that this backup did not have yet."""
        last = self.manifest.ledger.log
        sizes = [size for _, size in self.published]
        known = next((place for place, log in enumerate(self.published) if last and log[0] == last.origin), 0)
        return max(sum(sizes[known:]) - (last.size if last else 0), 0)


@translated()
def restore(
    path: Path, settings: Settings, *, replace: bool = False, another_laboratory: bool = False, now: datetime
) -> Restored:
    """Puts the backup's database where the settings look for it, after every check.

    Raises NoSuchBackup, NotABackup, DamagedBackup, NewerBackup, OtherDatabase, AnotherLaboratory,
    LedgerFaulty, NoRoom, DataInUse; SQLite: DatabaseThere; PostgreSQL: NotEmpty, ToolMissing, ToolFailed.
    """
    manifest = _known(path)
    wanted = "sqlite" if settings.is_embedded else "postgresql"
    if manifest.database != wanted:
        raise OtherDatabase(found=manifest.database, wanted=wanted)
    if not another_laboratory:
        _refuse_another_laboratory(manifest, settings)
    if settings.is_embedded:
        return _restore_embedded(path, manifest, settings, replace=replace, now=now)
    return _restore_postgresql(path, manifest, settings)


@translated()
def try_out(path: Path, *, url: str, data: Path) -> Manifest:
    """Restores the backup into a place of its own, checks all of it, throws it away; raises like `restore`.

    `url` is the address of the database in use, because a trial on PostgreSQL needs its server; `data` is the
    folder with the pinned keys of the log.
    """
    manifest = _known(path)
    with workshop(path.parent) as unfinished:
        check_room(unfinished, manifest.size_bytes)
        unpacked = unfinished / "labflow.db"
        unpack(path, unpacked)
        if manifest.database == "sqlite":
            _check_file(path, manifest, unpacked, data)
        else:
            with postgresql.trial_database(url) as trial:
                postgresql.restore(trial, unpacked)
                _check(path, manifest, trial, data)
    return manifest


def _known(path: Path) -> Manifest:
    manifest = manifest_of(path)
    if not migrations.knows(manifest.revision):
        raise NewerBackup(version=manifest.labflow, revision=manifest.revision)
    return manifest


def _refuse_another_laboratory(manifest: Manifest, settings: Settings) -> None:
    here = {origin for origin, _ in published_logs(settings.data)}
    here |= {key.name for key in ledger.LogKeys(settings.data).pinned()}
    if settings.is_embedded and embedded.file_of(settings.database_url).exists():
        here |= embedded.origins_of(settings.database_url)
    if manifest.ledger.log and here and manifest.ledger.log.origin not in here:
        raise AnotherLaboratory(found=manifest.ledger.log.origin, here=" and ".join(sorted(here)))


def _restore_embedded(
    path: Path, manifest: Manifest, settings: Settings, *, replace: bool, now: datetime
) -> Restored:
    file = embedded.file_of(settings.database_url)
    with workshop(file.parent, locked=settings.data) as unfinished:
        if file.exists() and not replace:
            raise DatabaseThere(path=file)
        check_room(unfinished, manifest.size_bytes)
        unpacked = unfinished / file.name
        unpack(path, unpacked)
        checked = _check_file(path, manifest, unpacked, settings.data)
        kept = embedded.put_aside(file, f"{now:%Y%m%d-%H%M%S}") if file.exists() else None
        unpacked.replace(file)
        keep_names(file.parent)
    return Restored(manifest=manifest, checked=checked, kept=kept, published=published_logs(settings.data))


def _restore_postgresql(path: Path, manifest: Manifest, settings: Settings) -> Restored:
    with workshop(settings.data) as unfinished:
        check_room(unfinished, manifest.size_bytes)
        dump = unfinished / "dump"
        unpack(path, dump)
        postgresql.restore(settings.database_url, dump)
        try:
            checked = _check(path, manifest, settings.database_url, settings.data)
        except BaseException:
            postgresql.clear(settings.database_url)
            raise
    return Restored(manifest=manifest, checked=checked, published=published_logs(settings.data))


def _check_file(path: Path, manifest: Manifest, unpacked: Path, data: Path) -> Checked:
    fault = embedded.fault_of(unpacked)
    if fault:
        raise DamagedBackup(path=path, fault=fault)
    return _check(path, manifest, sqlite_url(unpacked), data)


def _check(path: Path, manifest: Manifest, url: str, data: Path) -> Checked:
    """What was checked in this database, which now has this version's schema."""
    db = Database(url, patient=True)
    try:
        with db.engine.connect() as connection:
            found = ledger_head(connection)
        if (migrations.current(db.engine), found) != (manifest.revision, manifest.ledger):
            raise DamagedBackup(path=path, fault="its ledger does not end where the backup says")
        migrations.upgrade(url)
        with db.reading() as session:
            return _check_ledger(session, ledger.LogKeys(data).pinned(), made_at=manifest.made_at)
    finally:
        db.close()


def _check_ledger(session: Session, pinned: Sequence[ledger.Verifier], *, made_at: datetime) -> Checked:
    chains = ledger.check(session)
    faults = list(chains.faults)
    origins = {log.origin for log in ledger.all_logs(session)}
    knows_keys = origins <= {key.name for key in pinned}
    if knows_keys:
        faults += ledger.check_logs(session, None, pinned, now=made_at).faults
    if faults:
        raise LedgerFaulty(count=len(faults), first=faults[0])
    return Checked(chains.entries, signatures=knows_keys)


def published_logs(data: Path) -> list[tuple[str, int]]:
    """Origin and size of every log that people outside know from this data folder, the oldest first."""
    found: list[tuple[str, int]] = []
    folders = (ledger.folder_of(data, log_id) for log_id in itertools.count(1))
    for folder in itertools.takewhile(Path.is_dir, folders):
        with suppress(ValueError):  # a note that is no checkpoint is the log's to tell
            origin, size, *_ = (ledger.LogFolder(folder).checkpoint() or "").split("\n")
            found.append((origin, int(size)))
    return found
