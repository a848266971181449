"""What a workflow may use, told from its spec."""

from typing import Any

import pytest

from sluice_core import scopes
from sluice_core.api.workflow import WorkflowSpec


def a_call(url: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "call", "action": "http.get", "with": {"url": url}, **fields}


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({"steps": []}, []),
    "a credential": (
        {"steps": [a_call("https://a.example/x", credential="lake")]},
        ["credentials:use:lake", "egress:a.example:443"],
    ),
    "a port of its own": ({"steps": [a_call("http://a.example:81")]}, ["egress:a.example:81"]),
    "a path that a template makes": (
        {"steps": [a_call("https://a.example/{{ inputs.id }}")]},
        ["egress:a.example:443"],
    ),
    "a host that a template makes is not known": (
        {"steps": [a_call("https://{{ inputs.host }}/x")]},
        [],
    ),
    "what is no address": ({"steps": [a_call("https://a:b:c/"), ]}, []),
    "what it is allowed besides": (
        {"egress": {"allow": ["10.0.0.0/8"]}, "steps": []},
        ["egress:10.0.0.0/8"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "wanted"), CASES.values(), ids=CASES)
def test_scopes(spec: dict[str, Any], wanted: list[str]) -> None:
    assert scopes.of(WorkflowSpec.model_validate(spec)) == wanted
