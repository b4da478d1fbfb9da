"""Plain data to values: the configuration file, and the terms an ordered test keeps. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from .offer import Test


def freeze_test(test: Test) -> dict[str, Any]:
    """The test's values as JSON data, to be kept with what was ordered under them."""
    return cast("dict[str, Any]", json.loads(json.dumps(asdict(test))))


def thaw_test(terms: Mapping[str, Any]) -> Test:
    """The test as it was frozen."""
    return _thawed(json.dumps(terms))


@lru_cache(maxsize=1000)
def _thawed(terms: str) -> Test:
    """One value for all tests that were ordered under the same terms, which most are."""
    return cast("Test", build(Test, json.loads(terms)))


def build(hint: Any, data: Any) -> Any:
    """The value of this type that checked plain data stands for."""
    return _maker(hint)(data)


@cache
def _maker(hint: Any) -> Callable[[Any], Any]:
    """What makes values of this type; found once, because a page thaws many tests."""
    kind, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _record_maker(cast("type", hint))
    if kind is tuple:
        each = _maker(inner[0])
        return lambda data: tuple(each(one) for one in data)
    if kind is Mapping:
        return _table_maker(inner[1])
    if kind is UnionType:
        present = _maker(inner[0])
        return lambda data: None if data is None else present(data)
    if hint is float or issubclass(hint, StrEnum):
        return cast("Callable[[Any], Any]", hint)
    return lambda data: data


def _record_maker(row_type: type) -> Callable[[Any], Any]:
    makers = {name: _maker(hint) for name, hint in hints_of(row_type).items()}
    return lambda data: row_type(**{name: makers[name](value) for name, value in data.items()})


def _table_maker(row_type: Any) -> Callable[[Any], Any]:
    """Rows with the code that they stand under in the file."""
    make = _maker(row_type)
    if not is_dataclass(row_type):
        return lambda data: {code: make(row) for code, row in data.items()}
    field = code_field(row_type)
    return lambda data: {code: make({field: code, **row}) for code, row in data.items()}


def code_field(row_type: Any) -> str:
    """The name of the field that is the key in a table of the file: a row's first."""
    return fields(row_type)[0].name


@cache
def hints_of(row_type: type) -> dict[str, Any]:
    """The type of each field."""
    return get_type_hints(row_type)
