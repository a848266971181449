"""A generated client plays the whole life of a workflow, and kubectl shows each of its steps."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from cluster.waiting import until
from testkit.e2e import callers, forwarding, generated_client
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.generated_client import Person
from testkit.e2e.kubectl import Manifest, Refused
from testkit.e2e.space import Space, condition

People = Mapping[str, Person]
NAME = "orders"
PAUSE_SECONDS = 15  # long enough that a run is there to be cancelled, short enough to be seen out


def flow(word: str) -> Manifest:
    greet = a_step("greet", "transform", template={"greeting": f"{word}, {{{{ inputs.name }}}}!"})
    inputs = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    return a_workflow(NAME, greet, a_step("pause", "wait", seconds=PAUSE_SECONDS), inputs=inputs)


@pytest.fixture(scope="module")
def url(installed: None) -> Iterator[str]:
    with forwarding.gateway() as found:
        yield found


@pytest.fixture(scope="module")
def sdk(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client, of what the running gateway says of itself."""
    folder = tmp_path_factory.mktemp("client")
    generated_client.make(url, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield generated_client.imported()


@pytest.fixture(scope="module")
def by(here: Space, sdk: Any, url: str) -> Iterator[People]:
    """Someone with each of the chart's roles."""
    with ExitStack() as open_clients:
        yield {
            role: Person(
                caller,
                sdk.models,
                open_clients.enter_context(
                    sdk.AuthenticatedClient(
                        base_url=url,
                        token=caller.token,
                        timeout=httpx.Timeout(generated_client.SECONDS),
                        raise_on_unexpected_status=True,
                        httpx_args={"trust_env": False},
                    )
                ),
            )
            for role, caller in callers.callers(here).items()
        }


def test_a_workflow_lives_its_whole_life(here: Space, sdk: Any, by: People) -> None:
    create(here, sdk, by)
    validate(here, sdk, by)
    run = set_off(here, sdk, by)
    cancel_while_watched(here, sdk, by, run)
    retry(here, sdk, by, run)
    roll_back(here, sdk, by)
    share(here, sdk, by)
    delete(here, sdk, by)


def create(here: Space, sdk: Any, by: People) -> None:
    form = sdk.models.OwnForm.from_dict(flow("Hello"))

    made = by["edit"].ask(sdk.api.workflows.create_workflow, sdk.models.WorkflowMade, body=form)

    here.ready(NAME)
    until("the gateway has seen that it is valid", lambda: _is_listed_as_valid(sdk, by), 20)
    shown = here.workflow(NAME)
    assert (made.id, made.status) == (NAME, "active")
    assert shown["metadata"]["annotations"]["sluice.dev/owner"] == by["edit"].caller.user
    assert greeting(shown) == "Hello, {{ inputs.name }}!"


def validate(here: Space, sdk: Any, by: People) -> None:
    odd = sdk.models.OwnDraft.from_dict(a_workflow(NAME, a_step("greet", "nothing")))
    operation, model = sdk.api.workflows.validate_workflow, sdk.models.ValidationAnswer

    good = by["view"].ask(operation, model, NAME, body=sdk.models.NoForm())
    bad = by["view"].ask(operation, model, NAME, body=odd)

    shown = here.workflow(NAME)
    assert (good.valid, good.errors, good.node_count) == (True, [], 2)
    assert (bad.valid, [error.node_id for error in bad.errors]) == (False, ["greet"])
    assert (condition(shown, "Valid")["status"], shown["metadata"]["generation"]) == ("True", 1)


def set_off(here: Space, sdk: Any, by: People) -> Any:
    """The answer to it."""
    form = sdk.models.RunForm.from_dict({"inputs": {"name": "Ada"}})
    operation = sdk.api.triggers.run_workflow

    refused = by["view"].ask(operation, sdk.models.ProblemAnswer, NAME, body=form)
    begun = by["trigger"].ask(operation, sdk.models.RunAnswer, NAME, body=form)

    spec = here.run(begun.execution_id)["spec"]
    assert (refused.status, "create workflows/trigger" in refused.detail) == (403, True)
    assert (spec["workflow"], spec["inputs"]) == (NAME, {"name": "Ada"})
    assert spec["trigger"]["source"] == by["trigger"].caller.user
    return begun


def cancel_while_watched(here: Space, sdk: Any, by: People, run: Any) -> None:
    asked, seen = [], []

    for event, change in by["view"].changes(run.url):
        seen.append((event, str(change.status.value)))
        if change.status.value == "running" and not asked:
            operation, model = sdk.api.runs.cancel_run, sdk.models.RunDetail
            asked.append(by["edit"].ask(operation, model, run.execution_id))

    shown = here.run(run.execution_id)
    assert [one.cancel_requested for one in asked] == [True]
    assert (("status", "running") in seen, seen[-1]) == (True, ("end", "cancelled"))
    assert (shown["spec"]["cancel"], shown["status"]["phase"]) == (True, "Cancelled")


def retry(here: Space, sdk: Any, by: People, run: Any) -> None:
    runs, models = sdk.api.runs, sdk.models

    again = by["trigger"].ask(runs.retry_run, models.RunAnswer, run.execution_id)
    told = by["view"].ask(runs.stream_run_events, str, again.execution_id)
    ended = by["view"].ask(runs.get_run, models.RunDetail, again.execution_id)
    listed = by["view"].ask(runs.list_runs_of_workflow, models.RunList, NAME)
    logs = by["view"].ask(runs.get_run_logs, models.LogAnswer, again.execution_id)

    shown = here.run(again.execution_id)
    assert told.rpartition("event: ")[2].startswith("end\n")
    assert (ended.status, [step.phase for step in ended.steps]) == ("succeeded", ["Succeeded"] * 2)
    assert ended.steps[0].output == {"greeting": "Hello, Ada!"}
    assert [one.execution_id for one in listed.runs] == [again.execution_id, run.execution_id]
    assert [one.step_id for one in logs.logs] == ["greet", "pause"]
    assert shown["spec"]["resumeFrom"] == run.execution_id
    assert shown["status"]["phase"] == "Succeeded"


def roll_back(here: Space, sdk: Any, by: People) -> None:
    models, form = sdk.models, sdk.models.OwnForm.from_dict(flow("Bye"))

    by["edit"].ask(sdk.api.workflows.replace_workflow, models.WorkflowDetail, NAME, body=form)
    until("it has a second version", lambda: _versions(sdk, by) == [1, 2], 30)
    changed = here.workflow(NAME)
    back = by["edit"].ask(sdk.api.versions.rollback_version, models.WorkflowDetail, NAME, 1)
    until("that is a third one", lambda: _versions(sdk, by) == [1, 2, 3], 30)

    shown = here.workflow(NAME)
    assert (greeting(changed), greeting(shown)) == (
        "Bye, {{ inputs.name }}!",
        "Hello, {{ inputs.name }}!",
    )
    assert back.spec.to_dict() == shown["spec"]


def share(here: Space, sdk: Any, by: People) -> None:
    user = by["view"].caller.user
    form = sdk.models.ShareForm(user_id=user)

    shared = by["admin"].ask(
        sdk.api.sharing.share_workflow, sdk.models.ShareAnswer, NAME, body=form
    )
    listed = by["view"].ask(sdk.api.sharing.list_shares, sdk.models.ShareList, NAME)

    assert (shared.user_id, [one.user_id for one in listed.shared_with]) == (user, [user])
    assert here.workflow(NAME)["spec"]["sharing"]["users"] == [user]


def delete(here: Space, sdk: Any, by: People) -> None:
    by["edit"].ask(sdk.api.workflows.delete_workflow, type(None), NAME)

    with pytest.raises(Refused, match="NotFound"):
        here.workflow(NAME)
    gone = by["view"].ask(sdk.api.workflows.get_workflow, sdk.models.ProblemAnswer, NAME)
    assert gone.status == 404


def greeting(workflow: Manifest) -> str:
    template: str = workflow["spec"]["steps"][0]["with"]["template"]["greeting"]
    return template


def _is_listed_as_valid(sdk: Any, by: People) -> bool:
    page = by["view"].ask(sdk.api.workflows.list_workflows, sdk.models.WorkflowList)
    return any(one.id == NAME and one.valid for one in page.workflows)


def _versions(sdk: Any, by: People) -> list[int]:
    found = by["view"].ask(sdk.api.versions.list_versions, sdk.models.VersionList, NAME)
    return [one.version for one in found.versions]
