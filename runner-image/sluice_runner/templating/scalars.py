"""Filters on numbers, dates and JSON, and the tests that come after `is`."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from jinja2 import Undefined
from jinja2.tests import TESTS as JINJA_TESTS

from sluice_core import template_rules
from sluice_runner.templating import limits, values
from sluice_runner.templating.limits import Refused

_DATE_DIRECTIVES = frozenset("aAbBdfHIjmMpSuUVwWyYzZ%")


def default(value: object, default_value: object = "", boolean: bool = False) -> object:
    """The second value where the first is undefined, or with `boolean` empty or false."""
    if isinstance(value, Undefined) or (boolean and not value):
        return default_value
    return value


def to_int(value: object, default: int = 0, base: int = 10) -> int:
    """A whole number; the default where it cannot be read as one."""
    try:
        if type(value) is str and not value.strip().count("."):
            return int(value, base)
        return int(float(value)) if type(value) is str else int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return default


def to_float(value: object, default: float = 0.0) -> float:
    """A number; the default where it cannot be read as a finite one."""
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return default
    return result if math.isfinite(result) else default


def rounded(value: object, precision: int = 0, method: str = "common") -> float:
    """To `precision` decimal places, -15 to 15; method common, ceil or floor."""
    places = values.whole(precision, -15, 15)
    number = values.number(value)
    if method == "common":
        return float(round(number, places))
    factor: float = 10.0**places
    return float({"ceil": math.ceil, "floor": math.floor}[method](number * factor) / factor)


def to_json(value: object, indent: int | None = None) -> str:
    """As JSON; with an indent of two if one is asked for."""
    values.weigh(value, limits.TEXT_BYTES)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None).decode()


def from_json(value: object) -> object:
    """What a JSON text says."""
    return orjson.loads(values.text(value))


def moment(value: object) -> datetime:
    """A time in RFC 3339, or a number of seconds since 1970; without a zone it is UTC."""
    if type(value) in (int, float):
        return datetime.fromtimestamp(value, UTC)  # type: ignore[arg-type]
    read = datetime.fromisoformat(values.text(value))
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def date_format(value: object, pattern: object = "%Y-%m-%d") -> str:
    """By strftime's directives, without widths: glibc pads to any width it is told."""
    wanted = values.text(pattern)
    for part in wanted.replace("%%", "").split("%")[1:]:
        if part[:1] not in _DATE_DIRECTIVES:
            raise Refused("WrongValue", f"'%{part[:1]}' is not a part of a date")
    return moment(value).strftime(wanted)


def date_add(
    value: object, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
) -> str:
    """A later time, or with negative numbers an earlier one, in RFC 3339."""
    later = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return (moment(value) + later).isoformat()


def _remainder(value: object, divisor: object) -> float:
    return values.number(value) % values.number(divisor)


FILTERS: dict[str, Callable[..., object]] = {
    "abs": lambda value: abs(values.number(value)),
    "d": default,
    "dateadd": date_add,
    "dateformat": date_format,
    "default": default,
    "float": to_float,
    "fromjson": from_json,
    "int": to_int,
    "round": rounded,
    "timestamp": lambda value: moment(value).timestamp(),
    "tojson": to_json,
}

# Jinja's own odd, even and divisibleby use %, which on text means formatting.
TESTS: dict[str, Callable[..., Any]] = {
    **{name: JINJA_TESTS[name] for name in template_rules.TESTS},  # type: ignore[misc]
    "divisibleby": lambda value, divisor: _remainder(value, divisor) == 0,
    "even": lambda value: _remainder(value, 2) == 0,
    "odd": lambda value: _remainder(value, 2) == 1,
    "lower": lambda value: values.text(value).islower(),
    "upper": lambda value: values.text(value).isupper(),
}
