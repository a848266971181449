"""What a database gives, as data that JSON can say without losing anything. Pure."""

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
from pydantic import JsonValue

TIMES = frozenset({datetime, date, type(None)})  # that orjson writes as RFC 3339, and fast
AS_THEY_ARE = frozenset({int, str, bool, type(None)})


def rows_of(names: Sequence[str], found: Sequence[Sequence[Any]]) -> list[dict[str, JsonValue]]:
    """Rows by the names of their columns; a column of plain values is not looked at one by one."""
    columns = (_column([values[at] for values in found]) for at in range(len(names)))
    return [dict(zip(names, row)) for row in zip(*columns)]  # noqa: B905 - strict is thrice as slow


def _column(values: list[Any]) -> list[JsonValue]:
    kinds = set(map(type, values))
    if kinds <= AS_THEY_ARE or (kinds == {float} and all(map(math.isfinite, values))):
        return values
    if kinds <= TIMES:
        told: list[JsonValue] = orjson.loads(orjson.dumps(values, option=orjson.OPT_UTC_Z))
        return told
    return [value if type(value) in AS_THEY_ARE else plain(value) for value in values]


def plain(value: Any) -> JsonValue:
    """One value; what has no form of its own is given as the database's driver writes it."""
    make = _FORMS.get(type(value))
    if make is not None:
        return make(value)
    for kind, form in _FORMS.items():
        if isinstance(value, kind):
            return form(value)
    return value if isinstance(value, int | str) else str(value)


def _number(value: float) -> JsonValue:
    """JSON has no NaN and no infinity: they are texts, as databases spell them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _bytes(value: bytes | bytearray | memoryview) -> JsonValue:
    return {"base64": b64encode(value).decode()}


def _time(value: datetime | date | time) -> JsonValue:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _list(values: Sequence[Any]) -> JsonValue:
    return [plain(value) for value in values]


_FORMS: Mapping[type, Callable[[Any], JsonValue]] = {
    type(None): lambda value: value,
    float: _number,
    Decimal: str,
    datetime: _time,
    date: _time,
    time: _time,
    timedelta: timedelta.total_seconds,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    dict: lambda value: value,  # a column of type json
    list: _list,
    tuple: _list,
    set: lambda values: _list(sorted(values)),
}
