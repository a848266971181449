"""Connections between nodes are what steps need, each written as `<step>[.<port>][:<input>]`."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_core import edges
from sluice_core.catalog import OUTPUT
from sluice_core.finding import did_you_mean
from sluice_gateway.forms.made import Remark
from sluice_gateway.forms.reading import Fields


@dataclass(frozen=True)
class Connection:
    """From one step's output port to another's input port."""

    source: str
    target: str
    source_port: str = OUTPUT
    target_port: str = edges.INPUT

    @property
    def need(self) -> str:
        """As the target says it; the usual ports go without saying."""
        out = "" if self.source_port == OUTPUT else f".{self.source_port}"
        into = "" if self.target_port == edges.INPUT else f":{self.target_port}"
        return f"{self.source}{out}{into}"

    @property
    def identity(self) -> str:
        """The same for the same ends, so that nothing has to be kept."""
        ends = f"{self.source}.{self.source_port}→{self.target}:{self.target_port}"
        return f"conn-{hashlib.sha256(ends.encode()).hexdigest()[:12]}"


def connected(
    fields: Fields,
    steps: list[dict[str, Any]],
    names: Mapping[str, str],
    trigger_ids: Collection[str] = (),
) -> list[dict[str, Any]]:
    """The steps with all their needs written out; who is connected to a trigger needs nobody."""
    needs: dict[str, list[str]] = {step["name"]: [] for step in steps}
    for one in fields.each("connections"):
        found = read(one, names, trigger_ids)
        if found is not None and found.target in needs and found.need not in needs[found.target]:
            needs[found.target].append(found.need)
    return [step | {"needs": needs[step["name"]]} for step in steps]


def carried(before: list[dict[str, Any]], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with the needs that they had before, as far as those are still there."""
    left = {step["name"] for step in steps}
    needs: dict[str, list[str]] = {name: [] for name in left}
    for one in of_steps(before):
        if {one.source, one.target} <= left:
            needs[one.target].append(one.need)
    return [step | {"needs": needs[step["name"]]} for step in steps]


def read(
    one: Fields, names: Mapping[str, str], trigger_ids: Collection[str] = ()
) -> Connection | None:
    """One connection; None where it comes from a trigger, or is at fault."""
    one.take("id")
    source = _end(one, ("sourceNodeId", "source"), names, trigger_ids)
    target = _end(one, ("targetNodeId", "target"), names, ())
    out = one.text("sourcePort", longest=63) or OUTPUT
    into = one.text("targetPort", longest=63) or edges.INPUT
    one.close()
    if source is None or target is None:
        return None
    return Connection(source, target, out, into)


def _end(
    one: Fields, fields: tuple[str, ...], names: Mapping[str, str], others: Collection[str]
) -> str | None:
    given = next((name for name in fields if one.has(name)), fields[0])
    wanted = one.label(*fields)
    if wanted is None:
        one.fault(given, "is required, the id of a node")
    elif wanted not in names and wanted not in others:
        one.fault(given, f"no node has the id '{wanted}'", did_you_mean(wanted, names.keys()))
    return names.get(wanted or "")


def of_steps(steps: list[dict[str, Any]]) -> Iterator[Connection]:
    """The connections that a spec's steps have, also those that go without saying."""
    before: str | None = None
    for step in steps:
        needs = step.get("needs")
        if needs is None:
            needs = [before] if before else []
        for text in needs:
            need = edges.parse_need(text)
            if need is not None:
                yield Connection(need.step, step["name"], need.port or OUTPUT, need.input)
        before = step["name"]


def lonely(steps: list[dict[str, Any]], names: Mapping[str, str]) -> list[Remark]:
    """Steps that nothing leads to and that lead nowhere, where there are others."""
    if len(steps) < 2:
        return []
    ends = {end for one in of_steps(steps) for end in (one.source, one.target)}
    ids = {name: identity for identity, name in names.items()}
    message = "is not connected: it runs at once, beside the others"
    return [
        Remark("Disconnected", f"nodes.{ids.get(step['name'], step['name'])}", message)
        for step in steps
        if step["name"] not in ends
    ]
