"""Templates over HTTP, and what the shipped ones are worth."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice_core import names, validation
from sluice_core.api.template import WorkflowTemplate
from sluice_gateway import filling
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.catalogue import TemplateList
from sluice_gateway.schemas.workflows import WorkflowMade
from sluice_kube.resources import TEMPLATES, Key, Manifest
from testkit import chart
from testkit.gateway_app import Cluster, client

BASE = "/api/v1/namespaces/shop"
FOLDER = Path(__file__).parents[3] / "examples" / "templates"
SHIPPED = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.iterdir())}
NODES = {
    "name": "Greet people",
    "isTemplate": True,
    "tags": ["hello"],
    "sharedWith": ["bob"],
    "nodes": [{"id": "say", "nodeId": "log", "config": {"message": "hello"}}],
}


def a_template(name: str = "greet", namespace: str = "shop", **spec: Any) -> Manifest:
    step = {"name": "say", "action": "log", "with": {"message": "Hello {{ parameters.who }}"}}
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "title": "Greet",
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"who": {"type": "string", "default": "you"}},
            },
            "workflow": {"steps": [step]},
            **spec,
        },
    }


# -- shipped ones


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_makes_a_valid_workflow_as_it_is(name: str) -> None:
    template, refused = validation.parse(WorkflowTemplate, SHIPPED[name])

    spec = filling.filled(SHIPPED[name], {})
    report = validation.read({"metadata": {"name": "x", "namespace": "x"}, "spec": spec})[1]

    assert template is not None
    assert refused == []
    assert template.metadata.name == name
    assert (report.errors, report.warnings) == ((), ())
    assert "parameters." not in str(spec)


def test_each_category_has_a_shipped_template() -> None:
    categories = {one["spec"]["category"] for one in SHIPPED.values()}

    assert categories == {"invoice", "contract", "resume", "general"}


def test_the_chart_makes_them_in_its_own_namespace_unless_told_not_to() -> None:
    made = [one for one in chart.rendered() if one["kind"] == "WorkflowTemplate"]
    without = chart.rendered("templates.shipped=false")

    assert {one["metadata"]["name"]: one["spec"] for one in made} == {
        name: one["spec"] for name, one in SHIPPED.items()
    }
    assert {one["metadata"]["namespace"] for one in made} == {chart.NAMESPACE}
    assert not [one for one in without if one["kind"] == "WorkflowTemplate"]


# -- list


async def test_a_namespace_has_its_own_templates_and_those_that_are_shipped() -> None:
    ours = a_template("invoice-intake", title="Ours", category="invoice")
    shipped = [
        {**one, "metadata": {**one["metadata"], "namespace": "sluice-system"}}
        for one in SHIPPED.values()
    ]
    foreign = a_template("foreign", "bank")
    cluster = Cluster(others={TEMPLATES: [ours, *shipped, foreign]})

    async with client(cluster) as http:
        whole = await http.get(f"{BASE}/templates")
        some = await http.get(f"{BASE}/workflows/templates", params={"category": "invoice"})

    told = TemplateList.model_validate(whole.json())
    assert {one.id: one.shipped for one in told.templates} == {
        name: name != "invoice-intake" for name in SHIPPED
    }
    assert [(one["id"], one["name"]) for one in some.json()["templates"]] == [
        ("invoice-intake", "Ours")
    ]


# -- a workflow of a template


async def test_a_workflow_of_a_template_is_a_draft_with_its_parameters_filled_in() -> None:
    cluster = Cluster(others={TEMPLATES: [a_template(namespace="sluice-system")]})
    body = {"template_id": "greet", "name": "Greet all", "parameters": {"who": "world"}}

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/templates", json=body)

    made = WorkflowMade.model_validate(answer.json())
    assert (answer.status_code, made.id, made.status) == (201, "greet-all", "draft")
    [step] = cluster.live[Key("shop", "greet-all")]["spec"]["steps"]
    assert step["with"] == {"message": "Hello world"}


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "a template that is not there": ({"template_id": "none"}, 404, ""),
    "no template": ({}, 422, "template_id"),
    "a parameter that is unknown": ({"parameters": {"whom": "x"}}, 422, "parameters.whom"),
    "a parameter of another type": ({"parameters": {"who": 7}}, 422, "parameters.who"),
    "an unknown field": ({"colour": "red"}, 422, "colour"),
}


@pytest.mark.parametrize(("body", "status", "path"), BAD.values(), ids=BAD)
async def test_a_body_that_makes_nothing(body: dict[str, Any], status: int, path: str) -> None:
    cluster = Cluster(others={TEMPLATES: [a_template()]})
    whole = {"template_id": "greet", **body} if body else body

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/workflows/templates", json=whole)

    assert (answer.status_code, cluster.live) == (status, {})
    assert path in ["", *(fault["path"] for fault in answer.json().get("errors", ()))]


@pytest.mark.parametrize("right", ["list workflowtemplates", "get workflowtemplates"])
async def test_templates_need_the_right_to_them(right: str) -> None:
    cluster = Cluster(others={TEMPLATES: [a_template()]}, denied={right})

    async with client(cluster) as http:
        seen = await http.get(f"{BASE}/templates")
        made = await http.post(f"{BASE}/templates", json={"template_id": "greet"})

    assert (seen.status_code, made.status_code) == {
        "list workflowtemplates": (403, 201),
        "get workflowtemplates": (200, 403),
    }[right]


# -- a template of a workflow


async def test_a_workflow_that_is_a_template_has_one_beside_it() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/workflows", json=NODES)
        seen = await http.get(f"{BASE}/templates")

    made = cluster.objects[TEMPLATES.plural, Key("shop", "greet-people")]
    assert answer.json()["isTemplate"] is True
    assert [one["id"] for one in seen.json()["templates"]] == ["greet-people"]
    assert (made["spec"]["title"], made["spec"]["tags"]) == ("Greet people", ["hello"])
    assert made["spec"]["workflow"].keys().isdisjoint({"sharing", "state"})
    assert cluster.live[Key("shop", "greet-people")]["metadata"]["annotations"][
        names.ANNOTATION_TEMPLATE
    ]


async def test_a_template_needs_its_own_right_and_does_not_replace_another() -> None:
    cluster = Cluster(denied={"create workflowtemplates"})
    other = Cluster(others={}, objects={(TEMPLATES.plural, Key("shop", "greet-people")):
                                        a_template("greet-people")})  # fmt: skip

    async with client(cluster) as http:
        refused = await http.post(f"{BASE}/workflows", json=NODES)
    async with client(other) as http:
        made = await http.post(f"{BASE}/workflows", json=NODES)

    assert (refused.status_code, cluster.live) == (403, {})
    assert made.status_code == 201
    assert "TemplateExists" in [one["type"] for one in made.json()["warnings"]]


# -- filling in

PLACES: dict[str, tuple[Any, Any]] = {
    "a text that is one parameter has its value": ("{{ parameters.n }}", 7),
    "a text around it has it as text": ("n={{parameters.n}}!", "n=7!"),
    "an expression has a constant": ("{{ data.n > parameters.n }}", "{{ data.n > 7 }}"),
    "a text in an expression is quoted": (
        "{{ data.x == parameters.s }}",
        '{{ data.x == "a\\"b" }}',
    ),
    "a statement has it too": (
        "{% if parameters.none %}x{% endif %}",
        "{% if none %}x{% endif %}",
    ),
    "a list is a list": ("{{ parameters.l | join }}", '{{ [1, {"a": none}] | join }}'),
    "other names stay": ("{{ data.parameters.n }}", "{{ data.parameters.n }}"),
    "text without braces stays": ("parameters.n", "parameters.n"),
    "numbers stay": (3, 3),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_where_parameters_go(before: Any, after: Any) -> None:
    given = {"n": 7, "s": 'a"b', "none": None, "l": [1, {"a": None}]}
    template = a_template(parameters={"type": "object"}, workflow={"steps": [before]})

    assert filling.filled(template, given) == {"steps": [after]}


def test_a_parameter_that_nobody_gives_is_named() -> None:
    template = a_template(parameters={"type": "object"})

    with pytest.raises(Problem) as refused:
        filling.filled(template, {})

    assert [fault.path for fault in refused.value.faults] == ["parameters.who"]
