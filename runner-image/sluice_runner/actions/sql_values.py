"""What a database gives, as data that JSON can say without losing anything. Pure."""

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

AS_THEY_ARE = frozenset({int, str, bool, type(None)})


def row_of(names: Sequence[str], values: Sequence[Any]) -> dict[str, JsonValue]:
    """One row by the names of its columns."""
    return {
        name: value if type(value) in AS_THEY_ARE else plain(value)
        for name, value in zip(names, values, strict=True)
    }


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
