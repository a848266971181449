from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import graph
from sluice_core.graph import Need


@dataclass(frozen=True)
class Node:
    name: str
    needs: tuple[str, ...] | None = None


def nodes(**needs: list[str] | None) -> list[Node]:
    return [Node(name, None if of is None else tuple(of)) for name, of in needs.items()]


NEEDS = {
    "a step": ("orders", Need("orders")),
    "an output port": ("check.true", Need("check", "true")),
    "an input port": ("search:tools", Need("search", None, "tools")),
    "both ports": ("search.output:tools", Need("search", "output", "tools")),
    "a hyphen belongs to the name": ("get-orders", Need("get-orders")),
    "nothing": ("", None),
    "a port without a step": (".true", None),
    "two ports": ("a.b.c", None),
    "a name that begins with a digit": ("1a", None),
    "space": ("a b", None),
}


@pytest.mark.parametrize(("text", "need"), NEEDS.values(), ids=NEEDS)
def test_parse_need(text: str, need: Need | None) -> None:
    assert graph.parse_need(text) == need


LAYERS = {
    "absent needs are the step before": (nodes(a=None, b=None, c=None), [["a"], ["b"], ["c"]]),
    "no needs begin at once": (nodes(a=[], b=[], c=["a", "b"]), [["a", "b"], ["c"]]),
    "a later step may come first": (nodes(a=["b"], b=[]), [["b"], ["a"]]),
    "an underscore reaches a hyphen": (
        [Node("get-it"), Node("use", ("get_it",))],
        [["get-it"], ["use"]],
    ),
    "two ports of one step are one edge": (
        nodes(a=[], b=["a.x", "a.y"], c=["b"]),
        [["a"], ["b"], ["c"]],
    ),
    "no steps": ([], []),
}


@pytest.mark.parametrize(("steps", "layers"), LAYERS.values(), ids=LAYERS)
def test_layers(steps: list[Node], layers: list[list[str]]) -> None:
    order = graph.build(steps)

    assert [list(layer) for layer in order.layers] == layers


WRONG = {
    "an unknown step, with the nearest name": (
        nodes(orders=None, load=["ordres"]),
        ["steps[1].needs[0]: no step is named 'ordres'; did you mean 'orders'?"],
    ),
    "a step that needs itself": (
        nodes(a=["a"]),
        ["steps[0].needs: steps wait for each other: a → a; remove one of these needs"],
    ),
    "a cycle, the shortest way around": (
        nodes(a=["d", "b"], b=["a"], c=["b"], d=["c"]),
        ["steps[0].needs: steps wait for each other: a → b → a; remove one of these needs"],
    ),
    "two cycles, and what hangs on them is not blamed": (
        nodes(a=["b"], b=["a"], c=["d"], d=["c"], e=["a"]),
        [
            "steps[0].needs: steps wait for each other: a → b → a; remove one of these needs",
            "steps[2].needs: steps wait for each other: c → d → c; remove one of these needs",
        ],
    ),
    "two steps of one name": (
        [Node("a"), Node("a")],
        ["steps[1].name: two steps are named 'a'"],
    ),
    "names that templates cannot tell apart": (
        [Node("a-b"), Node("a_b")],
        ["steps[1].name: 'a_b' and 'a-b' are the same name in templates"],
    ),
    "a need that is none": (
        nodes(a=["..."]),
        ["steps[0].needs[0]: '...' is not of the form <step>[.<output port>][:<input port>]"],
    ),
    "everything at once": (
        [Node("a", ("zzzzzz",)), Node("b", ("c",)), Node("c", ("b",)), Node("c", ())],
        [
            "steps[3].name: two steps are named 'c'",
            "steps[0].needs[0]: no step is named 'zzzzzz'; known: a, b, c",
            "steps[1].needs: steps wait for each other: b → c → b; remove one of these needs",
        ],
    ),
}


@pytest.mark.parametrize(("steps", "messages"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(steps: list[Node], messages: list[str]) -> None:
    order, findings = graph.read(steps)

    assert order is None
    assert [str(finding) for finding in findings] == messages


def test_an_invalid_graph_carries_all_its_findings() -> None:
    with pytest.raises(graph.InvalidGraph) as caught:
        graph.build(nodes(a=["x"], b=["y"]))

    assert [finding.step for finding in caught.value.findings] == ["a", "b"]


def test_ports_of_one_source_are_alternatives() -> None:
    order = graph.build(nodes(a=[], b=["a.x", "a.y"], c=["a.x", "a"]))

    assert order.ports("b", "a") == {"x", "y"}
    assert order.ports("c", "a") is None


def test_ancestors_are_all_steps_that_have_ended() -> None:
    order = graph.build(nodes(a=[], b=["a"], c=["b"], d=["a"]))

    assert order.ancestors("c") == {"a", "b"}
    assert order.ancestors("d") == {"a"}
    assert order.ancestors("a") == frozenset()


@st.composite
def acyclic(draw: st.DrawFn) -> list[Node]:
    size = draw(st.integers(1, 30))
    order = draw(st.permutations(range(size)))
    made = {
        place: Node(
            f"s{place}",
            tuple(f"s{order[above]}" for above in draw(st.sets(st.integers(0, rank - 1))))
            if rank
            else (),
        )
        for rank, place in enumerate(order)
    }
    return [made[place] for place in range(size)]


@given(acyclic())
def test_every_layer_needs_only_earlier_ones(steps: list[Node]) -> None:
    order = graph.build(steps)

    earlier: set[str] = set()
    for layer in order.layers:
        assert all(set(order.sources(name)) <= earlier for name in layer)
        earlier |= set(layer)
    assert earlier == {step.name for step in steps}


@given(acyclic(), st.data())
def test_an_edge_against_the_order_is_found_as_a_cycle(
    steps: list[Node], data: st.DataObject
) -> None:
    order = graph.build(steps)
    linked = [name for name in order.needs if order.ancestors(name)]
    if not linked:
        return
    last = data.draw(st.sampled_from(linked))
    first = data.draw(st.sampled_from(sorted(order.ancestors(last))))
    broken = [Node(s.name, (*(s.needs or ()), last)) if s.name == first else s for s in steps]

    _, findings = graph.read(broken)

    assert [finding.type for finding in findings] == ["Cycle"]
