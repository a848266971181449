"""A graph that is changed piece by piece, and how it looks as nodes and connections."""

from typing import Any

import pytest

from sluice_gateway.forms import editing, node_view
from sluice_gateway.forms.connections import Connection, of_steps
from sluice_gateway.problems import Problem


def a_step(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "action": "log", "with": {"message": name}, **fields}


CHAIN = [a_step("a"), a_step("b"), a_step("c")]


def needs(steps: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {step["name"]: step["needs"] for step in steps}


def test_an_order_that_goes_without_saying_is_said_before_it_is_changed() -> None:
    assert needs(editing.explicit(CHAIN)) == {"a": [], "b": ["a"], "c": ["b"]}
    assert "needs" not in CHAIN[1]


def test_a_step_goes_with_its_connections() -> None:
    left, gone = editing.without(CHAIN, "b")

    assert (needs(left), gone) == ({"a": [], "c": []}, 2)


def test_a_step_that_is_renamed_is_needed_by_its_new_name() -> None:
    steps = [a_step("a"), a_step("b", needs=["a.true:tools"])]

    assert needs(editing.replaced(steps, "a", a_step("z"))) == {"z": [], "b": ["z.true:tools"]}


def test_a_connection_is_made_once_and_taken_away_by_its_id() -> None:
    one = Connection("a", "c")

    made = editing.connected(CHAIN, one)
    left, roots = editing.disconnected(made, one.identity)

    assert needs(made)["c"] == ["b", "a"]
    assert (needs(left)["c"], roots) == (["b"], [])
    with pytest.raises(Problem, match="AlreadyConnected"):
        editing.connected(made, one)


def test_a_step_that_nothing_leads_to_any_more_is_told() -> None:
    _, roots = editing.disconnected(CHAIN, Connection("a", "b").identity)

    assert roots == ["b"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: editing.without(CHAIN, "q"),
        lambda: editing.connected(CHAIN, Connection("q", "a")),
        lambda: editing.disconnected(CHAIN, "conn-0"),
    ],
)
def test_what_is_not_there_is_a_404(change: Any) -> None:
    with pytest.raises(Problem) as problem:
        change()

    assert problem.value.status == 404


def test_nodes_say_how_they_are_connected() -> None:
    spec = {"steps": [a_step("a", position={"left": 1, "top": 2}), a_step("b", title="B")]}

    first, second = node_view.summaries(spec)

    assert first == {
        "id": "a",
        "type": "log",
        "label": "a",
        "category": "logic",
        "position": {"x": 1, "y": 2},
        "hasConfig": True,
        "inboundConnections": 0,
        "outboundConnections": 1,
    }
    assert (second["label"], second["inboundConnections"]) == ("B", 1)


def test_connections_have_ids_that_stay() -> None:
    [one] = node_view.connections({"steps": CHAIN[:2]})

    assert one == {
        "id": next(of_steps(CHAIN)).identity,
        "sourceNodeId": "a",
        "sourcePort": "output",
        "targetNodeId": "b",
        "targetPort": "input",
    }


def test_settings_are_told_in_that_forms_words() -> None:
    assert node_view.settings({"settings": {"timeoutSeconds": 7, "retry": {"limit": 2}}}) == {
        "timeout": 7,
        "retryOnFailure": True,
        "maxRetries": 2,
    }
