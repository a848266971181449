"""docs/api.md: what it says of an operation, and that it is of this code."""

from pathlib import Path
from typing import Any

import pytest

from sluice_gateway import gateway, reference_page
from sluice_gateway.described import walked

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return gateway.described()


def section(page: str, name: str) -> str:
    begins = page.index(f"### `{name}`\n")
    return page[begins : page.index("\n###", begins + 1)]


def test_the_page_is_of_this_code(schema: dict[str, Any]) -> None:
    assert PAGE.read_text("utf-8") == reference_page.rendered(schema)


def test_every_operation_is_on_the_page_once(schema: dict[str, Any]) -> None:
    page = reference_page.rendered(schema)
    names = {operation["operationId"] for _, _, operation in walked(schema)}

    told = [name for name in names if not name.endswith("_in_own_namespace")]
    assert {name: page.count(f"### `{name}`\n") for name in told} == dict.fromkeys(told, 1)


SAID = {
    "its path": "`POST …/workflows/{workflow}/trigger`",
    "what it does": "Run the workflow, and with `sync` wait for its result.",
    "the right": "Needs `create workflows/trigger`.",
    "a header": "| `Idempotency-Key` | header | text |",
    "a field of the body": "| `sync` | boolean | `false` | Answer with the result",
    "an example": '"inputs": {"day": "2026-11-23"}',
    "an answer": "| 202 | [TriggerAnswer](#triggeranswer) | The run exists and goes on.",
    "a header of it": "With `Location`, `X-RateLimit-Limit`",
    "problems": "409, 410",
}


@pytest.mark.parametrize("words", SAID.values(), ids=SAID)
def test_what_is_said_of_an_operation(schema: dict[str, Any], words: str) -> None:
    assert words in section(reference_page.rendered(schema), "trigger_workflow")


def test_every_link_leads_somewhere(schema: dict[str, Any]) -> None:
    page = reference_page.rendered(schema)
    anchors = {line.strip("# ").lower() for line in page.splitlines() if line.startswith("#")}

    assert {part.partition(")")[0] for part in page.split("](#")[1:]} <= anchors
