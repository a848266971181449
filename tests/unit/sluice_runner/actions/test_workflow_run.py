"""workflow.run: what is asked of the operator, and what its reply makes of the step."""

from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from sluice_core import wire
from sluice_core.catalog import CATALOG
from sluice_runner.actions.action import Context, Done, StepFailed
from testkit.contexts import a_context, call

ENDED = {"run": "invoice-1", "phase": "Succeeded", "output": {"number": 17}}


class Operator:
    """Answers every question alike, and remembers them."""

    def __init__(self, reply: JsonValue | StepFailed = None) -> None:
        self.asked: list[tuple[str, dict[str, JsonValue]]] = []
        self._reply = reply

    def context(self, *chain: str) -> Context:
        return a_context(ask=self._answer, chain=chain or ("etl",))

    async def _answer(self, kind: str, body: dict[str, JsonValue]) -> JsonValue:
        self.asked.append((kind, body))
        if isinstance(self._reply, StepFailed):
            raise self._reply
        return self._reply


async def test_the_child_is_asked_for_under_the_key_of_the_step() -> None:
    operator = Operator(ENDED)

    done = await call("workflow.run", operator.context(), workflow="invoice", inputs={"order": 1})

    body = {"workflow": "invoice", "inputs": {"order": 1}, "wait": True, "key": "uid/step"}
    assert operator.asked == [("ChildRun", body)]
    assert done == Done(output={**ENDED, "truncated": False}, result={"run": "invoice-1"})


async def test_a_child_that_is_not_waited_for() -> None:
    operator = Operator({"run": "invoice-1", "phase": "Pending"})

    done = await call("workflow.run", operator.context(), workflow="invoice", wait=False)

    assert operator.asked[0][1]["wait"] is False
    assert isinstance(done.output, dict)
    assert (done.output["run"], done.output["phase"]) == ("invoice-1", "Pending")


FAILURES: dict[str, tuple[JsonValue | StepFailed, tuple[str, str, str]]] = {
    "a child that failed": (
        {"run": "invoice-1", "phase": "Failed", "message": "step pay: no money"},
        ("Permanent", "ChildFailed", "run invoice-1 failed: step pay: no money"),
    ),
    "a child that was cancelled": (
        {"run": "invoice-1", "phase": "Cancelled"},
        ("Permanent", "ChildCancelled", "run invoice-1 cancelled"),
    ),
    "an operator that refuses": (
        StepFailed("Permanent", "WorkflowNotFound", "there is no workflow invoice"),
        ("Permanent", "WorkflowNotFound", "there is no workflow invoice"),
    ),
    "an operator of another world": (
        "yes",
        ("Permanent", "Internal", "the reply about invoice is of no known form"),
    ),
}


@pytest.mark.parametrize(("reply", "failure"), FAILURES.values(), ids=FAILURES)
async def test_what_fails_the_step(
    reply: JsonValue | StepFailed, failure: tuple[str, str, str]
) -> None:
    with pytest.raises(StepFailed) as failed:
        await call("workflow.run", Operator(reply).context(), workflow="invoice")

    assert (failed.value.failure, failed.value.reason, failed.value.message) == failure


REFUSED: dict[str, tuple[tuple[str, ...], dict[str, Any], str, str]] = {
    "itself": (("etl",), {"workflow": "etl"}, "ChildRefused", "workflows run each other"),
    "one that runs it": (
        ("a", "etl"), {"workflow": "a"}, "ChildRefused", "workflows run each other: a → etl → a",
    ),
    "the eleventh inside each other": (
        tuple("abcdefghij"), {"workflow": "k"}, "ChildRefused", "more than 10 runs",
    ),
    "inputs that are too large": (
        ("etl",), {"workflow": "b", "inputs": {"x": "y" * 2**17}}, "InvalidInputs", "128 KiB",
    ),
    "inputs that are not JSON": (
        ("etl",), {"workflow": "b", "inputs": {"x": float("nan")}}, "InvalidInputs", "NaN",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("chain", "given", "reason", "said"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_without_asking(
    chain: tuple[str, ...], given: dict[str, Any], reason: str, said: str
) -> None:
    operator = Operator(ENDED)

    with pytest.raises(StepFailed, match=said) as failed:
        await call("workflow.run", operator.context(*chain), **given)

    assert failed.value.reason == reason
    assert operator.asked == []


@pytest.mark.parametrize("name", ["", "Invoice", "a.b", "x" * 51])
def test_names_that_no_workflow_has(name: str) -> None:
    with pytest.raises(ValidationError):
        CATALOG["workflow.run"].params.model_validate({"workflow": name})


def test_what_is_asked_is_what_the_contract_says() -> None:
    body = wire.ChildRun(workflow="invoice", key="k").model_dump(by_alias=True)

    assert body == {"workflow": "invoice", "inputs": {}, "wait": True, "key": "k"}
