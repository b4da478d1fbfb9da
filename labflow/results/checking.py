"""Is what was entered a result of this test? The fields are the catalog's, as the test was ordered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import fsum
from typing import Any

from ..catalog import FieldKind, ResultField, Test
from ..foundation.errors import Refused

_TEXT_LENGTH = 4000
# Shares that were rounded one by one may miss 100 % by this much together.
_ROUNDING_PERCENT = 1


class UnfitFields(Refused):
    """Some fields of the {test} result are not right: {faults}.

    Correct these fields and send the result again.
    """

    def __init__(self, *, test: str, errors: Mapping[str, list[str]], names: Mapping[str, str]) -> None:
        faults = "; ".join(f"{names.get(code, code)} {texts[0]}" for code, texts in errors.items())
        super().__init__(test=test, faults=faults, errors=dict(errors))


def checked(terms: Test, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by field code, numbers as numbers; raises UnfitFields, which names every wrong field.

    Numbers may come as text, as a form sends them. Empty values count as not given.
    """
    given = {code: value for code, value in values.items() if value not in (None, "")}
    fields = {field.code: field for field in terms.result_fields}
    errors = {code: ["is no field of this test"] for code in given.keys() - fields.keys()}
    fit: dict[str, Any] = {}
    for code, field in fields.items():
        try:
            if code in given:
                fit[code] = _fit(field, given[code])
            elif field.required:
                errors[code] = ["is required"]
        except ValueError as fault:
            errors[code] = [str(fault)]
    errors = errors or _share_errors(fields.values(), fit)
    if errors:
        raise UnfitFields(
            test=terms.short_name, errors=errors, names={f.code: f.name for f in fields.values()}
        )
    return fit


def _fit(field: ResultField, value: Any) -> Any:
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        return _number(field, value)
    if not isinstance(value, str):
        raise ValueError("must be text")
    text = value.strip()
    if field.kind == FieldKind.CHOICE and text not in field.choices:
        raise ValueError(f"must be one of {', '.join(field.choices)}")
    if len(text) > _TEXT_LENGTH:
        raise ValueError(f"must be at most {_TEXT_LENGTH} signs")
    return text


def _number(field: ResultField, value: Any) -> float | int:
    number = _parsed(value)
    if field.kind == FieldKind.INTEGER and not number.is_integer():
        raise ValueError("must be a whole number")
    if field.minimum is not None and number < field.minimum:
        raise ValueError(f"must be at least {field.minimum:g}")
    if field.maximum is not None and number > field.maximum:
        raise ValueError(f"must be at most {field.maximum:g}")
    return int(number) if number.is_integer() else number


def _parsed(value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < float("inf"):  # neither infinite nor "not a number"
        raise ValueError("must be a number")
    return number


def _share_errors(fields: Iterable[ResultField], fit: Mapping[str, Any]) -> dict[str, list[str]]:
    """Shares that do not add up to 100 %, as far as rounding allows."""
    shares = {field.code: fit[field.code] for field in fields if field.share and field.code in fit}
    if not shares or abs(fsum(shares.values()) - 100) <= _ROUNDING_PERCENT:
        return {}
    return {next(iter(shares)): [f"and the other shares add up to {fsum(shares.values()):g}, not to 100"]}
