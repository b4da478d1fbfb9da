"""What a program did to its files and told the network, read from the log of strace.

Writes count when they returned, a sync covers what had returned before it began, and an answer counts as
given when its sending began: always the order that is worst for the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .waiting import wait_until

_CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,truncate,"
    "fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,rmdir,sendto,sendmsg,lseek,mmap,"
    "copy_file_range,sendfile"
)
_LINE = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(?P<rest>.*)")
_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?:<(?P<path>[^>]*)>)?")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"(?P<number>\d+|AT_FDCWD)<(?P<path>[^>]*)>")
_UNFINISHED = " <unfinished ...>"


def strace(log: Path) -> list[str]:
    """The words that start a program under observation."""
    return [
        "strace",
        "-D",
        "-f",
        "-y",
        "-xx",
        "-s",
        "1000000",
        "--seccomp-bpf",
        "-o",
        str(log),
        "-e",
        f"trace={_CALLS}",
    ]


def wait_for_the_end(log: Path, process_id: int) -> None:
    """strace writes on for a moment when the program has ended."""
    last = f"{process_id} +++ exited with"
    wait_until(lambda: last in log.read_text()[-1000:], "the end of strace's log")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One call that succeeded: `kind` is what it does; `began` and `ended` are lines of the log."""

    kind: str
    began: int
    ended: int
    path: str = ""
    to: str = ""
    offset: int = 0
    data: bytes = b""


class UnknownCall(Exception):
    """The program changes a file in a way that the replay does not know: {line}"""


def events(log: Path, folder: Path) -> list[Event]:
    """What happened inside the folder and on sockets, in the order in which it counts."""
    found = _Reader(str(folder.resolve())).read(log)
    return sorted(found, key=lambda event: event.began if event.kind == "send" else event.ended)


class _Reader:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.positions: dict[tuple[str, str], int] = {}

    def read(self, log: Path) -> Iterator[Event]:
        begun: dict[str, tuple[int, str]] = {}
        with log.open(encoding="ascii") as lines:
            for number, line in enumerate(lines):
                match = _LINE.match(line)
                assert match, line[:200]
                thread, rest = match["thread"], match["rest"]
                if rest.endswith(_UNFINISHED):
                    begun[thread] = number, rest.removesuffix(_UNFINISHED)
                    continue
                began = number
                if resumed := _RESUMED.match(rest):
                    began, start = begun.pop(thread)
                    rest = start + resumed["rest"]
                yield from self._event(rest, began, number)

    def _event(self, rest: str, began: int, ended: int) -> Iterator[Event]:
        call = _CALL.match(rest)
        if call is None or int(call["result"]) < 0:
            return
        assert '"...' not in rest, "strace shortened a string"
        words = [_bytes(word) for word in _STRING.findall(call["arguments"])]
        handle = _OPENED.match(call["arguments"])
        at = _path(handle["path"]) if handle else ""
        given = {"began": began, "ended": ended}
        if call["name"] in ("sendto", "sendmsg", "write", "writev") and at.startswith("socket:"):
            yield Event(kind="send", data=b"".join(words), began=began, ended=ended)
        elif call["name"] in ("openat", "open", "creat"):
            yield from self._opened(call, **given)
        elif call["name"] in (
            "unlink",
            "unlinkat",
            "rename",
            "renameat",
            "renameat2",
            "mkdir",
            "mkdirat",
            "rmdir",
        ):
            yield from self._named(call, words, **given)
        elif self._inside(at):
            assert handle
            yield from self._changed(call, handle["number"], at, b"".join(words), **given)

    def _opened(self, call: re.Match[str], *, began: int, ended: int) -> Iterator[Event]:
        path, flags = _path(call["path"] or ""), call["arguments"]
        if not self._inside(path):
            return
        self.positions[call["result"], path] = 0
        if "O_CREAT" in flags:
            yield Event(kind="create", path=path, began=began, ended=ended)
        if "O_TRUNC" in flags:
            yield Event(kind="truncate", path=path, began=began, ended=ended)
        if "O_APPEND" in flags:
            raise UnknownCall(call[0][:300])

    def _named(self, call: re.Match[str], words: list[bytes], *, began: int, ended: int) -> Iterator[Event]:
        folders = [_path(match["path"]) for match in _OPENED.finditer(call["arguments"])] or [""]
        paths = [str(Path(folders[-1], word.decode())) for word in words]
        if not self._inside(paths[0]):
            return
        kind = re.sub(r"at2?$", "", call["name"])
        yield Event(kind=kind, path=paths[0], to=paths[-1], began=began, ended=ended)

    def _changed(
        self, call: re.Match[str], number: str, path: str, data: bytes, *, began: int, ended: int
    ) -> Iterator[Event]:
        name, last = call["name"], call["arguments"].rpartition(" ")[2]
        handle, result = (number, path), int(call["result"])
        if name == "lseek":
            self.positions[handle] = result
        elif name in ("write", "writev"):
            offset = self.positions.get(handle, 0)
            self.positions[handle] = offset + result
            yield Event(kind="write", path=path, offset=offset, data=data[:result], began=began, ended=ended)
        elif name in ("pwrite64", "pwritev"):
            yield Event(
                kind="write", path=path, offset=int(last), data=data[:result], began=began, ended=ended
            )
        elif name == "ftruncate":
            yield Event(kind="truncate", path=path, offset=int(last), began=began, ended=ended)
        elif name in ("fsync", "fdatasync"):
            yield Event(kind="sync", path=path, began=began, ended=ended)
        elif name != "mmap" or ("PROT_WRITE" in call["arguments"] and "MAP_SHARED" in call["arguments"]):
            raise UnknownCall(call[0][:300])

    def _inside(self, path: str) -> bool:
        """SQLite's -shm is shared memory that no power cut keeps: what is done to it does not matter."""
        own = path == self.folder or path.startswith(self.folder + "/")
        return own and not path.endswith(("-shm", " (deleted)"))


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _path(escaped: str) -> str:
    return _bytes(escaped).decode() if escaped.startswith("\\x") else escaped
