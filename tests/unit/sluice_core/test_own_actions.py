"""Actions of the users' own: what is wrong with one, and with a step that uses one."""

from typing import Any

import pytest

from sluice_core import validation
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.catalog import CATALOG, own
from sluice_core.definition import Definition, digest
from testkit.builders import an_action

URL = "https://api.example.com/x"
SCHEMA = {
    "type": "object",
    "required": ["invoice"],
    "properties": {"invoice": {"type": "string"}, "days": {"type": "integer"}},
    "additionalProperties": False,
}


def http(**fields: Any) -> dict[str, Any]:
    return {"http": {"url": URL, **fields}, "config": SCHEMA}


WRONG: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "nothing": ("remind", http(body={"id": "{{ config.invoice }}"}), []),
    "the name of a built-in action": (
        "http.get", http(),
        [
            ("NameTaken metadata.name: http.get is an action of Sluice's own; "
            "give the WorkflowAction another name")
        ],
    ),
    "a schema that is none": (
        "remind", {"http": {"url": URL}, "config": {"type": "objct"}},
        [
            ("InvalidSchema config.type: \"objct\" is not valid under any of the schemas "
            "listed in the 'anyOf' keyword")
        ],
    ),
    "a sample that the schema refuses": (
        "remind", http() | {"sample": {"days": 3}},
        ["InvalidConfig sample.invoice: is required"],
    ),
    "a template that does not parse": (
        "remind", http(headers={"X-Who": "{{ config. }}"}),
        ["TemplateSyntax http.headers.X-Who: expected name or number"],
    ),
    "a field that its schema does not have": (
        "remind", http(url=URL + "/{{ config.invoise }}"),
        ["UnknownVariable http.url: there is no 'config.invoise'; did you mean 'invoice'?"],
    ),
    "the answer, before there is one": (
        "remind", http(body=["{{ response.body }}"]),
        ["UnknownVariable http.body[0]: there is no 'response'; known: config"],
    ),
    "data of the workflow, which it is not given": (
        "remind", http(query={"q": "{{ inputs.day }}"}),
        ["UnknownVariable http.query.q: there is no 'inputs'; known: config"],
    ),
    "what an answer does not have": (
        "remind", http() | {"result": {"code": "{{ response.code }}"}},
        [
            ("UnknownVariable result.code: there is no 'response.code'; "
            "known: body, headers, status")
        ],
    ),
    "a port for failures": (
        "remind", http() | {"ports": [{"name": "error"}]},
        [
            "InvalidValue ports[0].name: the port 'error' is for failures, choose another name"
        ],
    ),
    "a condition of a port": (
        "remind", http() | {"ports": [{"name": "sent", "when": "{{ sent }}"}]},
        ["UnknownVariable ports[0].when: there is no 'sent'; known: config, response"],
    ),
    "a header that the client sets": (
        "remind", http(headers={"Host": "evil"}),
        ["InvalidValue http.headers.Host: 'Host' is no header that a request may be given"],
    ),
    "a body of a GET": (
        "remind", http(method="GET", body={}),
        ["InvalidValue http.body: a GET request has no body; use query, or another method"],
    ),
    "a credential for something else": (
        "remind", http() | {"credentialTypes": ["Smtp"]},
        ["InvalidValue credentialTypes[0]: Smtp is no credential of an HTTP call"],
    ),
    "a credential for a container": (
        "remind", {"container": {"image": "x:1"}, "credentialTypes": ["HttpBearer"]},
        ["InvalidValue credentialTypes[0]: a container is given no credential"],
    ),
    "an argument of a container": (
        "remind", {"container": {"image": "x:1", "args": ["{{ config.a }}", "{{ confg.b }}"]}},
        ["UnknownVariable container.args[1]: there is no 'confg'; did you mean 'config'?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "spec", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_action(name: str, spec: dict[str, Any], said: list[str]) -> None:
    found = validation.check_action(an_action(name, **spec))

    assert [f"{one.type} {one}" for one in found] == said


ACTIONS = {
    "remind": an_action("remind", **http()).spec,
    "summary": an_action("summary", http={"url": URL}, role="Reads", pairedWith="Delivers").spec,
    "post": an_action("post", http={"url": URL}, role="Delivers").spec,
    "broken": an_action("broken", http={"url": URL}).spec,
    "choose": an_action("choose", http={"url": URL}, ports=[{"name": "yes"}, {"name": "no"}]).spec,
    "log": an_action("log", http={"url": URL}).spec,
}
KNOWN = own.catalogue(ACTIONS, {"broken": "http.url: no template"})


def a_step(action: str, name: str = "a", **fields: Any) -> dict[str, Any]:
    return {"name": name, "action": action, **fields}


REMIND = {"invoice": "i-1"}
STEPS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "as its schema has it": ([a_step("remind", **{"with": REMIND})], []),
    "a wrong type": (
        [a_step("remind", **{"with": REMIND | {"days": "three"}})],
        ["InvalidConfig steps[0].with.days: \"three\" is not of type \"integer\""],
    ),
    "a template decides at run time": ([a_step("remind", **{"with": {"invoice": "{{ data }}",
        "days": "{{ inputs.n }}"}})], []),
    "a field that is missing, a warning as for every action": (
        [a_step("remind")], ["MissingConfig steps[0].with.invoice: remind requires 'invoice'"],
    ),
    "a field that there is not": (
        [a_step("remind", **{"with": REMIND | {"dayz": 1}})],
        ["UnknownField steps[0].with.dayz: remind has no 'dayz'; did you mean 'days'?"],
    ),
    "a name that is nearly one": (
        [a_step("remnd")],
        ["UnknownAction steps[0].action: no action is named 'remnd'; did you mean 'remind'?"],
    ),
    "one that cannot be used": (
        [a_step("broken")],
        [
            ("UnknownAction steps[0].action: the WorkflowAction broken cannot be used: "
            "http.url: no template")
        ],
    ),
    "its ports": (
        [a_step("choose"), a_step("post", "b", needs=["a.yes"]), a_step("post", "c",
            needs=["a.perhaps"])],
        [
            ("UnknownPort steps[2].needs[0]: step a (choose) has no output port 'perhaps'; "
            "known: no, yes")
        ],
    ),
    "a credential that it does not take": (
        [a_step("remind", credential="shop", **{"with": REMIND})],
        ["UnusedCredential steps[0].credential: remind uses no credential"],
    ),
    "a built-in action is not replaced by one of its name": (
        [a_step("log", **{"with": {"message": "x"}})], [],
    ),
    "a summary with who delivers it": ([a_step("summary"), a_step("post", "b")], []),
    "a summary whose delivery comes later": (
        [a_step("summary"), a_step("log", "b", **{"with": {"message": "x"}}), a_step("post", "c")],
        [],
    ),
    "a summary alone": (
        [a_step("post", "b"), a_step("summary")],
        [
            ("Unpaired steps[1].action: summary must be paired with a step after it that delivers; "
            "let one need a whose action delivers, such as http.delete, http.patch, http.post")
        ],
    ),
    "a summary whose delivery is switched off": (
        [a_step("summary"), a_step("post", "b", enabled=False)],
        [
            ("Unpaired steps[0].action: summary must be paired with a step after it that delivers; "
            "let one need a whose action delivers, such as http.delete, http.patch, http.post")
        ],
    ),
    "a summary beside a delivery": (
        [a_step("summary"), a_step("post", "b", needs=[])],
        [
            ("Unpaired steps[0].action: summary must be paired with a step after it that delivers; "
            "let one need a whose action delivers, such as http.delete, http.patch, http.post")
        ],
    ),
    "a summary that is switched off": ([a_step("summary", enabled=False)], []),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "said"), STEPS.values(), ids=STEPS)
def test_what_is_wrong_with_a_step_that_uses_one(
    steps: list[dict[str, Any]], said: list[str]
) -> None:
    triggers = [{"name": "q", "queue": {}}]
    spec = WorkflowSpec.model_validate({"triggers": triggers, "steps": steps})

    report = validation.check(spec, KNOWN)

    found = [f"{one.type} {one}" for one in (*report.errors, *report.warnings)]
    if "such as" in "".join(said):
        found = [one.partition(", such as")[0] for one in found]
        said = [one.partition(", such as")[0] for one in said]
    assert found == said


def test_only_what_its_steps_use_is_pinned_with_a_definition() -> None:
    spec = WorkflowSpec.model_validate({"steps": [a_step("remind"), a_step("wait", "b")]})

    made = Definition.of(spec, ACTIONS)

    assert made.actions.keys() == {"remind"}


def test_a_change_of_what_it_does_makes_another_version() -> None:
    spec = WorkflowSpec.model_validate({"steps": [a_step("remind")]})
    other = ACTIONS | {"remind": an_action("remind", **http(method="PUT")).spec}

    assert digest(Definition.of(spec, other).encode()) != digest(
        Definition.of(spec, ACTIONS).encode()
    )


def test_a_change_of_what_people_read_does_not() -> None:
    spec = WorkflowSpec.model_validate({"steps": [a_step("remind")]})
    words = {"title": "Remind", "description": "Reminds", "tags": ["a"], "sample": REMIND}
    other = ACTIONS | {"remind": an_action("remind", **http(), **words).spec}

    assert Definition.of(spec, other) == Definition.of(spec, ACTIONS)


def test_a_workflow_without_them_has_the_hash_that_it_had() -> None:
    spec = WorkflowSpec.model_validate({"steps": [a_step("transform")]})

    assert Definition.of(spec, ACTIONS | {"x": ACTIONS["post"]}) == Definition.of(spec)


def test_a_repetition_does_no_harm_where_the_request_says_so() -> None:
    said = {
        "GET": {"method": "GET"},
        "POST": {"method": "POST"},
        "with a key": {"method": "POST", "idempotencyHeader": "Idempotency-Key"},
    }

    rows = {
        name: own.row(name, an_action(name, **http(**call)).spec) for name, call in said.items()
    }

    assert {name: row.repeatable for name, row in rows.items()} == {
        "GET": True,
        "POST": False,
        "with a key": True,
    }


def test_the_schema_that_the_catalogue_shows_is_the_authors() -> None:
    assert KNOWN["remind"].json_schema == SCHEMA
    assert CATALOG["log"].json_schema["properties"].keys() == {"message", "level"}  # type: ignore[union-attr]
