from typing import Any

import pytest

from sluice_core import validation

LOG = {"action": "log", "with": {"message": "hi"}}
GET = {"action": "http.get", "with": {"url": "https://example.com"}}
CHECK = {"name": "check", "action": "condition", "with": {"if": "{{ inputs.go }}"}}


def said(*steps: dict[str, Any], **spec: Any) -> list[str]:
    spec = {"triggers": [{"name": "q", "queue": {}}], "steps": list(steps), **spec}
    _, report = validation.read({"metadata": {"name": "x"}, "spec": spec})
    return [f"{f.type} {f}" for f in (*report.errors, *report.warnings)]


def log(message: str, **fields: Any) -> dict[str, Any]:
    return {"name": "a", "action": "log", "with": {"message": message}, **fields}


STEPS = {
    "a good workflow": ([CHECK, {"name": "b", **LOG, "needs": ["check.true"]}], []),
    "an action that does not exist": (
        [{"name": "a", "action": "http.gte"}],
        ["UnknownAction steps[0].action: no action is named 'http.gte'; did you mean 'http.get'?"],
    ),
    "a parameter that does not exist": (
        [{"name": "a", "action": "http.get", "with": {"url": "https://x", "heders": {}}}],
        ["UnknownField steps[0].with.heders: http.get has no 'heders'; did you mean 'headers'?"],
    ),
    "the Python spelling of a parameter": (
        [{"name": "a", "action": "condition", "with": {"if": "x", "if_": "y"}}],
        ["UnknownField steps[0].with.if_: condition has no 'if_'; did you mean 'if'?"],
    ),
    "a parameter that is missing": (
        [{"name": "a", "action": "http.get"}],
        ["MissingConfig steps[0].with.url: http.get requires 'url'"],
    ),
    "a parameter of the wrong type": (
        [{"name": "a", "action": "wait", "with": {"seconds": "soon"}}],
        [
            ("InvalidConfig steps[0].with.seconds: input should be a valid number, "
            "unable to parse string as a number")
        ],
    ),
    "a template in place of a number": (
        [{"name": "a", "action": "wait", "with": {"seconds": "{{ inputs.pause }}"}}],
        [],
    ),
    "a template in place of an object, and a wrong field beside it": (
        [
            {
                "name": "a",
                "action": "http.get",
                "with": {"url": "x", "headers": "{{ inputs.h }}", "expect": ["{{ 200 }}", 999]},
            }
        ],
        ["InvalidConfig steps[0].with.expect[1]: input should be less than or equal to 599"],
    ),
    "two parameters that exclude each other": (
        [{"name": "a", "action": "wait", "with": {"seconds": 1, "until": "2026-01-01T00:00:00Z"}}],
        ["InvalidConfig steps[0].with: give seconds or until, and not both"],
    ),
    "a value without a JSON form": (
        [{"name": "a", "action": "transform", "with": {"template": [float("nan")]}}],
        ["InvalidValue steps[0].with: not expressible in JSON: NaN or an infinite number"],
    ),
    "a port that does not exist": (
        [CHECK, {"name": "b", **LOG, "needs": ["check.ture"]}],
        [
            ("UnknownPort steps[1].needs[0]: step check (condition) has no output port 'ture'; "
            "did you mean 'true'?")
        ],
    ),
    "the error port of a step that ends the run": (
        [{"name": "a", **GET}, {"name": "b", **LOG, "needs": ["a.error"]}],
        [
            ("UnknownPort steps[1].needs[0]: step a (http.get) has no output port 'error'; "
            "give step a onFailure: Continue to go on after its failure")
        ],
    ),
    "the error port of a step that goes on": (
        [{"name": "a", **GET, "onFailure": "Continue"}, {"name": "b", **LOG, "needs": ["a.error"]}],
        [],
    ),
    "a port of a step that runs for each item": (
        [CHECK | {"forEach": {"in": "{{ [] }}"}}, {"name": "b", **LOG, "needs": ["check.true"]}],
        [
            ("UnknownPort steps[1].needs[0]: step check (condition) has no output port 'true'; "
            "known: output")
        ],
    ),
    "an input port that does not exist": (
        [{"name": "a", **LOG}, {"name": "b", **LOG, "needs": ["a:tools"]}],
        ["UnknownPort steps[1].needs[0]: log has no input port 'tools'; known: input"],
    ),
    "needs that exclude each other": (
        [
            CHECK,
            {"name": "more", **LOG, "needs": ["check.true"]},
            {"name": "join", **LOG, "needs": ["more", "check.false"]},
        ],
        [
            ("NeverTogether steps[2].needs: when more runs, check is left by another port than the "
            "one needed here, so join is skipped; to go on either way, need check without a port")
        ],
    ),
    "a template that does not parse, with its line": (
        [log("one\n{{ two")],
        [
            ("TemplateSyntax steps[0].with.message: line 2: unexpected end of template, "
            "expected 'end of print statement'.")
        ],
    ),
    "a template that reaches for Python": (
        [log("{{ ''.__class__ }}")],
        ["TemplateForbidden steps[0].with.message: the name '__class__' is not allowed"],
    ),
    "a filter that does not exist": (
        [log("{{ data | uper }}")],
        ["TemplateSyntax steps[0].with.message: no filter named 'uper'; did you mean 'upper'?"],
    ),
    "an unknown variable": (
        [log("{{ imputs.day }}")],
        ["UnknownVariable steps[0].with.message: there is no 'imputs'; did you mean 'inputs'?"],
    ),
    "a step without its prefix": (
        [{"name": "get-it", **GET}, log("{{ get_it.body }}")],
        [
            ("UnknownVariable steps[1].with.message: there is no 'get_it'; "
            "did you mean 'steps.get_it.output'?")
        ],
    ),
    "a step that does not exist": (
        [{"name": "orders", **GET}, log("{{ steps.ordres.output }}")],
        [
            ("UnknownVariable steps[1].with.message: there is no 'steps.ordres'; "
            "did you mean 'orders'?")
        ],
    ),
    "a step that ends later": (
        [log("{{ steps.b.output }}"), {"name": "b", **GET}],
        [
            ("NotBefore steps[0].with.message: step b does not end before a begins; "
            "add b to the needs of a, or of a step before it")
        ],
    ),
    "an output's field without `output`": (
        [{"name": "b", **GET}, log("{{ steps.b.body }}")],
        [
            ("UnknownVariable steps[1].with.message: 'steps.b' has no 'body'; "
            "did you mean 'steps.b.output.body'?")
        ],
    ),
    "a field that a run does not have": (
        [log("{{ run.id }}")],
        [
            ("UnknownVariable steps[0].with.message: there is no 'run.id'; "
            "did you mean 'uid'?")
        ],
    ),
    "an item without a list": (
        [log("{{ item }}")],
        ["UnknownVariable steps[0].with.message: 'item' is only there with forEach"],
    ),
    "an item by its own name, in what it may be in": (
        [
            log("{{ row.id }} {{ item }}", forEach={"in": "{{ inputs.rows }}", "as": "row"}),
        ],
        [],
    ),
    "an item in the list that it comes from": (
        [log("x", forEach={"in": "{{ row }}", "as": "row"})],
        ["UnknownVariable steps[0].forEach.in: there is no 'row'; did you mean 'now'?"],
    ),
    "a mapped name": ([log("{{ total }}", inputs={"total": "inputs.sum"})], []),
    "a mapped name that is taken": (
        [log("x", inputs={"data.x": "inputs.sum"})],
        [
            ("InvalidPath steps[0].inputs.data.x: the name 'data' is taken by what every "
            "template sees")
        ],
    ),
    "a path that is a template": (
        [log("x", inputs={"total": "{{ inputs.sum }}"})],
        [
            ("InvalidPath steps[0].inputs.total: '{{ inputs.sum }}' is not a path; "
            "a dotted path has names or numbers between its dots, and no template")
        ],
    ),
    "a path to a step that does not exist": (
        [log("x", passthrough={"total": "steps.nope.output"})],
        ["UnknownVariable steps[0].passthrough.total: there is no 'steps.nope'; known: a"],
    ),
    "a credential for nothing": (
        [log("x", credential="smtp")],
        ["UnusedCredential steps[0].credential: log uses no credential"],
    ),
    "wrong needs do not hide wrong templates": (
        [log("{{ nope }}", needs=["zzz"])],
        [
            "UnknownStep steps[0].needs[0]: no step is named 'zzz'; known: a",
            "UnknownVariable steps[0].with.message: there is no 'nope'",
        ],
    ),
    "a field of a step that does not exist": (
        [log("x", timeoutSecnds=5)],
        [("UnknownField steps[0].timeoutSecnds: there is no field 'timeoutSecnds'; "
         "did you mean 'timeoutSeconds'?")],
    ),
    "the word on, which YAML takes for true": (
        [log("x", retry={True: ["Timeout"]})],
        [
            ("InvalidValue steps[0].retry[1]: keys should be strings; "
            "quote the key: YAML reads on, yes, no and the like as true and false")
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "messages"), STEPS.values(), ids=STEPS)
def test_steps(steps: list[dict[str, Any]], messages: list[str]) -> None:
    assert said(*steps) == messages


SCHEMA = {"type": "object", "properties": {"day": {}}}


def test_an_input_that_the_schema_does_not_name_is_a_warning() -> None:
    assert said(log("{{ inputs.dya }}"), inputs=SCHEMA) == [
        (
            "UnknownInput steps[0].with.message: the workflow's inputs have no 'dya'; "
            "did you mean 'day'?"
        )
    ]


def test_an_input_that_the_schema_refuses_is_an_error() -> None:
    closed = {**SCHEMA, "additionalProperties": False}

    assert said(log("{{ inputs.dya }}"), inputs=closed) == [
        (
            "UnknownVariable steps[0].with.message: the workflow's inputs have no 'dya'; "
            "did you mean 'day'?"
        )
    ]


def test_a_schema_that_is_none() -> None:
    [message] = said(log("x"), inputs={"properties": {"a": {"minimum": "x"}}})

    assert message == ('InvalidSchema inputs.properties.a.minimum: "x" is not of type "number"')


def test_warnings_of_an_empty_workflow() -> None:
    workflow, report = validation.read({"metadata": {"name": "x"}, "spec": {}})

    assert workflow is not None
    assert report.errors == ()
    assert [finding.type for finding in report.warnings] == ["NoTrigger", "Empty"]


def test_a_form_that_is_wrong_gives_no_workflow_and_the_name_of_the_step() -> None:
    workflow, report = validation.read({"spec": {"steps": [{"name": "a", "action": 5}]}})

    assert workflow is None
    assert [finding.step for finding in report.errors] == ["a"]


def test_what_is_no_workflow_at_all() -> None:
    workflow, report = validation.read({"kind": "Deployment", "spec": []})

    assert workflow is None
    assert {finding.path for finding in report.errors} == {"kind", "spec"}


def test_two_hundred_steps() -> None:
    steps = [log("{{ data }} {{ steps }}", name=f"s{index}") for index in range(200)]

    assert said(*steps) == []
