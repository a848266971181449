"""Validation of the input ports ai and tools, with an action of the test's own that has them."""

from typing import Any

import pytest

from sluice_core import validation
from sluice_core.api.steps import Definition
from sluice_core.catalog import CATALOG, ActionType, Params


class AgentParams(Params):
    """A prompt."""

    prompt: str = ""


AGENT = ActionType(
    name="agent",
    title="Agent",
    category="test",
    role="transforms",
    params=AgentParams,
    sample={},
    accepts=frozenset({"ai", "tools"}),
)
SEARCH = {"name": "search", "action": "transform", "with": {"template": "{{ data.q }}"}}
CHECK = {"name": "check", "action": "condition", "with": {"if": "{{ inputs.go }}"}}


def an_agent(*needs: str, prompt: str = "") -> dict[str, Any]:
    return {"name": "agent", "action": "agent", "needs": list(needs), "with": {"prompt": prompt}}


def a_log(*needs: str, message: str = "x") -> dict[str, Any]:
    return {"name": "log", "action": "log", "needs": list(needs), "with": {"message": message}}


CASES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a tool, and a model": ([CHECK, SEARCH, an_agent("search:tools", "check:ai")], []),
    "a tool of two steps": (
        [SEARCH, an_agent("search:tools"), {**an_agent("search:tools"), "name": "other"}],
        [],
    ),
    "a tool that hangs on a branch of its own": (
        [CHECK, {**SEARCH, "needs": ["check.true"]}, an_agent("search:tools", "check.false")],
        [],
    ),
    "a port of an action without it": (
        [SEARCH, a_log("search:ai")],
        ["UnknownPort steps[1].needs[0]: log has no input port 'ai'; known: input"],
    ),
    "a port that no action has": (
        [SEARCH, an_agent("search:tool")],
        [
            ("UnknownPort steps[1].needs[0]: agent has no input port 'tool'; "
            "did you mean 'tools'?")
        ],
    ),
    "a tool that runs by itself too": (
        [SEARCH, a_log("search"), an_agent("search:tools")],
        [
            ("InvalidTool steps[2].needs[0]: "
            "step search is a tool here, and step log waits for it; give log other needs")
        ],
    ),
    "a tool that the next step waits for, as it says nothing else": (
        [SEARCH, CHECK, an_agent("search:tools")],
        [
            (
                "InvalidTool steps[2].needs[0]: "
                "step search is a tool here, and step check waits for it; give check other needs"
            )
        ],
    ),
    "a tool with an output port": (
        [CHECK, an_agent("check.true:tools")],
        [
            ("InvalidTool steps[1].needs[0]: "
            "a tool is called and not left, write check:tools")
        ],
    ),
    "the output of a tool": (
        [SEARCH, an_agent("search:tools", prompt="{{ steps.search.output }}")],
        [
            ("UnknownVariable steps[1].with.prompt: "
            "step search is a tool: what it gives goes to the step that calls it")
        ],
    ),
    "parameters of a tool": (
        [{**SEARCH, "parameters": {"type": "object", "required": ["q"]}}, an_agent("search:tools")],
        [],
    ),
    "parameters that are no schema": (
        [{**SEARCH, "parameters": {"type": "objekt"}}, an_agent("search:tools")],
        [
            (
                "InvalidSchema steps[0].parameters.type: "
                '"objekt" is not valid under any of the schemas listed in the \'anyOf\' keyword'
            ),
            (
                "InvalidSchema steps[0].parameters: a tool is called with an object; "
                "write type: object, and what it holds under properties"
            ),
        ],
    ),
    "an output port of a model that is not there": (
        [CHECK, an_agent("check.maybe:ai")],
        [
            ("UnknownPort steps[1].needs[0]: step check (condition) has no output port 'maybe'; "
            "known: false, true")
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "said"), CASES.values(), ids=CASES)
def test_input_ports(steps: list[dict[str, Any]], said: list[str]) -> None:
    definition = Definition.model_validate({"steps": steps})

    found = validation.check(definition, {**CATALOG, "agent": AGENT})

    assert [f"{one.type} {one}" for one in (*found.errors, *found.warnings)] == said


SWITCH = {
    "name": "route",
    "action": "switch",
    "with": {"value": "{{ inputs.country }}", "cases": {"DE": "home", "AT": "abroad"}},
}
SWITCHES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "the ports of its cases and its default": (
        [SWITCH, a_log("route.home", "route.abroad", "route.default")],
        [],
    ),
    "a port that no case names": (
        [SWITCH, a_log("route.hime")],
        [
            ("UnknownPort steps[1].needs[0]: step route (switch) has no output port 'hime'; "
            "did you mean 'home'?")
        ],
    ),
    "the default under another name": (
        [{**SWITCH, "with": {**SWITCH["with"], "default": "rest"}}, a_log("route.default")],
        [
            ("UnknownPort steps[1].needs[0]: step route (switch) has no output port 'default'; "
            "known: abroad, home, rest")
        ],
    ),
    "a template for a port": (
        [{**SWITCH, "with": {"value": 1, "cases": {"1": "{{ inputs.port }}"}}}],
        [
            ("InvalidConfig steps[0].with.cases.1: "
            "string should match pattern '^[A-Za-z0-9_-]{1,63}$'")
        ],
    ),
    "a template for the cases": (
        [{**SWITCH, "with": {"value": 1, "cases": "{{ inputs.cases }}"}}],
        ["InvalidConfig steps[0].with.cases: input should be a valid dictionary"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "said"), SWITCHES.values(), ids=SWITCHES)
def test_the_ports_of_a_switch(steps: list[dict[str, Any]], said: list[str]) -> None:
    found = validation.check(Definition.model_validate({"steps": steps}))

    assert [f"{one.type} {one}" for one in (*found.errors, *found.warnings)] == said
