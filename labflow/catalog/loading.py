"""The catalog's door: the configuration file, read and checked as a whole. Every fault is told at once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from marshmallow import ValidationError

from .cross_checks import cross_faults
from .faults import ConfigurationFaults, Fault
from .offer import Catalog
from .schema import catalog_schema
from .values import build

_LONGEST_FOUND = 60


def load_catalog(path: Path) -> Catalog:
    """What the laboratory offers by this file; raises ConfigurationFaults with all faults."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "bytes that are not UTF-8"
        raise ConfigurationFaults([Fault(str(path), "a readable file", str(why))]) from error
    return read_catalog(text)


def read_catalog(text: str) -> Catalog:
    """What the laboratory offers by this TOML text; raises ConfigurationFaults with all faults."""
    document = _parse(text)
    valid, faults = _check_shape(document)
    faults += cross_faults(valid)
    if faults:
        raise ConfigurationFaults(faults)
    return cast("Catalog", build(Catalog, valid))


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationFaults([Fault("the file", "TOML", str(error))]) from error


def _check_shape(document: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The valid part of the document with defaults filled in, and what is wrong with the rest."""
    faults: list[Fault] = []
    try:
        valid = catalog_schema().load(document)
    except ValidationError as error:
        faults = list(_faults(error.messages_dict, document))
        valid = error.valid_data
    for title in ("server", "backups"):
        valid.pop(title, None)
    return valid, faults


def _faults(messages: Mapping[Any, Any], document: Any, path: str = "") -> Iterator[Fault]:
    """marshmallow's nested messages as faults, with what the document says there."""
    for key, message in messages.items():
        here, found = (path, document) if key == "_schema" else (_join(path, key), _at(document, key))
        if isinstance(message, Mapping):
            yield from _faults(message, found, here)
        else:
            yield Fault(here, message[0], _words(found))


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key + 1}]"
    return f"{path}.{key}" if path else key


def _at(document: Any, key: Any) -> Any:
    if isinstance(document, Sequence):
        return document[key]
    return document.get(key)


def _words(found: Any) -> str:
    if found is None:
        return "nothing"
    if isinstance(found, dict):
        return "a table"
    return json.dumps(found, ensure_ascii=False, default=str)[:_LONGEST_FOUND]
