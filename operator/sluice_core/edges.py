"""`needs` as an author writes them: how they are read, and what can be wrong with them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice_core import cycles
from sluice_core.finding import Finding, did_you_mean

INPUT = "input"
AI = "ai"  # the input port for settings of a model
TOOLS = "tools"  # the input port for steps that the action calls itself
ERROR = "error"  # the output port of a failed step whose onFailure is Continue

_NEED = re.compile(
    r"(?P<step>[A-Za-z_][A-Za-z0-9_-]*)(\.(?P<port>[A-Za-z0-9_-]+))?(:(?P<input>[A-Za-z0-9_-]+))?"
)


class Linked(Protocol):
    """What the graph wants to know of a step."""

    @property
    def name(self) -> str:
        """Unique in the graph."""

    @property
    def needs(self) -> tuple[str, ...] | None:
        """`<step>[.<output port>][:<input port>]`; None: the step before."""


@dataclass(frozen=True)
class Need:
    """One edge, seen from the step that waits. `port` None: whichever port the other leaves by."""

    step: str
    port: str | None = None
    input: str = INPUT


def alias(name: str) -> str:
    """How templates reach a name with hyphens."""
    return name.replace("-", "_")


def parse_need(text: str) -> Need | None:
    """Read `<step>[.<output port>][:<input port>]`; None where it is not of that form."""
    match = _NEED.fullmatch(text)
    if match is None:
        return None
    return Need(match["step"], match["port"], match["input"] or INPUT)


def name_findings(steps: Sequence[Linked]) -> Iterator[Finding]:
    """Steps whose names say the same, to the graph or to templates."""
    names = Counter(step.name for step in steps)
    first: dict[str, str] = {}
    for index, step in enumerate(steps):
        path = f"steps[{index}].name"
        twin = first.setdefault(alias(step.name), step.name)
        if twin != step.name:
            message = f"'{step.name}' and '{twin}' are the same name in templates"
            yield Finding(type="Collision", step=step.name, path=path, message=message)
        elif names[step.name] > 1 and any(other.name == twin for other in steps[:index]):
            message = f"two steps are named '{step.name}'"
            yield Finding(type="DuplicateStep", step=step.name, path=path, message=message)


def of_step(
    index: int, step: Linked, before: str | None, known: Mapping[str, str]
) -> Iterator[Need | Finding]:
    """The edges of one step; what is no edge is a finding."""
    if step.needs is None:
        if before is not None:
            yield Need(before)
        return
    for position, text in enumerate(step.needs):
        path = f"steps[{index}].needs[{position}]"
        need = parse_need(text)
        if need is None:
            message = f"'{text}' is not of the form <step>[.<output port>][:<input port>]"
            yield Finding(type="UnknownStep", step=step.name, path=path, message=message)
        elif (name := known.get(alias(need.step))) is None:
            yield Finding(
                type="UnknownStep",
                step=step.name,
                path=path,
                message=f"no step is named '{need.step}'",
                hint=did_you_mean(need.step, known.values()),
            )
        else:
            yield Need(name, need.port, need.input)


def tool_findings(
    steps: Sequence[Linked], needs: Mapping[str, Sequence[Need]]
) -> Iterator[Finding]:
    """Steps that are called, and waited for as well."""
    otherwise = {
        edge.step: name for name, edges in needs.items() for edge in edges if edge.input != TOOLS
    }
    for index, step in enumerate(steps):
        for position, need in enumerate(needs[step.name]):
            if need.input != TOOLS or (need.port is None and need.step not in otherwise):
                continue
            message, hint = f"a tool is called and not left, write {need.step}:{TOOLS}", ""
            if need.port is None:
                other = otherwise[need.step]
                message = f"step {need.step} is a tool here, and step {other} waits for it"
                hint = f"give {other} other needs"
            path = f"steps[{index}].needs[{position}]"
            yield Finding(type="InvalidTool", step=step.name, path=path, message=message, hint=hint)


def cycle_findings(
    steps: Sequence[Linked], needs: Mapping[str, Iterable[Need]], ordered: set[str]
) -> Iterator[Finding]:
    """Steps that wait for each other; `ordered` are those that do not."""
    left = {
        name: [edge.step for edge in edges if edge.step not in ordered]
        for name, edges in needs.items()
        if name not in ordered
    }
    index = {step.name: position for position, step in reversed(list(enumerate(steps)))}
    for cycle in cycles.find(left):
        yield Finding(
            type="Cycle",
            step=cycle[0],
            path=f"steps[{index[cycle[0]]}].needs",
            message="steps wait for each other: " + " → ".join([*cycle, cycle[0]]),
            hint="remove one of these needs",
        )
