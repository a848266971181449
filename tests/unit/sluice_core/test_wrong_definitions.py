"""Each class of wrong definition: what is said of it, of which field, and who says it first.

The API server refuses what the schema and the rules of the CRD refuse, which `parse` tells offline
(tests/integration holds both to each other). The rest is the validation's, one code for lint, REST
and the operator; and a finding about a run's own data comes when the run does.
"""

from typing import Any, Literal, get_args

import pytest

from sluice_core import definition, inputs, validation
from sluice_core.api.workflow import Workflow
from sluice_core.definition import Definition
from sluice_core.finding import Finding, FindingType

Caught = Literal["API server", "lint and operator"]
LOG = {"action": "log", "with": {"message": "hi"}}
GET = {"name": "get", "action": "http.get", "with": {"url": "https://example.com"}}
CHECK = {"name": "check", "action": "condition", "with": {"if": "{{ inputs.go }}"}}


def log(name: str = "a", **fields: Any) -> dict[str, Any]:
    return {"name": name, **LOG, **fields}


def says(message: str) -> list[dict[str, Any]]:
    return [log("a", **{"with": {"message": message}})]


def steps(*listed: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"triggers": [{"name": "q", "queue": {}}], "steps": list(listed), **spec}


WRONG: dict[str, tuple[dict[str, Any], Caught, FindingType, str, str]] = {
    "a field that does not exist": (
        steps(log(), lifecyle={}),
        "API server", "UnknownField", "lifecyle", "did you mean 'lifecycle'?",
    ),
    "a field of a step that does not exist": (
        steps(log(whit={})), "API server", "UnknownField", "steps[0].whit", "did you mean 'with'?",
    ),
    "a field of the wrong type": (
        steps(log(timeoutSeconds="soon")),
        "API server", "InvalidValue", "steps[0].timeoutSeconds", "valid integer",
    ),
    "a number out of bounds": (
        steps(log(retry={"limit": 6})),
        "API server", "InvalidValue", "steps[0].retry.limit", "less than or equal to 5",
    ),
    "a word that is none of the choices": (
        steps(log(onFailure="Retry")),
        "API server", "InvalidValue", "steps[0].onFailure", "'Fail' or 'Continue'",
    ),
    "a step without a name": (
        steps(LOG), "API server", "InvalidValue", "steps[0].name", "is required",
    ),
    "a step without an action": (
        steps({"name": "a"}), "API server", "InvalidValue", "steps[0].action", "is required",
    ),
    "a name that templates cannot say": (
        steps(log("1st")), "API server", "InvalidValue", "steps[0].name", "begin with a letter",
    ),
    "too many steps": (
        steps(*(log(f"s{number}") for number in range(201))),
        "API server", "InvalidValue", "steps", "at most 200 items",
    ),
    "a need that is no need": (
        steps(log(needs=["a..b"])), "API server", "InvalidValue", "steps[0].needs[0]", "pattern",
    ),
    "steps that are no list": (
        {"steps": {"a": LOG}}, "API server", "InvalidValue", "steps", "valid tuple",
    ),
    "an expression that is too long": (
        steps(log(when="x" * 1025)), "API server", "InvalidValue", "steps[0].when", "at most 1024",
    ),
    "two triggers in one": (
        {"triggers": [{"name": "t", "queue": {}, "webhook": {"auth": {"type": "None"}}}]},
        "API server", "InvalidValue", "triggers[0]", "exactly one",
    ),
    "a window without its policy": (
        steps(log(), lifecycle={"window": {"windows": [
            {"days": [1], "startTime": "09:00", "endTime": "17:00"}
        ]}}),
        "API server", "InvalidValue", "lifecycle.window", "ScheduledWindow",
    ),
    "two steps of one name": (
        steps(log(), log()), "lint and operator", "DuplicateStep", "steps[1].name", "'a'",
    ),
    "two names that are one in templates": (
        steps(log("a-b"), log("a_b")),
        "lint and operator", "Collision", "steps[1].name", "the same name in templates",
    ),
    "steps that wait for each other": (
        steps(log("a", needs=["b"]), log("b", needs=["a"])),
        "lint and operator", "Cycle", "steps[0].needs", "a → b → a",
    ),
    "a step that waits for itself": (
        steps(log("a", needs=["a"])),
        "lint and operator", "Cycle", "steps[0].needs", "a → a",
    ),
    "a need of a step that does not exist": (
        steps(log("orders"), log("b", needs=["ordres"])),
        "lint and operator", "UnknownStep", "steps[1].needs[0]", "did you mean 'orders'?",
    ),
    "a port that the action does not have": (
        steps(CHECK, log(needs=["check.ture"])),
        "lint and operator", "UnknownPort", "steps[1].needs[0]", "did you mean 'true'?",
    ),
    "a tool that others wait for": (
        steps(GET, log("a"), log("b", needs=["get:tools"])),
        "lint and operator", "InvalidTool", "steps[2].needs[0]", "step a waits for it",
    ),
    "an action that does not exist": (
        steps(log(action="lgo")),
        "lint and operator", "UnknownAction", "steps[0].action", "did you mean 'log'?",
    ),
    "a parameter that the action does not have": (
        steps(log(**{"with": {"message": "x", "levle": "info"}})),
        "lint and operator", "UnknownField", "steps[0].with.levle", "did you mean 'level'?",
    ),
    "a parameter of the wrong type": (
        steps(log(**{"with": {"message": "x", "level": "loud"}})),
        "lint and operator", "InvalidConfig", "steps[0].with.level", "'debug'",
    ),
    "a parameter that is missing": (
        steps(log(**{"with": {}})),
        "lint and operator", "MissingConfig", "steps[0].with.message", "requires 'message'",
    ),
    "a value that no JSON has": (
        steps(log(**{"with": {"message": float("inf")}})),
        "lint and operator", "InvalidValue", "steps[0].with", "infinite",
    ),
    "a template that does not parse": (
        steps(*says("{{ data")), "lint and operator", "TemplateSyntax",
        "steps[0].with.message", "end of print statement",
    ),
    "a template that reaches for Python": (
        steps(*says("{{ ''.__class__ }}")), "lint and operator", "TemplateForbidden",
        "steps[0].with.message", "__class__",
    ),
    "a template that is too long": (
        steps(*says("{{ 1 }}" + "x" * 65_536)), "lint and operator", "TemplateSourceTooLong",
        "steps[0].with.message", "65536",
    ),
    "a template that nests too deep": (
        steps(*says("{{ " + "(" * 99 + "1" + ")" * 99 + " }}")), "lint and operator",
        "TemplateTooDeep", "steps[0].with.message", "50",
    ),
    "a variable that does not exist": (
        steps(*says("{{ imputs.day }}")), "lint and operator", "UnknownVariable",
        "steps[0].with.message", "did you mean 'inputs'?",
    ),
    "a step in a template that does not exist": (
        steps(*says("{{ steps.nope.output }}")), "lint and operator", "UnknownVariable",
        "steps[0].with.message", "there is no 'steps.nope'",
    ),
    "a step in a template that ends later": (
        steps(*says("{{ steps.b.output }}"), log("b")), "lint and operator", "NotBefore",
        "steps[0].with.message", "add b to the needs of a",
    ),
    "a path that is none": (
        steps(log(inputs={"x": "{{ inputs.y }}"})), "lint and operator", "InvalidPath",
        "steps[0].inputs.x", "is not a path",
    ),
    "a schema that is none": (
        steps(log(), inputs={"type": "objct"}), "lint and operator", "InvalidSchema",
        "inputs.type", "objct",
    ),
    "an input that the schema does not name": (
        steps(*says("{{ inputs.dya }}"), inputs={"properties": {"day": {}}}),
        "lint and operator", "UnknownInput", "steps[0].with.message", "did you mean 'day'?",
    ),
    "needs that are never open together": (
        steps(CHECK, log("m", needs=["check.true"]), log("j", needs=["m", "check.false"])),
        "lint and operator", "NeverTogether", "steps[2].needs", "without a port",
    ),
    "open hours that overlap": (
        steps(log(), lifecycle={
            "policy": "ScheduledWindow",
            "window": {"windows": [
                {"days": [1], "startTime": "08:00", "endTime": "12:00"},
                {"days": [1], "startTime": "11:00", "endTime": "13:00"},
            ]},
        }),
        "lint and operator", "InvalidValue", "lifecycle.window.windows[1]", "windows[0] is open",
    ),
    "a credential that nothing uses": (
        steps(log(credential="smtp")), "lint and operator", "UnusedCredential",
        "steps[0].credential", "uses no credential",
    ),
    "no steps": (steps(), "lint and operator", "Empty", "steps", "no steps"),
    "no trigger": ({"steps": [log()]}, "lint and operator", "NoTrigger", "triggers", "by hand"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "caught", "type_", "path", "said"), WRONG.values(), ids=WRONG)
def test_wrong_definitions(
    spec: dict[str, Any], caught: Caught, type_: FindingType, path: str, said: str
) -> None:
    found, by = judged(spec)

    assert by == caught
    [match] = [one for one in found if (one.type, one.path) == (type_, path)] or [found]
    assert isinstance(match, Finding), match
    assert said in str(match)


def judged(spec: dict[str, Any]) -> tuple[list[Finding], Caught]:
    """What is found, and by the first who finds something."""
    manifest = {"metadata": {"name": "x"}, "spec": spec}
    _, refused = validation.parse(Workflow, manifest)
    if refused:
        return refused, "API server"
    _, report = validation.read(manifest)
    return [*report.errors, *report.warnings], "lint and operator"


WITH_THE_RUN: dict[FindingType, list[Finding]] = {
    "InvalidInputs": inputs.check({"required": ["day"]}, {}),
    "NotInVersion": definition.exceeds(
        Definition.model_validate({"steps": [GET]}), Definition.model_validate({"steps": [log()]})
    ),
}
OF_ACTIONS = {"NameTaken", "Unpaired"}  # see test_own_actions.py
OF_CREDENTIALS = {  # see sluice_cli/test_credentials.py, and e2e/test_credentials.py
    "CredentialInvalid",
    "CredentialMissing",
    "NotChecked",
    "UnknownCredential",
    "WrongCredential",
}


@pytest.mark.parametrize("type_", WITH_THE_RUN)
def test_what_is_wrong_with_a_run_is_said_in_the_same_form(type_: FindingType) -> None:
    [found] = WITH_THE_RUN[type_]

    assert found.type == type_
    assert found.path


def test_each_type_of_finding_has_a_row() -> None:
    rows = {type_ for _, _, type_, _, _ in WRONG.values()}

    others = set(WITH_THE_RUN) | OF_ACTIONS | OF_CREDENTIALS
    assert rows | others == set(get_args(FindingType))
