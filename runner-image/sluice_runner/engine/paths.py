"""Dotted paths into data, such as `steps.orders.output.rows.0.id`: read, write, select."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from pydantic import JsonValue


class NoSuchPath(LookupError):  # noqa: N818 - named as it is said
    """A path leads nowhere; the message says how far it came."""


def read(scope: Mapping[str, Any], path: str) -> JsonValue:
    """The value at a path; a number is an index where there is a list."""
    value: Any = scope
    gone: list[str] = []
    for key in path.split("."):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and _is_index(key, value):
            value = value[int(key)]
        else:
            raise NoSuchPath(f"{path}: {_dead_end(gone, key, value)}")
        gone.append(key)
    return dict(value) if isinstance(value, Mapping) and not isinstance(value, dict) else value


def write(target: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    """Put a value at a path, making the objects on the way."""
    *way, last = path.split(".")
    for key in way:
        below = target.get(key)
        below = dict(below) if isinstance(below, dict) else {}
        target[key] = below
        target = below
    target[last] = value


def select(scope: Mapping[str, Any], paths: Iterable[str]) -> dict[str, JsonValue]:
    """A copy of the frame of `scope` with only what the paths lead to.

    What a path does not reach stays away, so that a template finds it as undefined as it is.
    """
    made: dict[str, JsonValue] = {}
    for path in sorted(paths, key=len):  # what is taken whole comes before its own parts
        _copy(scope, made, path.split("."))
    return made


def _copy(source: Any, target: Any, keys: list[str]) -> None:
    *way, last = keys
    for key in way:
        if not _has(source, key):
            return
        below = source[key]
        if not isinstance(below, Mapping):
            last = key
            break
        if target.setdefault(key, {}) is below:
            return
        source, target = below, target[key]
    if _has(source, last):
        value = source[last]
        target[last] = dict(value) if _is_lazy(value) else value


def _has(source: Any, key: str) -> bool:
    return isinstance(source, Mapping) and key in source


def _is_lazy(value: Any) -> TypeGuard[Mapping[str, JsonValue]]:
    return isinstance(value, Mapping) and not isinstance(value, dict)


def _is_index(key: str, items: list[Any]) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 10 and int(key) < len(items)


def _dead_end(gone: list[str], key: str, value: Any) -> str:
    if not gone:
        return f"there is no '{key}'"
    if isinstance(value, Mapping):
        return f"'{'.'.join(gone)}' has no '{key}'"
    if isinstance(value, list):
        return f"'{'.'.join(gone)}' is a list of {len(value)} and has no '{key}'"
    return f"'{'.'.join(gone)}' is not an object and has no '{key}'"
