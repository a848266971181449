from typing import Any

import pytest

from sluice_core import definition
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.definition import Definition

STEP = {"name": "a", "action": "log", "with": {"message": "hi"}}


def digest(**fields: Any) -> str:
    return definition.digest(Definition.model_validate({"steps": [STEP], **fields}).encode())


def test_the_bytes_are_canonical() -> None:
    made = Definition.model_validate(
        {
            "steps": [{"with": {"b": 1, "a": "ü"}, "name": "x", "action": "log"}],
            "entityType": "order",
        }
    )

    assert made.encode().decode() == (
        '{"entityType":"order","steps":[{"action":"log","name":"x","with":{"a":"ü","b":1}}]}'
    )


SAME = {
    "a default written out": {"settings": {"timeoutSeconds": 3600}},
    "defaults of a step written out": {"steps": [{**STEP, "onFailure": "Fail", "enabled": True}]},
}
OTHER = {
    "a setting": {"settings": {"timeoutSeconds": 60}},
    "an input": {"inputs": {"type": "object"}},
    "another text": {"steps": [{**STEP, "with": {"message": "ho"}}]},
    "what entities are": {"entityType": "order"},
    "needs that are empty, not absent": {"steps": [{**STEP, "needs": []}]},
}


@pytest.mark.parametrize("fields", SAME.values(), ids=SAME)
def test_the_hash_stays(fields: dict[str, Any]) -> None:
    assert digest(**fields) == digest()


@pytest.mark.parametrize("fields", OTHER.values(), ids=OTHER)
def test_the_hash_changes(fields: dict[str, Any]) -> None:
    assert digest(**fields) != digest()


def test_a_hash_of_this_release_is_that_of_the_first() -> None:
    assert digest() == "607104286d4eeac3160357c44c8f5c46de62b7e46f446af0ed1a16f60ab8b0fb"


def test_only_the_pinned_part_of_a_workflow_counts() -> None:
    one = WorkflowSpec.model_validate({"steps": [STEP], "title": "One", "replicas": 1})
    two = WorkflowSpec.model_validate({"steps": [STEP], "title": "Two", "replicas": 0})

    assert Definition.of(one) == Definition.of(two)


def test_decode_reads_what_encode_wrote() -> None:
    made = Definition.model_validate({"steps": [STEP], "inputs": {"type": "object"}})

    assert definition.decode(made.encode()) == made


def test_equal_bytes_are_parsed_once() -> None:
    raw = Definition.model_validate({"steps": [STEP]}).encode()

    assert definition.decode(raw) is definition.decode(bytes(raw))


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"stepz":[]}', b'{"steps":[{"name":"1"}]}'])
def test_bytes_that_are_no_definition(raw: bytes) -> None:
    with pytest.raises(definition.InvalidDefinition):
        definition.decode(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_values_without_a_json_form(value: object) -> None:
    made = Definition.model_validate({"steps": [{**STEP, "with": {"message": value}}]})

    with pytest.raises(definition.InvalidDefinition):
        made.encode()


BASE = [
    {"name": "get", "action": "http.get", "credential": "shop"},
    {"name": "say", "action": "log"},
]
OVERRIDES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "the same": (BASE, []),
    "fewer steps, in another order, under other names": ([{"name": "a", "action": "log"}], []),
    "a credential less": ([{"name": "get", "action": "http.get"}], []),
    "no steps": ([], []),
    "another action": (
        [{"name": "a", "action": "log"}, {"name": "b", "action": "http.post"}],
        [
            (
                "NotInVersion b steps[1].action: "
                "the version that this definition replaces uses no action 'http.post'"
            )
        ],
    ),
    "another action with another credential": (
        [{"name": "a", "action": "sql.query", "credential": "warehouse"}],
        [
            (
                "NotInVersion a steps[0].action: "
                "the version that this definition replaces uses no action 'sql.query'"
            ),
            (
                "NotInVersion a steps[0].credential: "
                "the version that this definition replaces uses no credential 'warehouse'"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("steps", "said"), OVERRIDES.values(), ids=OVERRIDES)
def test_what_an_override_may_use(steps: list[dict[str, Any]], said: list[str]) -> None:
    override = Definition.model_validate({"steps": steps})

    found = definition.exceeds(override, Definition.model_validate({"steps": BASE}))

    assert [f"{one.type} {one.step} {one}" for one in found] == said
