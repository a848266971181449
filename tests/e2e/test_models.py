"""A model calls steps and is held to a schema, with a key from a Secret; documents are read."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from testkit import documents
from testkit.e2e import models, space
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space
from testkit.vendors.openai import KEY

SCRIPT = "calls(('price', {'sku': 'a'})), says('three'), says('{\"eur\": 3}')"
ANSWER = {"type": "object", "required": ["eur"], "properties": {"eur": {"type": "number"}}}


@pytest.fixture(scope="module")
def made(installed: None) -> Iterator[Space]:
    made = space.make(client=False)
    made.apply(*models.make_model(SCRIPT), *models.make_credential(made.namespace))
    made.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s")
    yield made
    space.remove(made)


def asking(name: str, *allowed: str) -> Manifest:
    """A model with settings from one step and another as its tool."""
    price = a_step("price", "transform", needs=[], template="{{ inputs.prices[data.sku] }}")
    schema = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}
    ask = a_step(
        "ask",
        "ai.generate",
        needs=["settings:ai", "price:tools"],
        prompt="What is {{ inputs.sku }}?",
        schema=ANSWER,
    )
    return a_workflow(
        name,
        a_step("settings", "transform", needs=[], template={"temperature": 0}),
        price | {"description": "A price in EUR", "parameters": schema},
        ask | {"credential": "openai"},
        egress={"allow": list(allowed)},
    )


def asked(here: Space) -> list[dict[str, Any]]:
    """What the model was asked, and what was wrong with that."""
    return [json.loads(line) for line in here.kubectl("logs", models.NAME).splitlines()]


def test_a_model_that_no_egress_names_is_not_reached(made: Space) -> None:
    made.deploy(asking("alone"))

    status = made.ended(made.create_run("alone", inputs={"sku": "a", "prices": {"a": 3}}))

    [failed] = [step for step in status["steps"] if step["phase"] == "Failed"]
    assert (failed["name"], failed["error"]["reason"]) == ("ask", "EgressRefused")
    assert asked(made) == []


def test_a_model_calls_a_step_and_answers_in_the_form_that_it_was_asked_for(made: Space) -> None:
    made.deploy(asking("shop", f"{models.host(made.namespace)}:80"))

    name = made.create_run("shop", inputs={"sku": "a", "prices": {"a": 3}})
    status = made.ended(name)

    steps = {step["name"]: step for step in status["steps"]}
    assert (status["phase"], status["output"]) == ("Succeeded", {"json": {"eur": 3}})
    assert steps["price"]["result"] == {"calls": 1, "failed": 0}
    assert (steps["ask"]["result"]["rounds"], steps["ask"]["result"]["totalTokens"]) == (3, 81)
    first, second, third = asked(made)
    assert [one["faults"] for one in (first, second, third)] == [[], [], []]
    [question] = first["asked"]
    assert (question["model"], question["temperature"]) == ("small", 0)
    assert [tool["function"]["name"] for tool in question["tools"]] == ["price"]
    assert second["asked"][0]["messages"][-1]["content"] == "3"
    assert "it is not JSON" in third["asked"][0]["messages"][-1]["content"]
    assert KEY not in json.dumps(made.run(name))


def test_documents_are_read_in_the_runner_s_pod(made: Space) -> None:
    parse = a_step("parse", "document.parse", content={"base64": "{{ item }}"})
    made.deploy(
        a_workflow(
            "read",
            parse | {"forEach": {"in": "{{ inputs.files }}"}, "onFailure": "Continue"},
            a_step("texts", "transform", template="{{ steps.parse.output }}")
            | {"needs": ["parse"]},
        )
    )
    files = [documents.a_pdf("Hello"), documents.a_docx(), documents.an_xlsx(documents.FAR_CELL)]

    run = made.create_run("read", inputs={"files": [b64encode(one).decode() for one in files]})
    status = made.ended(run)

    pdf, docx, far = status["output"]
    assert (pdf["text"], docx["text"]) == ("Hello\n", "Before\nsku\tprice\na\t3\nAfter")
    assert far is None
    [error] = status["steps"][0]["result"]["errors"]
    assert (error["item"], error["reason"]) == (2, "DocumentTooLarge")
