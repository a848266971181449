from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import graph
from sluice_core.graph import Graph
from sluice_runner.engine import frontier
from sluice_runner.engine.frontier import Decision, Frontier


@dataclass(frozen=True)
class Node:
    name: str
    needs: tuple[str, ...]


def order(**needs: list[str]) -> Graph:
    return graph.build([Node(name, tuple(of)) for name, of in needs.items()])


VERDICTS = {
    "nothing needed: runs": ([], {}, "Run"),
    "any port will do": (["a"], {"a": "false"}, "Run"),
    "the wanted port": (["a.true"], {"a": "true"}, "Run"),
    "another port": (["a.true"], {"a": "false"}, "Skip"),
    "one of two wanted ports": (["a.x", "a.y"], {"a": "y"}, "Run"),
    "the only need was skipped": (["a"], {"a": None}, "Skip"),
    "all needs were skipped": (["a", "b"], {"a": None, "b": None}, "Skip"),
    "one of two needs was skipped": (["a", "b"], {"a": None, "b": "output"}, "Run"),
    "one need by another port, the other done": (
        ["a.true", "b"], {"a": "false", "b": "output"}, "Skip",
    ),
    "a skipped need's port does not count": (["a.true", "b"], {"a": None, "b": "output"}, "Run"),
}  # fmt: skip


@pytest.mark.parametrize(("needs", "ports", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_verdict(needs: list[str], ports: dict[str, str | None], expected: str) -> None:
    steps = order(**{name: [] for name in ports}, step=needs)

    assert frontier.verdict(steps, "step", ports) == expected


def test_a_join_waits_for_all_its_needs() -> None:
    machine = Frontier(order(a=[], b=[], join=["a", "b"]))
    machine.begin()

    assert machine.settle("a", "output") == []
    assert machine.settle("b", "output") == [Decision("join", "Run")]


def test_the_last_steps_are_those_that_nothing_followed() -> None:
    machine = Frontier(order(check=[], yes=["check.true"], no=["check.false"], after=["no"]))
    machine.begin()
    machine.settle("check", "true")
    machine.settle("yes", "output")
    machine.settle("no", None)
    machine.settle("after", None)

    assert machine.last() == ["yes"]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(1, 25))
    need = st.sampled_from(["", ".x", ".y"])
    return order(
        **{
            f"s{i}": [f"s{above}{draw(need)}" for above in draw(st.sets(st.integers(0, i - 1)))]
            if i
            else []
            for i in range(size)
        }
    )


Log = list[tuple[str, str | None]]


def walk(steps: Graph, choose: st.DataObject) -> Log:
    """Ends open steps in any order, by any port."""
    machine, log = Frontier(steps), []
    pending = machine.begin()
    while pending:
        decision = pending.pop(choose.draw(st.integers(0, len(pending) - 1)))
        port = choose.draw(st.sampled_from(["x", "y"])) if decision.verdict == "Run" else None
        log.append((decision.step, port))
        pending += machine.settle(decision.step, port)
    return log


@given(graphs(), st.data())
def test_every_walk_ends_each_step_once_and_after_its_needs(
    steps: Graph, choose: st.DataObject
) -> None:
    ended = [name for name, _ in walk(steps, choose)]

    assert sorted(ended) == sorted(steps.needs)
    for position, name in enumerate(ended):
        assert set(steps.sources(name)) <= set(ended[:position])


@given(graphs(), st.data())
def test_the_same_endings_in_any_order_lead_to_the_same_steps(
    steps: Graph, choose: st.DataObject
) -> None:
    first = dict(walk(steps, choose))

    machine, pending, second = Frontier(steps), [], {}
    pending = machine.begin()
    while pending:
        decision = pending.pop(choose.draw(st.integers(0, len(pending) - 1)))
        port = first[decision.step] if decision.verdict == "Run" else None
        second[decision.step] = port
        pending += machine.settle(decision.step, port)

    assert second == first
