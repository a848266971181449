"""A manifest against a live object and what we own of it."""

from typing import Any

import pytest

from sluice_kube import fieldsets, quantities

TCP = 'k:{"containerPort":80,"protocol":"TCP"}'

SHAPES: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "all named, all owned": ({"a": 1}, {"f:a": {}}, True),
    "a dropped field": ({"a": 1}, {"f:a": {}, "f:b": {}}, False),
    "a new field": ({"a": 1, "b": 2}, {"f:a": {}}, False),
    "a zero is nothing new": ({"a": 1, "b": "", "c": False, "d": []}, {"f:a": {}}, True),
    "below what is owned as a whole": ({"a": {"b": 1}}, {"f:a": {}}, True),
    "a map whose items are not ours": ({"a": {"b": 1}}, {"f:a": {".": {}}}, False),
    "a key with its default left out": (
        [{"containerPort": 80}],
        {TCP: {".": {}, "f:containerPort": {}}},
        True,
    ),
    "an item dropped": ([], {TCP: {".": {}, "f:containerPort": {}}}, False),
    "an item new": (
        [{"containerPort": 80}, {"containerPort": 81}],
        {TCP: {".": {}, "f:containerPort": {}}},
        False,
    ),
    "a field of an item dropped": (
        [{"containerPort": 80}],
        {TCP: {".": {}, "f:containerPort": {}, "f:name": {}}},
        False,
    ),
    "a set": (["a", "b"], {'v:"a"': {}, 'v:"b"': {}}, True),
    "a set with one less": (["a"], {'v:"a"': {}, 'v:"b"': {}}, False),
    "a scalar where a map was": (1, {"f:a": {}}, False),
}


@pytest.mark.parametrize(("desired", "owned", "expected"), SHAPES.values(), ids=SHAPES)
def test_same_shape(desired: Any, owned: dict[str, Any], expected: bool) -> None:
    assert fieldsets.same_shape(desired, owned) == expected


VALUES: dict[str, tuple[Any, Any, dict[str, Any], bool]] = {
    "defaults beside ours": ({"a": 1}, {"a": 1, "b": 2}, {"f:a": {}}, True),
    "another value": ({"a": 1}, {"a": 2}, {"f:a": {}}, False),
    "gone": ({"a": 1}, {}, {"f:a": {}}, False),
    "a zero that the server left out": ({"a": False}, {}, {}, True),
    "a zero that somebody set": ({"a": 0}, {"a": 3}, {"f:a": {}}, False),
    "an atomic list with one more": ({"a": [1]}, {"a": [1, 2]}, {"f:a": {}}, False),
    "an atomic list in another order": ({"a": [1, 2]}, {"a": [2, 1]}, {"f:a": {}}, False),
    "an atomic list with defaults in it": ([{"a": 1}], [{"a": 1, "b": 2}], {}, True),
    "a keyed list with another's item": (
        [{"containerPort": 80}],
        [{"containerPort": 1, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}],
        {TCP: {"f:containerPort": {}}},
        True,
    ),
    "a keyed item with another value": (
        [{"containerPort": 80, "name": "a"}],
        [{"containerPort": 80, "protocol": "TCP", "name": "b"}],
        {TCP: {"f:containerPort": {}, "f:name": {}}},
        False,
    ),
    "a set with another's member": (["a"], ["b", "a"], {'v:"a"': {}}, True),
    "a quantity spelt otherwise": ({"cpu": "0.5"}, {"cpu": "500m"}, {"f:cpu": {}}, True),
    "a map where a list was": ({"a": {"b": 1}}, {"a": [1]}, {"f:a": {}}, False),
}


@pytest.mark.parametrize(("desired", "live", "owned", "expected"), VALUES.values(), ids=VALUES)
def test_agrees(desired: Any, live: Any, owned: dict[str, Any], expected: bool) -> None:
    assert fieldsets.agrees(desired, live, owned) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1024Mi", "1Gi", True),
        ("0.5", "500m", True),
        (2, "2", True),
        ("1e3", "1k", True),
        ("1G", "1Gi", False),
        ("v1", "v1.0", False),
        ("1.2.3", "1.2.3.0", False),
        (True, "1", False),
        ("", "0", False),
        (".", "0", False),
    ],
)
def test_quantities(one: Any, other: Any, same: bool) -> None:
    assert quantities.equal(one, other) == same
