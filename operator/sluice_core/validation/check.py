"""Everything that is wrong or odd about a definition, found without running it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sluice_core import cron, events, graph, inputs, windows
from sluice_core.api.steps import Definition, Step
from sluice_core.api.triggers import Schedule
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.catalog import CATALOG, ActionType
from sluice_core.finding import Finding, FindingType, did_you_mean
from sluice_core.graph import Graph
from sluice_core.validation import config, credentials, pairing, ports, variables

NONE_KNOWN: credentials.Known = {}
WARNINGS: frozenset[FindingType] = frozenset(
    {
        "Empty",
        "MissingConfig",
        "NeverTogether",
        "NoTrigger",
        "NotChecked",
        "UnknownInput",
        "UnusedCredential",
    }
)
"""What may be applied and run nevertheless; every other type of finding is an error."""


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the steps."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def check(
    spec: Definition,
    catalog: Mapping[str, ActionType] = CATALOG,
    known: credentials.Known = NONE_KNOWN,
) -> Report:
    """Judge a workflow's spec, or the definition that a run brings along.

    `catalog` holds the actions that exist where it is to run, those of the user's own included;
    what a credential in `known` gives for a step's `with` is not missed there.
    """
    found = _findings(spec, catalog)
    return report(one for one in found if not credentials.supplies(one, spec, known))


def report(findings: Iterable[Finding]) -> Report:
    """Tell errors from warnings."""
    found = tuple(findings)
    return Report(
        errors=tuple(finding for finding in found if finding.type not in WARNINGS),
        warnings=tuple(finding for finding in found if finding.type in WARNINGS),
    )


def _findings(spec: Definition, catalog: Mapping[str, ActionType]) -> Iterator[Finding]:
    if isinstance(spec, WorkflowSpec):
        yield from _of_triggers(spec)
        yield from _of_window(spec)
    if spec.inputs is not None:
        yield from inputs.check_schema(spec.inputs)
    if not spec.steps:
        yield Finding(type="Empty", path="steps", message="there are no steps to run")
    order, problems = graph.read(spec.steps)
    yield from problems
    for index, step in enumerate(spec.steps):
        yield from _of_step(index, step, catalog)
        yield from variables.findings(index, step, order, spec)
    if order is not None:
        yield from _of_graph(spec, order, catalog)


def _of_triggers(spec: WorkflowSpec) -> Iterator[Finding]:
    if not spec.triggers:
        message = "nothing sets this workflow off but a run by hand"
        yield Finding(type="NoTrigger", path="triggers", message=message)
    for index, trigger in enumerate(spec.triggers):
        if trigger.schedule is not None:
            yield from _of_schedule(f"triggers[{index}].schedule", trigger.schedule)
        if trigger.event is not None and trigger.event.filter is not None:
            yield from _of_filter(f"triggers[{index}].event.filter", trigger.event.filter)


def _of_window(spec: WorkflowSpec) -> Iterator[Finding]:
    window = spec.lifecycle.window
    if window is not None:
        yield from _of_zone("lifecycle.window.timeZone", window.time_zone)
        if (both := windows.overlap(window)) is not None:
            first, second = both
            yield Finding(
                type="InvalidValue",
                path=f"lifecycle.window.windows[{second}]",
                message=f"is open at times at which windows[{first}] is open too",
                hint="make one of the two, or move its hours",
            )


def _of_zone(path: str, zone: str) -> Iterator[Finding]:
    if problem := cron.zone_problem(zone):
        yield Finding(
            type="InvalidValue",
            path=path,
            message=f"'{zone}': {problem}",
            hint="write a name of the IANA time zone database, such as Europe/Berlin or UTC",
        )


def _of_schedule(path: str, wanted: Schedule) -> Iterator[Finding]:
    places = {f"{path}.cron": wanted.cron} if wanted.cron else {}
    places |= {f"{path}.crons[{n}]": one for n, one in enumerate(wanted.crons or ())}
    for place, one in places.items():
        if problem := cron.problem(one):
            yield Finding(
                type="InvalidValue",
                path=place,
                message=f"'{one}': {problem}",
                hint="write minute, hour, day of month, month, day of week, such as 0 9 * * 1-5",
            )
    yield from _of_zone(f"{path}.timeZone", wanted.time_zone)


def _of_filter(path: str, source: str) -> Iterator[Finding]:
    if problem := events.problem(source):
        yield Finding(
            type="InvalidValue",
            path=path,
            message=problem,
            hint="write a CEL expression that is true or false, such as event.data.pages < 100",
        )


def _of_step(index: int, step: Step, catalog: Mapping[str, ActionType]) -> Iterator[Finding]:
    yield from _of_parameters(f"steps[{index}].parameters", step)
    action = catalog.get(step.action)
    if action is not None and not action.fault:
        yield from config.findings(index, step, action)
        return
    hint = did_you_mean(step.action, catalog.keys())
    message = f"no action is named '{step.action}'"
    if action is not None:
        hint, message = "", f"the WorkflowAction {step.action} cannot be used: {action.fault}"
    path = f"steps[{index}].action"
    yield Finding(type="UnknownAction", step=step.name, path=path, message=message, hint=hint)


def _of_parameters(path: str, step: Step) -> Iterator[Finding]:
    if step.parameters is None:
        return
    for finding in inputs.check_schema(step.parameters, path):
        yield replace(finding, step=step.name)
    if step.parameters.get("type") != "object":
        yield Finding(
            type="InvalidSchema",
            step=step.name,
            path=path,
            message="a tool is called with an object",
            hint="write type: object, and what it holds under properties",
        )


def _of_graph(
    spec: Definition, order: Graph, catalog: Mapping[str, ActionType]
) -> Iterator[Finding]:
    by_name = {step.name: step for step in spec.steps}
    for index, step in enumerate(spec.steps):
        yield from ports.findings(index, step, order, by_name, catalog)
        yield from pairing.findings(index, step, order, by_name, catalog)
    yield from ports.contradictions(spec.steps, order)
