from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_runner.engine import paths

SCOPE: dict[str, Any] = {
    "inputs": {"day": "monday", "rows": [{"id": 1}, {"id": 2}]},
    "steps": {"a": {"output": {"body": {"x": 1, "y": 2}, "size": 3}}},
    "__class__": 5,
}

READS = {
    "a field": ("inputs.day", "monday"),
    "an index": ("inputs.rows.1.id", 2),
    "all of it": ("inputs.rows", [{"id": 1}, {"id": 2}]),
    "a key with Python's own name": ("__class__", 5),
}
NOWHERE = {
    "no such root": ("nope.x", "nope.x: there is no 'nope'"),
    "no such field": ("inputs.dya", "inputs.dya: 'inputs' has no 'dya'"),
    "past the end": ("inputs.rows.2", "inputs.rows.2: 'inputs.rows' is a list of 2 and has no '2'"),
    "a negative index": (
        "inputs.rows.-1", "inputs.rows.-1: 'inputs.rows' is a list of 2 and has no '-1'",
    ),
    "into text": ("inputs.day.x", "inputs.day.x: 'inputs.day' is not an object and has no 'x'"),
    "an attribute of Python": ("inputs.__class__", "inputs.__class__: 'inputs' has no '__class__'"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value"), READS.values(), ids=READS)
def test_read(path: str, value: object) -> None:
    assert paths.read(SCOPE, path) == value


@pytest.mark.parametrize(("path", "message"), NOWHERE.values(), ids=NOWHERE)
def test_read_leads_nowhere(path: str, message: str) -> None:
    with pytest.raises(paths.NoSuchPath) as caught:
        paths.read(SCOPE, path)

    assert str(caught.value) == message


def test_write_makes_the_objects_on_the_way() -> None:
    target: dict[str, Any] = {}

    paths.write(target, "customer.name", "Ada")
    paths.write(target, "customer.age", 36)

    assert target == {"customer": {"name": "Ada", "age": 36}}


def test_write_leaves_what_it_got_alone() -> None:
    shared = {"name": "Ada"}
    target: dict[str, Any] = {}
    paths.write(target, "customer", shared)

    paths.write(target, "customer.age", 36)

    assert shared == {"name": "Ada"}


SELECTIONS = {
    "only what is named": (
        ["steps.a.output.body.x"], {"steps": {"a": {"output": {"body": {"x": 1}}}}},
    ),
    "a part of what is taken whole": (
        ["steps.a.output.body.x", "steps.a.output.body"],
        {"steps": {"a": {"output": {"body": {"x": 1, "y": 2}}}}},
    ),
    "lists are taken whole": (["inputs.rows.0.id"], {"inputs": {"rows": [{"id": 1}, {"id": 2}]}}),
    "what is not there stays away": (["nope.x"], {}),
    "the way to what is not there stays": (["inputs.nope"], {"inputs": {}}),
    "nothing": ([], {}),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "made"), SELECTIONS.values(), ids=SELECTIONS)
def test_select(wanted: list[str], made: dict[str, Any]) -> None:
    assert paths.select(SCOPE, wanted) == made


KEYS = st.text("abc", min_size=1, max_size=2)
DATA = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
)


@given(st.lists(KEYS, min_size=1, max_size=4), DATA)
def test_what_is_written_is_read(keys: list[str], value: Any) -> None:
    target: dict[str, Any] = {}

    paths.write(target, ".".join(keys), value)

    assert paths.read(target, ".".join(keys)) == value


@given(
    st.dictionaries(KEYS, DATA, max_size=4),
    st.lists(st.lists(KEYS, min_size=1, max_size=3).map(".".join), max_size=5),
)
def test_a_selection_reads_like_the_whole(scope: dict[str, Any], wanted: list[str]) -> None:
    made = paths.select(scope, wanted)

    for path in wanted:
        try:
            expected = paths.read(scope, path)
        except paths.NoSuchPath:
            with pytest.raises(paths.NoSuchPath):
                paths.read(made, path)
        else:
            assert paths.read(made, path) == expected
