"""marshmallow schemas of the configuration, derived from the types in `offer`: the values are the contract.

Every message is what was expected, so that a fault can say it.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from types import UnionType
from typing import Any, cast, get_args, get_origin

from marshmallow import Schema, ValidationError, fields

from .offer import Catalog
from .values import code_field, hints_of

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}")
_CODE_EXPECTED = "a code of 1 to 20 letters, digits, - or _"
_TYPE_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    time: "a time as 15:00:00",
}
# Lowest and highest value by the name of the setting: they keep typing errors from breaking sums and dates;
# what is right is the laboratory's to say.
_OTHER_BOUNDS = (0, 100_000)
_BOUNDS = {
    "hours": (0.1, 100_000),
    "capacity_ml": (0.1, 1000),
    "ml_per_kg": (1, 200),
    "pull": (1, 9),
    "pieces": (1, 99),
    "minimum_pieces": (0, 99),
    "makes": (0, 99),
    "weekdays": (0, 6),
    "warn_percent": (0, 100),
    "reason_percent": (0, 100),
    "block_percent": (0, 100),
    "port": (1, 65_535),
    "width_mm": (10, 300),
    "height_mm": (5, 300),
    "minimum": (-math.inf, math.inf),
    "maximum": (-math.inf, math.inf),
}


class _Plain(fields.Field[Any]):
    """A value of exactly this type: marshmallow's own fields would take the text "5" for the number 5."""

    def __init__(self, wanted: type, bounds: tuple[float, float], **options: Any) -> None:
        super().__init__(**options)
        self.types = (int, float) if wanted is float else (wanted,)
        self.bounds = bounds

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if type(value) not in self.types:
            raise self.make_error("invalid")
        low, high = self.bounds
        if type(value) in (int, float) and not (math.isfinite(value) and low <= value <= high):
            raise self.make_error("invalid")
        if value == "" and self.required:
            raise self.make_error("invalid")
        return value


class _Table(fields.Field[Any]):
    """Rows under their codes. A faulty row is told and its valid part kept, for the checks across tables."""

    def __init__(self, row: fields.Field[Any], **options: Any) -> None:
        super().__init__(**options)
        self.row = row

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        rows: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for code, row in value.items():
            if not _CODE.fullmatch(code):
                faults[code] = [_CODE_EXPECTED]
                continue
            try:
                rows[code] = self.row.deserialize(row)
            except ValidationError as error:
                faults[code], rows[code] = error.messages, error.valid_data or {}
        if faults:
            raise ValidationError(faults, valid_data=rows)
        return rows


def catalog_schema() -> Schema:
    """The schema of the whole file; `server` and `backups` belong to the settings and are let through."""
    schema = type("Configuration", (_schema_of(Catalog),), {"server": fields.Raw(), "backups": fields.Raw()})
    return cast("Schema", schema())


def _schema_of(row_type: type, *, without: str = "") -> type[Schema]:
    declared = {
        field.name: _field(hint, field.name, **_presence(field, hint))
        for field, hint in ((field, hints_of(row_type)[field.name]) for field in dataclasses.fields(row_type))
        if field.name != without
    }
    messages = {"unknown": f"one of the settings {', '.join(declared)}", "type": "a table"}
    return cast("type[Schema]", type(row_type.__name__, (Schema,), {**declared, "error_messages": messages}))


def _presence(field: dataclasses.Field[Any], hint: Any) -> dict[str, Any]:
    """What is left out gets its default, a list as TOML has it; TOML has no null, so None is left out too."""
    if field.default is not dataclasses.MISSING:
        return {"load_default": [] if field.default == () else field.default}
    if field.default_factory is not dataclasses.MISSING:
        return {"load_default": field.default_factory}
    return {"load_default": None} if get_origin(hint) is UnionType else {"required": True}


def _field(hint: Any, name: str, **options: Any) -> fields.Field[Any]:
    kind, inner = get_origin(hint), get_args(hint)
    if kind is UnionType:
        return _field(inner[0], name, **options)
    if kind is tuple:
        return fields.List(
            _field(inner[0], name, required=True), error_messages=_expecting("a list"), **options
        )
    if kind is Mapping:
        return _Table(_row(inner[1], name), error_messages=_expecting("a table"), **options)
    if dataclasses.is_dataclass(hint):
        return fields.Nested(_schema_of(cast("type", hint)), error_messages=_expecting("a table"), **options)
    if issubclass(hint, StrEnum):
        expected = f"one of {', '.join(hint)}"
        return fields.Enum(hint, by_value=True, error_messages=_expecting(expected), **options)
    bounds = _BOUNDS.get(name, _OTHER_BOUNDS)
    return _Plain(hint, bounds, error_messages=_expecting(_words(hint, bounds)), **options)


def _row(hint: Any, name: str) -> fields.Field[Any]:
    if not dataclasses.is_dataclass(hint):
        return _field(hint, name, required=True)
    schema = _schema_of(cast("type", hint), without=code_field(hint))
    return fields.Nested(schema, error_messages=_expecting("a table"))


def _words(wanted: type, bounds: tuple[float, float]) -> str:
    words = _TYPE_WORDS[wanted]
    if wanted not in (int, float) or bounds[0] == -math.inf:
        return words
    return f"{words} from {bounds[0]} to {bounds[1]}"


def _expecting(expected: str) -> dict[str, Any]:
    return dict.fromkeys(("required", "null", "invalid", "type", "unknown"), expected)
