"""What /openapi.json says: a whole document, from which a client can be generated."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sluice_gateway import operations
from sluice_gateway.described import FORMS, examples, forms, walked
from testkit.gateway_app import Cluster, client

PROBLEM = {"$ref": "#/components/schemas/ProblemAnswer"}
API = {"400", "401", "403", "404", "414", "422", "429", "431", "500", "502", "503"}
LINES = {"text/event-stream", "text/plain"}
Operation = dict[str, Any]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return asyncio.run(_described())


async def _described() -> dict[str, Any]:
    async with client(Cluster()) as http:
        answer = await http.get("/openapi.json")
    described: dict[str, Any] = answer.json()
    return described


def told(schema: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, method, operation in walked(schema):
        yield f"{method.upper()} {path}", operation


def content(part: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from part.get("content", {}).items()


def test_it_is_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert [str(one) for one in OpenAPIV31SpecValidator(schema).iter_errors()] == []


def test_every_operation_is_in_the_table_and_each_of_the_table_is_there(
    schema: dict[str, Any],
) -> None:
    there = {(method.upper(), path) for path, method, _ in walked(schema)}

    assert there == operations.table().keys()


def test_every_operation_has_a_name_of_its_own_that_a_program_can_have(
    schema: dict[str, Any],
) -> None:
    names = Counter(operation["operationId"] for _, operation in told(schema))

    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not re.fullmatch("[a-z]+(_[a-z]+)+", name)] == []


def test_every_operation_is_about_one_noun_that_is_described(schema: dict[str, Any]) -> None:
    nouns = {tag["name"] for tag in schema["tags"]}

    assert {tuple(one["tags"]) for _, one in told(schema)} == {(noun,) for noun in nouns}
    assert all(operation["summary"] for _, operation in told(schema))


def test_every_answer_is_typed(schema: dict[str, Any]) -> None:
    untyped = [
        (where, status, media)
        for where, operation in told(schema)
        for status, answer in operation["responses"].items()
        for media, shown in content(answer)
        if media not in LINES and "$ref" not in shown["schema"].get("items", shown["schema"])
    ]

    assert untyped == []


def test_every_operation_tells_how_it_goes_well(schema: dict[str, Any]) -> None:
    for where, operation in told(schema):
        well = {s: one for s, one in operation["responses"].items() if s < "300"}
        assert well, where
        assert all("content" in one for s, one in well.items() if s != "204"), where


def test_every_operation_of_the_api_tells_every_problem(schema: dict[str, Any]) -> None:
    for where, operation in told(schema):
        answers = operation["responses"]
        if "/api/" in where or where == "POST /trigger":
            assert answers.keys() >= API, where
            assert operation["security"], where
        if "service" in operation["tags"]:  # the kubelet reads what is missing
            continue
        for status, answer in answers.items():
            shown = dict(content(answer))
            if status >= "400":
                assert shown == {"application/problem+json": {"schema": PROBLEM}}, (where, status)


def test_every_body_has_a_schema_and_an_example_that_fits(schema: dict[str, Any]) -> None:
    components = {"components": schema["components"]}
    for where, operation in told(schema):
        if where.split()[0] in {"PUT", "PATCH", "POST"}:
            assert operation["requestBody"]["content"], where
        for media, body in content(operation.get("requestBody", {})):
            form = jsonschema_rs.validator_for(body["schema"] | components)
            for example in examples(body):
                assert [str(one) for one in form.iter_errors(example)] == [], (where, media)


DIALECTS = {
    "a workflow to make": (
        "create_workflow",
        {"own", "nodes", "departments", "entities", "documents", "business"},
    ),
    "a workflow to change": (
        "replace_workflow",
        {"own", "nodes", "departments", "entities", "documents", "business"},
    ),
    "a part of a workflow": ("update_workflow", {"own", "nodes"}),
    "a credential to make": ("create_credential", {"plain", "own"}),
    "a credential to change": ("update_credential", {"plain", "own"}),
    "a step to add": ("create_step", {"own", "node", "numbered"}),
}


@pytest.mark.parametrize(("name", "dialects"), DIALECTS.values(), ids=DIALECTS)
def test_each_dialect_of_a_body_has_an_example_that_fits_no_other(
    schema: dict[str, Any], name: str, dialects: set[str]
) -> None:
    [operation] = [one for _, one in told(schema) if one["operationId"] == name]
    body = operation["requestBody"]["content"]["application/json"]
    forms = [
        jsonschema_rs.validator_for(form | {"components": schema["components"]})
        for form in schema["components"]["schemas"][_named(body["schema"])]["anyOf"]
    ]

    fitting = {
        dialect: [index for index, form in enumerate(forms) if form.is_valid(example["value"])]
        for dialect, example in body["examples"].items()
    }
    assert fitting.keys() == dialects
    assert sorted(fitting.values()) == [[index] for index in range(len(dialects))]


def _named(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def test_a_name_stands_for_one_thing(schema: dict[str, Any]) -> None:
    """Forms and answers are described apart, and some models are part of both."""
    components = schema["components"]["schemas"]
    described = {name: form for name, form in forms().items() if name in components}
    fields = {name: form.get("properties", {}).keys() for name, form in described.items()}

    assert fields == {name: components[name].get("properties", {}).keys() for name in fields}


def test_specs_and_statuses_are_typed_without_words_for_an_api_server(
    schema: dict[str, Any],
) -> None:
    components = schema["components"]["schemas"]
    references = [
        components["WorkflowDetail"]["properties"]["spec"],
        components["OwnForm"]["properties"]["spec"],
        components["RunDetail"]["properties"]["steps"]["items"],
        components["NodeAnswer"]["properties"]["node"],
    ]

    assert [_named(one) for one in references] == [
        "WorkflowSpec", "WorkflowSpec", "StepStatus", "Node",
    ]  # fmt: skip
    assert "x-kubernetes" not in json.dumps(components)
    assert "x-sluice" not in json.dumps(components)


def test_a_form_is_described_once_and_referred_to(schema: dict[str, Any]) -> None:
    named = {
        body["schema"]["$ref"].rpartition("/")[2]
        for _, operation in told(schema)
        for media, body in content(operation.get("requestBody", {}))
        if media in {"application/json", "application/cloudevents+json"}
        if "$ref" in body["schema"]
    }

    assert named == {form.__name__ for form in FORMS} - {"ProblemAnswer"}


def test_no_form_is_only_another_name_of_another(schema: dict[str, Any]) -> None:
    """Generators of clients make a class of each, or fail."""
    forms = schema["components"]["schemas"]

    assert [name for name, form in forms.items() if "$ref" in form] == []


def test_nothing_is_described_that_nothing_refers_to(schema: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))

    assert schema["components"]["schemas"].keys() - named <= {"RunChange"}, "of streams, by words"


def test_what_a_stream_carries_is_described(schema: dict[str, Any]) -> None:
    assert {"RunChange", "StepChange"} <= schema["components"]["schemas"].keys()


RATE = {f"X-RateLimit-{word}" for word in ("Limit", "Used", "Remaining", "Reset")}
HEADERS = {
    "a workflow has a version": ("get_workflow", "200", {"ETag"}),
    "one that was made is somewhere": ("create_workflow", "201", {"ETag", "Location"}),
    "a credential has a version": ("update_credential", "200", {"ETag"}),
    "a run that goes on is somewhere": ("trigger_workflow", "202", {"Location", *RATE}),
    "one that has ended is told at once": ("trigger_workflow", "200", RATE),
    "an event may begin runs": ("publish_event", "200", RATE),
    "another try is a run": ("retry_run", "201", {"Location", *RATE}),
    "another time": ("get_workflow", "503", {"Retry-After"}),
    "who are you": ("get_workflow", "401", {"WWW-Authenticate"}),
    "too often": ("trigger_workflow", "429", {"Retry-After", *RATE}),
}


@pytest.mark.parametrize(("name", "status", "headers"), HEADERS.values(), ids=HEADERS)
def test_headers_of_answers(
    schema: dict[str, Any], name: str, status: str, headers: set[str]
) -> None:
    [operation] = [one for _, one in told(schema) if one["operationId"] == name]

    assert operation["responses"][status].get("headers", {}).keys() == headers
    assert headers <= schema["components"]["headers"].keys()


def test_what_can_be_412_takes_an_etag_and_nothing_else_does(schema: dict[str, Any]) -> None:
    for where, operation in told(schema):
        taken = [one.get("$ref", "") for one in operation.get("parameters", ())]
        matches = taken.count("#/components/parameters/IfMatch")
        assert matches == ("412" in operation["responses"]), where


def test_what_takes_an_etag_answers_with_the_next_one(schema: dict[str, Any]) -> None:
    for where, operation in told(schema):
        for status, answer in operation["responses"].items():
            if "412" in operation["responses"] and status < "300" and "content" in answer:
                assert "ETag" in answer.get("headers", {}), where


def test_both_ways_to_a_namespace_say_the_same(schema: dict[str, Any]) -> None:
    paths = schema["paths"]
    for path, ways in paths.items():
        if path.startswith(operations.BELOW):
            own = paths[operations.OWN + path.removeprefix(operations.BELOW)]
            for method, operation in ways.items():
                assert own[method]["x-rights"] == operation["x-rights"]
                assert own[method]["operationId"] == (
                    f"{operation['operationId']}_in_own_namespace"
                )
