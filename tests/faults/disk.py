"""A disk that forgets: what a power cut may leave of a folder, at every moment of a recorded run.

A file keeps the bytes that were synced; a folder keeps the names that were there when it was synced. What was
written since may be lost, kept, or torn at 512 bytes, in any mixture.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .trace import Event

_SECTOR = 512


@dataclass
class _File:
    """The bytes that are safe, and the writes and truncations that are not yet."""

    safe: bytearray = field(default_factory=bytearray)
    waiting: list[Event] = field(default_factory=list)

    def sync(self, began: int) -> None:
        for event in self.waiting:
            if event.ended < began:
                _apply(self.safe, event)
        self.waiting = [event for event in self.waiting if event.ended >= began]

    def after_a_cut(self, kept: _Kept) -> bytearray:
        found = bytearray(self.safe)
        for event in self.waiting:
            for part in kept.parts(event):
                _apply(found, part)
        return found


# A name in a folder that appears, or disappears (None).
_Change = tuple[str, _File | None]
_FOLDER = _File()


@dataclass
class _Rename:
    """Changes of names that happen together."""

    ended: int
    changes: Sequence[_Change]


class _Kept:
    """What of the unsafe writes is kept: nothing, or each part with one random probability."""

    def __init__(self, rng: random.Random | None) -> None:
        self._rng, self._share = rng, rng.random() if rng else 0.0

    def one(self) -> bool:
        return self._rng is not None and self._rng.random() < self._share

    def parts(self, event: Event) -> list[Event]:
        """The sectors of a write that reached the disk, in order."""
        if event.kind == "truncate":
            return [event] if self.one() else []
        return [part for part in _sectors(event) if self.one()] if self._rng else []


class Disk:
    """The files of one folder while the recorded events happen one after the other."""

    def __init__(self, folder: Path, base: Path) -> None:
        """`folder` is where the program worked, `base` a copy of it from before the run, all of it safe."""
        self.folder = folder.resolve()
        self._now: dict[str, _File] = {str(self.folder): _FOLDER}
        for path in sorted(base.rglob("*")):
            name = str(self.folder / path.relative_to(base))
            self._now[name] = _FOLDER if path.is_dir() else _File(bytearray(path.read_bytes()))
        self._safe = dict(self._now)
        self._waiting: list[_Rename] = []

    def happen(self, event: Event) -> None:
        if event.kind in ("write", "truncate"):
            self._now[event.path].waiting.append(event)
        elif event.kind == "sync":
            self._sync(event)
        elif changes := self._changes(event):
            for name, file in changes:
                _rename(self._now, name, file)
            self._waiting.append(_Rename(event.ended, changes))

    def _changes(self, event: Event) -> list[_Change]:
        if event.kind == "create":
            return [] if event.path in self._now else [(event.path, _File())]
        if event.kind == "mkdir":
            return [(event.path, _FOLDER)]
        if event.kind in ("unlink", "rmdir"):
            return [(event.path, None)]
        if event.kind == "rename":
            return [(event.path, None), (event.to, self._now[event.path])]
        return []

    def _sync(self, event: Event) -> None:
        if self._now[event.path] is not _FOLDER:
            self._now[event.path].sync(event.began)
            return
        covered = [
            one
            for one in self._waiting
            if one.ended < event.began
            and any(str(Path(name).parent) == event.path for name, _ in one.changes)
        ]
        for one in covered:
            for name, file in one.changes:
                _rename(self._safe, name, file)
        self._waiting = [one for one in self._waiting if one not in covered]

    def visible(self, name: str) -> bytes | None:
        """What programs read in this file now, before any power cut."""
        file = self._now.get(str(self.folder / name))
        if file is None:
            return None
        found = bytearray(file.safe)
        for event in file.waiting:
            _apply(found, event)
        return bytes(found)

    def cut(self, target: Path, rng: random.Random | None = None) -> None:
        """Write into the folder `target` what a power cut leaves now: the least, or a random mixture."""
        kept, names = _Kept(rng), dict(self._safe)
        for one in self._waiting:
            if kept.one():
                for name, file in one.changes:
                    _rename(names, name, file)
        for name in sorted(names):
            path = target / Path(name).relative_to(self.folder)
            if not path.parent.is_dir():
                continue  # the name of its folder is lost
            if names[name] is _FOLDER:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(names[name].after_a_cut(kept))
                path.chmod(0o600)  # as labflow makes what nobody else may read


def _rename(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _apply(content: bytearray, event: Event) -> None:
    if event.kind == "truncate":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def _sectors(event: Event) -> list[Event]:
    parts, start = [], 0
    while start < len(event.data):
        end = start + _SECTOR - (event.offset + start) % _SECTOR
        parts.append(
            Event(
                kind="write",
                offset=event.offset + start,
                data=event.data[start:end],
                began=event.began,
                ended=event.ended,
            )
        )
        start = end
    return parts
