"""Values of a step as PostgreSQL's driver wants them, by the types that the server tells. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
from pydantic import JsonValue

from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.content import to_bytes


def converted(name: str, value: JsonValue, kind: str) -> Any:
    """The value for a parameter of type `kind`, such as date[]; StepFailed if it is none."""
    try:
        return _converted(name, value, kind)
    except (ValueError, TypeError, ArithmeticError) as error:
        message = f"with.parameters.{name}: is not a value of the type {kind}"
        raise StepFailed("Permanent", "InvalidParameter", message) from error


def _converted(name: str, value: JsonValue, kind: str) -> Any:
    if value is None:
        return None
    if kind.endswith("[]") and isinstance(value, list):
        return [_converted(name, one, kind.removesuffix("[]")) for one in value]
    if kind == "bytea":
        return to_bytes(value, f"parameters.{name}")
    make = _KINDS.get(kind)
    return make(value) if make else value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _without_zone(value: Any) -> datetime:
    """As PostgreSQL reads a text with a zone for a type that has none: it does not look at it."""
    return datetime.fromisoformat(value).replace(tzinfo=None)


def _with_zone(value: Any) -> datetime:
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _seconds(value: Any) -> timedelta:
    return timedelta(seconds=float(value))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "numeric": _decimal,
    "float4": float,
    "float8": float,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timetz": time.fromisoformat,
    "timestamp": _without_zone,
    "timestamptz": _with_zone,
    "interval": _seconds,
    "json": _json,
    "jsonb": _json,
}
