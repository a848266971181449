"""What a step's templates and dotted paths refer to: does it exist, and has it ended by then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from sluice_core import graph, inputs, template_grammar, templates
from sluice_core.api.steps import Definition, Step
from sluice_core.finding import Finding, FindingType, did_you_mean
from sluice_core.graph import Graph

FIELDS: Mapping[str, frozenset[str] | None] = {
    "data": None,
    "entity": frozenset({"id", "type"}),
    "env": None,
    "inputs": None,
    "now": None,
    "run": frozenset({"attempt", "name", "uid"}),
    "steps": None,
    "trigger": None,
    "workflow": frozenset({"name", "namespace", "revision"}),
}
"""What every template sees, and the fields of what has a fixed form."""
ITEM = "item"
STEP_FIELDS = frozenset({"error", "output", "phase", "port"})
TYPES: Mapping[template_grammar.Kind, FindingType] = {
    "Forbidden": "TemplateForbidden",
    "SourceTooLong": "TemplateSourceTooLong",
    "Syntax": "TemplateSyntax",
    "TooDeep": "TemplateTooDeep",
}
_DOTTED = "a dotted path has names or numbers between its dots, and no template"


@dataclass(frozen=True)
class _Place:
    """A field of a step, and the names that it sees besides FIELDS."""

    path: str
    names: frozenset[str] = frozenset()


def findings(index: int, step: Step, order: Graph | None, spec: Definition) -> Iterator[Finding]:
    """Templates that do not parse, and references that lead nowhere.

    Without an order it is not known which steps come before which.
    """
    judge = _Judge(step, order, spec)
    here = f"steps[{index}]"
    mapped = frozenset(target.split(".")[0] for target in step.inputs)
    items = frozenset({ITEM, step.for_each.as_}) if step.for_each else frozenset()
    yield from _reserved(here, step)
    for target, path in step.inputs.items():
        yield from judge.path(path, _Place(f"{here}.inputs.{target}"))
    for target, path in step.passthrough.items():
        yield from judge.path(path, _Place(f"{here}.passthrough.{target}", mapped | items))
    yield from judge.value(step.when, _Place(f"{here}.when", mapped))
    if step.for_each:
        yield from judge.value(step.for_each.in_, _Place(f"{here}.forEach.in", mapped))
    yield from judge.value(step.with_, _Place(f"{here}.with", mapped | items))


def _reserved(here: str, step: Step) -> Iterator[Finding]:
    targets = {f"inputs.{target}": target for target in step.inputs}
    if step.for_each and step.for_each.as_ != ITEM:
        targets["forEach.as"] = step.for_each.as_
    for field, target in targets.items():
        name = target.split(".")[0]
        if name in FIELDS or name == ITEM:
            message = f"the name '{name}' is taken by what every template sees"
            path = f"{here}.{field}"
            yield Finding(type="InvalidPath", step=step.name, path=path, message=message)


class _Judge:
    """Knows what one step can see."""

    def __init__(self, step: Step, order: Graph | None, spec: Definition) -> None:
        self._step = step
        self._spec = spec
        self._names = {graph.alias(other.name): other.name for other in spec.steps}
        self._before = frozenset(self._names.values())
        self._tools = order.tools if order is not None else frozenset()
        if order is not None:
            self._before = order.ancestors(step.name)

    def value(self, value: JsonValue, place: _Place) -> Iterator[Finding]:
        """All templates in a value, each with its own path."""
        for path, source in templates.places(value, place.path):
            yield from self._template(source, _Place(path, place.names))

    def path(self, path: str, place: _Place) -> Iterator[Finding]:
        """A dotted path."""
        if templates.is_template(path) or not all(part.strip() for part in path.split(".")):
            yield self._finding("InvalidPath", place, f"'{path}' is not a path; {_DOTTED}")
            return
        yield from self._reference(path.split("."), place)

    def _template(self, source: str, place: _Place) -> Iterator[Finding]:
        problems = templates.check(source)
        for problem in problems:
            line = f"line {problem.line}: " if "\n" in source else ""
            yield self._finding(TYPES[problem.kind], place, line + problem.message)
        if not problems:
            for path in sorted(templates.references(source)):
                yield from self._reference(path.split("."), place)

    def _reference(self, path: list[str], place: _Place) -> Iterator[Finding]:
        root, rest = path[0], path[1:]
        if root in place.names:
            return
        if root not in FIELDS:
            yield self._unknown_root(root, place)
        elif root == "steps" and rest:
            yield from self._step_reference(rest, place)
        elif root == "inputs" and rest:
            yield from self._input_reference(rest[0], place)
        elif rest and (fields := FIELDS[root]) is not None and rest[0] not in fields:
            yield self._unknown(f"{root}.{rest[0]}", rest[0], fields, place)

    def _step_reference(self, rest: list[str], place: _Place) -> Iterator[Finding]:
        name = self._names.get(graph.alias(rest[0]))
        if name is None:
            known = self._names.values()
            yield self._unknown(f"steps.{rest[0]}", rest[0], known, place)
        elif name in self._tools:
            message = f"step {name} is a tool: what it gives goes to the step that calls it"
            yield self._finding("UnknownVariable", place, message)
        elif name not in self._before:
            yield self._finding(
                "NotBefore",
                place,
                f"step {name} does not end before {self._step.name} begins",
                f"add {name} to the needs of {self._step.name}, or of a step before it",
            )
        elif len(rest) > 1 and rest[1] not in STEP_FIELDS:
            hint = f"did you mean 'steps.{rest[0]}.output.{rest[1]}'?"
            yield self._finding(
                "UnknownVariable", place, f"'steps.{rest[0]}' has no '{rest[1]}'", hint
            )

    def _input_reference(self, name: str, place: _Place) -> Iterator[Finding]:
        """A schema that does not close the object leaves room for inputs that it does not name."""
        known = inputs.properties(self._spec.inputs)
        if not known or name in known:
            return
        closed = (self._spec.inputs or {}).get("additionalProperties") is False
        message = f"the workflow's inputs have no '{name}'"
        type_: FindingType = "UnknownVariable" if closed else "UnknownInput"
        yield self._finding(type_, place, message, did_you_mean(name, known))

    def _unknown_root(self, root: str, place: _Place) -> Finding:
        if root == ITEM:
            return self._finding("UnknownVariable", place, "'item' is only there with forEach")
        hint = did_you_mean(root, [*FIELDS, *place.names])
        if name := self._names.get(graph.alias(root)):
            hint = f"did you mean 'steps.{graph.alias(name)}.output'?"
        elif root in inputs.properties(self._spec.inputs):
            hint = f"did you mean 'inputs.{root}'?"
        return self._finding("UnknownVariable", place, f"there is no '{root}'", hint)

    def _unknown(self, path: str, name: str, known: Iterable[str], place: _Place) -> Finding:
        hint = did_you_mean(name, list(known))
        return self._finding("UnknownVariable", place, f"there is no '{path}'", hint)

    def _finding(self, type_: FindingType, place: _Place, message: str, hint: str = "") -> Finding:
        return Finding(
            type=type_, step=self._step.name, path=place.path, message=message, hint=hint
        )
