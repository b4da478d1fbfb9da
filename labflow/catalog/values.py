"""Plain data to values: the configuration file, and the terms an ordered test keeps. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from .offer import Test


def freeze_test(test: Test) -> dict[str, Any]:
    """The test's values as JSON data, to be kept with what was ordered under them."""
    return cast("dict[str, Any]", json.loads(json.dumps(asdict(test))))


def thaw_test(terms: Mapping[str, Any]) -> Test:
    """The test as it was frozen."""
    return cast("Test", build(Test, terms))


def build(hint: Any, data: Any) -> Any:
    """The value of this type that checked plain data stands for."""
    if is_dataclass(hint):
        hints = hints_of(cast("type", hint))
        return cast("type", hint)(**{name: build(hints[name], value) for name, value in data.items()})
    kind, inner = get_origin(hint), get_args(hint)
    if kind is tuple:
        return tuple(build(inner[0], each) for each in data)
    if kind is Mapping:
        return {code: build(inner[1], with_code(inner[1], code, row)) for code, row in data.items()}
    if kind is UnionType:
        return None if data is None else build(inner[0], data)
    return hint(data) if hint is float or issubclass(hint, StrEnum) else data


def with_code(hint: Any, code: str, row: Any) -> Any:
    """A row of a table with the code that it stands under in the file."""
    return {code_field(hint): code, **row} if is_dataclass(hint) else row


def code_field(row_type: Any) -> str:
    """The name of the field that is the key in a table of the file: a row's first."""
    return fields(row_type)[0].name


@cache
def hints_of(row_type: type) -> dict[str, Any]:
    """The type of each field."""
    return get_type_hints(row_type)
