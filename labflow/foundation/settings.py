"""How this server runs: the [server] table of the configuration file, and LABFLOW_*, which wins.

What the laboratory offers is the catalog's; here stands only what the machine needs.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .database import sqlite_url
from .errors import Refused

DEFAULT_DATA = ".data"
_KEY_FILE = "secret_key"
_SHORTEST_KEY = 32


class WrongSettings(Refused):
    """labflow cannot start: {fault}.

    Correct the configuration, and look at it with `labflow check-config`.
    """


@dataclass(frozen=True)
class BackupPlan:
    """Backups by schedule into `folder`.

    The last of so many days, weeks and months is kept; `test_every_days` the newest is restored on trial (0:
    never).
    """

    folder: Path
    every_hours: int = 24
    keep_days: int = 7
    keep_weeks: int = 4
    keep_months: int = 12
    test_every_days: int = 7


@dataclass(frozen=True)
class Settings:
    """How this server runs. Times are in the unit of the name."""

    data: Path
    database_url: str = field(repr=False)  # it may hold a password
    secret_key: str = field(repr=False)
    config: Path | None = None
    idle_minutes: int = 5
    absolute_hours: int = 12
    shift_hours: int = 4
    secure_cookies: bool | None = None  # None: as the request came, by https or not
    max_body_bytes: int = 1_048_576
    trusted_proxies: int = 0
    demo: bool = False
    backups: BackupPlan | None = None
    log_origin: str | None = None  # None: the first log gets a name of its own

    @property
    def is_embedded(self) -> bool:
        """Whether the database is SQLite, on which one process works."""
        return self.database_url.startswith("sqlite")


@dataclass(frozen=True)
class _Key:
    """One setting: what it must be, in words and as a check, and how it reads as text."""

    expected: str
    fits: Callable[[Any], bool]
    from_text: Callable[[str], Any]


def _whole_number(low: int, high: int) -> _Key:
    def fits(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return _Key(
        f"a whole number from {low} to {high}", fits, lambda text: int(text) if text.isdecimal() else text
    )


def _words(expected: str) -> _Key:
    return _Key(expected, lambda value: isinstance(value, str) and bool(value.strip()), str)


_TRUTH = {"true": True, "false": False}
_KEYS = {
    "data": _words("the folder for everything that labflow keeps"),
    "database_url": _Key(
        "sqlite:///FILE or postgresql+psycopg://NAME@HOST/DATABASE",
        lambda value: isinstance(value, str) and value.startswith(("sqlite:///", "postgresql+psycopg://")),
        str,
    ),
    # a shared workstation locks itself within a quarter of an hour (HIPAA 164.312(a)(2)(iii))
    "idle_minutes": _whole_number(1, 15),
    "absolute_hours": _whole_number(1, 24),
    "shift_hours": _whole_number(0, 24),
    "secure_cookies": _Key(
        "true or false", lambda value: isinstance(value, bool), lambda t: _TRUTH.get(t, t)
    ),
    "max_body_bytes": _whole_number(65_536, 67_108_864),
    "trusted_proxies": _whole_number(0, 5),
    "log_origin": _Key(
        "a name like lab.example.org/marrow, at most 100 signs without blanks and plus",
        lambda value: isinstance(value, str) and re.fullmatch(r"[^\s+]{1,100}", value) is not None,
        str,
    ),
}


_BACKUP_KEYS = {
    # a path that depends on where labflow was started would one day name another folder
    "folder": _Key(
        "the whole path of a folder",
        lambda value: isinstance(value, str) and Path(value).is_absolute(),
        str,
    ),
    "every_hours": _whole_number(1, 168),
    "keep_days": _whole_number(1, 366),
    "keep_weeks": _whole_number(0, 520),
    "keep_months": _whole_number(0, 1200),
    "test_every_days": _whole_number(0, 366),
}


def server_faults(table: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every fault of the [server] table: the path of the key, and what was expected there."""
    return _table_faults("server", table, _KEYS)


def backup_faults(table: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every fault of the [backups] table, like `server_faults`."""
    missing = [("backups.folder", _BACKUP_KEYS["folder"].expected)] if "folder" not in table else []
    return missing + _table_faults("backups", table, _BACKUP_KEYS)


def _table_faults(title: str, table: Mapping[str, object], keys: Mapping[str, _Key]) -> list[tuple[str, str]]:
    known = "one of " + ", ".join(keys)
    return [
        (f"{title}.{name}", keys[name].expected if name in keys else known)
        for name, value in table.items()
        if name not in keys or not keys[name].fits(value)
    ]


def load_settings(
    environ: Mapping[str, str], *, config: Path | None = None, data: Path | None = None, demo: bool = False
) -> Settings:
    """The settings of this server; `config` and `data` come from the command line, which wins over all.

    Makes the data folder and its secret key when they are not there. Raises WrongSettings.
    """
    if config is None and environ.get("LABFLOW_CONFIG"):
        config = Path(environ["LABFLOW_CONFIG"])
    found = {"data": DEFAULT_DATA} | (_table(config, "server") or {}) | _of_environment(environ)
    backups = _table(config, "backups")
    if data is not None:
        found["data"] = str(data)
    if faults := server_faults(found) + ([] if backups is None else backup_faults(backups)):
        raise WrongSettings(fault="; ".join(f"{path} must be {expected}" for path, expected in faults))
    folder = Path(found.pop("data"))
    url = found.pop("database_url", sqlite_url(folder / "labflow.db"))
    plan = BackupPlan(**backups | {"folder": Path(backups["folder"])}) if backups else None
    return Settings(folder, url, _secret_key(folder), config=config, demo=demo, backups=plan, **found)


def _table(config: Path | None, title: str) -> dict[str, Any] | None:
    """This table of the configuration file; None where there is none."""
    if config is None:
        return None
    try:
        table = tomllib.loads(config.read_text(encoding="utf-8")).get(title)
    except (OSError, ValueError) as error:
        raise WrongSettings(fault=f"{config} cannot be read ({error})") from error
    if table is not None and not isinstance(table, dict):
        raise WrongSettings(fault=f"{title} must be a table")
    return table


def _of_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    named = {name: environ.get(f"LABFLOW_{name.upper()}") for name in _KEYS}
    return {name: _KEYS[name].from_text(text) for name, text in named.items() if text is not None}


def _secret_key(folder: Path) -> str:
    """The key that signs forms, made at the first start; nobody but the server's own account may read it."""
    path = folder / _KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_key(path)
        others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSettings(fault=f"{path} cannot be made or read ({error.strerror})") from error
    if others:
        raise WrongSettings(fault=f"others may read {path}; say `chmod 600 {path}`")
    if len(key) < _SHORTEST_KEY:
        raise WrongSettings(fault=f"{path} holds no key of {_SHORTEST_KEY} signs; delete it for a new one")
    return key


def _make_key(path: Path) -> None:
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(_SHORTEST_KEY))
