"""What is wrong is refused where it is said, in words that help, and nothing is made of it."""

from collections.abc import Iterator

import pytest

from testkit.e2e import kubectl, pods, space
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition

CHILDREN = "deployments,services,networkpolicies,controllerrevisions,jobs"

REFUSED = {
    "a window without its policy": (
        a_workflow(
            "bad",
            a_step("one", "log", message="x"),
            lifecycle={"policy": "AlwaysOn", "idleTimeoutMinutes": 30},
        ),
        "idleTimeoutMinutes is for policy IdleShutdown, remove it",
    ),
    "a variable that would change how the runner loads code": (
        a_workflow(
            "bad",
            a_step("one", "log", message="x"),
            runner={"env": [{"name": "LD_PRELOAD", "value": "x"}]},
        ),
        "LD_*, PYTHON*, SSL_*, SLUICE_* and *_PROXY cannot be set here",
    ),
    "a state that there is not": (
        a_workflow("bad", a_step("one", "log", message="x"), state="Sleeping"),
        'Unsupported value: "Sleeping"',
    ),
    "a field that there is not": (
        a_workflow("bad", a_step("one", "log", message="x"), stepz=[]),
        'unknown field "stepz"',
    ),
}

WRONG = {
    "a cycle": (
        [
            a_step("one", "log", message="x", needs=["two"]),
            a_step("two", "log", message="x", needs=["one"]),
        ],
        "InvalidGraph",
        ("one", "two"),
    ),
    "an action that there is not": (
        [a_step("one", "http.gett", url="https://example.com")],
        "UnknownAction",
        ("http.gett",),
    ),
    "a config that the action does not take": (
        [a_step("one", "wait", seconds="soon")],
        "InvalidConfig",
        ("steps[0].with.seconds", "number"),
    ),
    "a step that there is not": (
        [a_step("one", "log", message="x", needs=["none"])],
        "InvalidGraph",
        ("none",),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    here.deploy(a_greeting())


@pytest.mark.parametrize(("manifest", "words"), REFUSED.values(), ids=REFUSED)
def test_the_api_server_refuses(here: Space, manifest: Manifest, words: str) -> None:
    with pytest.raises(kubectl.Refused) as refused:
        here.apply(manifest)

    assert words in str(refused.value)


@pytest.mark.parametrize(("steps", "reason", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_graph_is_a_condition_and_makes_nothing(
    here: Space, steps: list[Manifest], reason: str, words: tuple[str, ...]
) -> None:
    name = f"wrong-{reason.lower()}-{len(steps)}"
    here.apply(a_workflow(name, *steps))

    seen = kubectl.see(here.namespace, "workflows", name, lambda it: condition(it, "Valid") != {})

    valid = condition(seen, "Valid")
    assert (valid["status"], valid["reason"]) == ("False", reason)
    assert all(word in valid["message"] for word in words), valid["message"]
    assert condition(seen, "Ready")["status"] == "False"
    selector = f"sluice.dev/workflow={name}"
    assert kubectl.items("-n", here.namespace, CHILDREN, "-l", selector) == []


def test_a_run_of_a_wrong_workflow_fails_and_says_why(here: Space) -> None:
    here.apply(a_workflow("wrong", a_step("one", "nothing", x=1)))
    kubectl.see(here.namespace, "workflows", "wrong", lambda it: condition(it, "Valid") != {})

    answer = here.call(here.api("/workflows/wrong/trigger"), {})
    status = here.ended(here.create_run("wrong"))

    assert (answer.code, "nothing" in answer.body["detail"]) == (409, True)
    [shown] = status["conditions"]
    assert (status["phase"], shown["reason"]) == ("Failed", "Invalid")
    assert "nothing" in shown["message"]


def test_mended_it_runs(here: Space) -> None:
    broken = a_workflow("mended", a_step("one", "log", message="x", needs=["none"]))
    here.apply(broken)
    kubectl.see(
        here.namespace,
        "workflows",
        "mended",
        lambda it: condition(it, "Valid").get("status") == "False",
    )

    here.deploy(a_workflow("mended", a_step("one", "log", message="x")))

    assert here.trigger("mended").code == 200


def test_a_missing_input_is_named_by_its_path(here: Space) -> None:
    answer = here.trigger("hello")

    assert answer.code == 422
    assert [error["path"] for error in answer.body["errors"]] == ["inputs.name"]


def test_without_a_token_nothing_is_accepted(here: Space) -> None:
    answer = here.trigger("hello", {"name": "Ada"}, token="")

    assert answer.code == 401


def test_a_token_for_another_audience_is_refused(here: Space) -> None:
    answer = here.trigger("hello", {"name": "Ada"}, token="other")

    assert (answer.code, "sluice-gateway" in answer.body["detail"]) == (401, True)


def test_a_workflow_that_is_not_there(here: Space) -> None:
    answer = here.call(here.api("/workflows/none/trigger"), {})

    assert answer.code == 404


@pytest.fixture(scope="module")
def elsewhere(installed: None) -> Iterator[Space]:
    made = space.make()
    yield made
    space.remove(made)


def test_an_account_of_another_namespace_may_not(here: Space, elsewhere: Space) -> None:
    url = f"http://workflow-hello.{here.namespace}.svc/trigger"

    answer = elsewhere.call(url, {"inputs": {"name": "Ada"}})

    assert (answer.code, here.namespace in answer.body["detail"]) == (403, True)


def test_an_account_without_the_right_may_not(here: Space) -> None:
    here.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "stranger"}},
        pods.make_client("stranger", account="stranger"),
    )
    kubectl.wait(here.namespace, "pod/stranger", "condition=Ready")

    answer = here.trigger("hello", {"name": "Ada"}, client="stranger")

    assert (answer.code, "workflows/trigger" in answer.body["detail"]) == (403, True)
