"""Compare a manifest with a live object, guided by the FieldsV1 that says what we own of it.

FieldsV1 (structured-merge-diff): `f:name` a field, `k:{…}` the item of a list with these keys,
`v:…` the member of a set, `.` the thing itself; `{}` is a leaf, owned whole with all below it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from sluice_kube import quantities

Fields = Mapping[str, Any]
IDENTITY = ("apiVersion", "kind")  # never in FieldsV1, like the object's name and namespace


def same_shape(desired: Any, owned: Fields) -> bool:
    """Whether we own exactly the fields that the manifest names: none is new, none was dropped."""
    if not owned:
        return True
    if isinstance(desired, dict):
        return _same_fields(desired, owned)
    if isinstance(desired, list):
        pairs = list(_paired(desired, owned))
        reached = {name for _, name in pairs}
        return reached == _children(owned) and all(
            name is not None and same_shape(item, owned[name]) for item, name in pairs
        )
    return False


def _same_fields(desired: Mapping[str, Any], owned: Fields) -> bool:
    named = {f"f:{name}": value for name, value in desired.items()}
    if not _children(owned) <= named.keys():
        return False
    return all(
        same_shape(value, owned[name]) if name in owned else _is_zero(value)
        for name, value in named.items()
    )


def agrees(desired: Any, live: Any, owned: Fields) -> bool:
    """Whether the live object has the manifest's values; what else it has is not looked at."""
    if isinstance(desired, dict):
        return isinstance(live, dict) and all(
            _field_agrees(value, live.get(name), owned.get(f"f:{name}", {}))
            for name, value in desired.items()
        )
    if isinstance(desired, list) and isinstance(live, list):
        return _items_agree(desired, live, owned)
    return bool(desired == live) or quantities.equal(desired, live)


def _field_agrees(desired: Any, live: Any, owned: Fields) -> bool:
    if live is None:
        return _is_zero(desired)
    return agrees(desired, live, owned)


def _items_agree(desired: list[Any], live: list[Any], owned: Fields) -> bool:
    if not _children(owned):  # atomic: the list is ours as a whole, in this order
        return len(desired) == len(live) and all(
            agrees(mine, theirs, {}) for mine, theirs in zip(desired, live, strict=True)
        )
    return all(
        any(_matches(name, theirs) and agrees(item, theirs, owned[name]) for theirs in live)
        for item, name in _paired(desired, owned)
        if name is not None
    )


def _paired(items: list[Any], owned: Fields) -> Iterator[tuple[Any, str | None]]:
    """Each item with its name in FieldsV1, or None when it is not ours."""
    left = _children(owned)
    for item in items:
        name = next((name for name in sorted(left) if _matches(name, item)), None)
        left -= {name}
        yield item, name


def _matches(name: str, item: Any) -> bool:
    wanted = orjson.loads(name[2:])
    if name.startswith("k:"):
        # A key that the manifest leaves out has its default, as `protocol: TCP` of a port.
        return isinstance(item, dict) and all(
            item.get(key, value) == value for key, value in wanted.items()
        )
    return name.startswith("v:") and bool(item == wanted)


def _children(owned: Fields) -> set[str]:
    return {name for name in owned if name != "."}


def _is_zero(value: Any) -> bool:
    """A zero value and an absent field are the same to most of the API server's Go types."""
    return value is None or value in ("", 0, False, [], {})
