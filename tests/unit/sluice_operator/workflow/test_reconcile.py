"""What should exist for a workflow, and what its status says."""

from typing import Any

import pytest

from sluice_core.api.workflow_status import WorkflowStatus
from sluice_core.conditions import find
from sluice_operator.workflow.observed import Actions, Child, Demand, Observed, Plan, Revision
from sluice_operator.workflow.reconcile import Desired, reconcile
from testkit.builders import a_step, a_workflow, an_action
from testkit.seen import a_child, a_plan, a_pod, observed, the_revision

RUNNER = "workflow-daily-etl"
ALL = {
    "ControllerRevision", "ServiceAccount", "ConfigMap", "NetworkPolicy", "Service", "Deployment",
}  # fmt: skip
ASLEEP = {
    "type": "Ready", "status": "True", "reason": "Asleep", "message": "",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}  # fmt: skip
CYCLE = (a_step("a", needs=["b"]), a_step("b", needs=["a"]))


def of(state: str = "Active", **spec: Any) -> Observed:
    return observed(a_workflow(state=state, **{"lifecycle": {"policy": "AlwaysOn"}} | spec))


def kinds(desired: Desired) -> set[str]:
    return {one["kind"] for one in desired.objects}


def words(desired: Desired) -> dict[str, str]:
    """Condition type to status and reason."""
    return {c["type"]: f"{c['status']} {c['reason']}" for c in desired.status["conditions"]}


CASES: dict[str, tuple[Observed, set[str], dict[str, str], str]] = {
    "new: all is made, and starts": (
        of(), ALL,
        {"Valid": "True Valid", "Ready": "False Starting", "Active": "False AlwaysOn"}, "Starting",
    ),
    "its pod is ready: it runs": (
        observed(pods=(a_pod(ready=True),)), ALL,
        {"Valid": "True Valid", "Ready": "True Running", "Active": "True AlwaysOn"}, "Running",
    ),
    "its image cannot be had: failed, in the kubelet's words": (
        observed(pods=(a_pod(waiting="ImagePullBackOff"),)), ALL,
        {"Valid": "True Valid", "Ready": "False RunnerFailed", "Active": "False RunnerFailed"},
        "Failed",
    ),
    "one pod is ready beside a broken one: it runs": (
        observed(pods=(a_pod("a", waiting="CrashLoopBackOff"), a_pod("b", ready=True))), ALL,
        {"Valid": "True Valid", "Ready": "True Running", "Active": "True AlwaysOn"}, "Running",
    ),
    "at zero replicas: kept without a pod": (
        of(replicas=0), ALL,
        {"Valid": "True Valid", "Ready": "False Suspended", "Active": "False Suspended"}, "Stopped",
    ),
    "a draft: a version and no runner": (
        of("Draft"), {"ControllerRevision"},
        {"Valid": "True Valid", "Ready": "False Draft", "Active": "False Draft"}, "NotDeployed",
    ),
    "paused: the runner stays": (
        of("Paused"), ALL,
        {"Valid": "True Valid", "Ready": "False Starting", "Active": "False AlwaysOn"}, "Starting",
    ),
    "archived: no runner": (
        of("Archived"), {"ControllerRevision"},
        {"Valid": "True Valid", "Ready": "False Archived", "Active": "False Archived"},
        "NotDeployed",
    ),
    "with a pod for each run: what those need": (
        of(runner={"mode": "Job"}), ALL - {"Deployment"},
        {"Valid": "True Valid", "Ready": "True Job", "Active": "False Job"}, "Stopped",
    ),
    "with a pod for each run that cannot be had": (
        observed(a_workflow(runner={"mode": "Job"}), pods=(a_pod(waiting="ImagePullBackOff"),)),
        ALL - {"Deployment"},
        {"Valid": "True Valid", "Ready": "False RunnerFailed", "Active": "False RunnerFailed"},
        "Failed",
    ),
    "a draft that is tested: what pods need, and no address": (
        observed(a_workflow(state="Draft"), demand=Demand(fresh=1)),
        ALL - {"Deployment", "Service"},
        {"Valid": "True Valid", "Ready": "False Draft", "Active": "False Draft"}, "Stopped",
    ),
    "asleep: kept without a pod, and ready": (
        of(lifecycle={"policy": "OnDemand"}), ALL,
        {"Valid": "True Valid", "Ready": "True Asleep", "Active": "False OnDemand"}, "Stopped",
    ),
    "asleep by then, it wakes: still ready": (
        observed(a_workflow(lifecycle={"policy": "OnDemand"}), demand=Demand(fresh=1),
                 manifest={"status": {"conditions": [ASLEEP]}}), ALL,
        {"Valid": "True Valid", "Ready": "True Waking", "Active": "False OnDemand"}, "Starting",
    ),
    "steps in a cycle: nothing": (
        of(steps=CYCLE), set(),
        {"Valid": "False InvalidGraph", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "an action that does not exist: nothing": (
        of(steps=[a_step(action="http.gte")]), set(),
        {"Valid": "False UnknownAction", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "a parameter of the wrong type: nothing": (
        of(steps=[a_step(action="wait", **{"with": {"seconds": "soon"}})]), set(),
        {"Valid": "False InvalidConfig", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "a field that the action does not know: nothing": (
        of(steps=[a_step(**{"with": {"message": "x", "lvel": "info"}})]), set(),
        {"Valid": "False InvalidConfig", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "a step that does not exist: nothing": (
        of(steps=[a_step(needs=["none"])]), set(),
        {"Valid": "False InvalidGraph", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "more than the plan permits: nothing": (
        observed(a_workflow(steps=[a_step("a"), a_step("b")]), plan=a_plan(maxStepsPerWorkflow=1)),
        set(),
        {"Valid": "False PlanLimitExceeded", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "a plan that does not exist: nothing": (
        observed(plan=Plan(name="gone", spec=None)), set(),
        {"Valid": "False PlanLimitExceeded", "Ready": "False Invalid", "Active": "False Invalid"},
        "NotDeployed",
    ),
    "wrong by its last edit: its ready runner is told of": (
        observed(a_workflow(steps=CYCLE, lifecycle={"policy": "AlwaysOn"}),
                 pods=(a_pod(ready=True),)), set(),
        {"Valid": "False InvalidGraph", "Ready": "False Invalid", "Active": "True Invalid"},
        "Running",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "made", "said", "deployment"), CASES.values(), ids=CASES)
def test_reconcile(seen: Observed, made: set[str], said: dict[str, str], deployment: str) -> None:
    desired = reconcile(seen)

    assert kinds(desired) == made
    assert words(desired) == said
    assert desired.status["deploymentStatus"] == deployment


@pytest.mark.parametrize("seen", [case[0] for case in CASES.values()], ids=CASES)
def test_every_status_is_one_that_the_crd_admits(seen: Observed) -> None:
    status = reconcile(seen).status

    WorkflowStatus.model_validate(status, extra="forbid")


@pytest.mark.parametrize("seen", [case[0] for case in CASES.values()], ids=CASES)
def test_the_same_seen_again_changes_nothing(seen: Observed) -> None:
    first = reconcile(seen)

    again = reconcile(observed(**{**vars(seen), "manifest": {"status": first.status}}))

    assert (again.objects, again.surplus, again.status) == (*_but_status(first), first.status)


def _but_status(desired: Desired) -> tuple[Any, Any]:
    return desired.objects, desired.surplus


def test_what_another_part_wrote_into_the_status_is_kept() -> None:
    kept = {"health": {"upTo": "2026-01-31T11:00:00Z"}, "triggers": []}

    desired = reconcile(observed(manifest={"status": {**kept, "replicas": 7, "nonsense": 1}}))

    assert {key: desired.status[key] for key in kept} == kept
    assert desired.status["replicas"] == 0
    assert "nonsense" not in desired.status


def test_a_transition_time_moves_only_with_the_status_of_its_condition() -> None:
    before = reconcile(observed()).status
    old = [one | {"lastTransitionTime": "2020-01-01T00:00:00Z"} for one in before["conditions"]]

    after = reconcile(
        observed(manifest={"status": {"conditions": old}}, pods=(a_pod(ready=True),))
    ).status

    times = {one["type"]: one["lastTransitionTime"][:4] for one in after["conditions"]}
    assert times == {"Valid": "2020", "Ready": "2026", "Active": "2026"}


VERSIONS: dict[str, tuple[Any, list[Revision], int | None, tuple[int, bool]]] = {
    "the first": (a_workflow(), [], None, (1, True)),
    "as it was": (a_workflow(), [the_revision(a_workflow(), 4)], 4, (4, False)),
    "changed": (a_workflow(), [Revision(number=4, digest="x")], 4, (5, True)),
    "returned to an older one": (
        a_workflow(), [the_revision(a_workflow(), 1), Revision(number=2, digest="x")], 2, (3, True),
    ),
    "after all were pruned": (a_workflow(), [], 9, (10, True)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("workflow", "revisions", "shown", "wanted"), VERSIONS.values(), ids=VERSIONS
)
def test_versions(
    workflow: Any, revisions: list[Revision], shown: int | None, wanted: tuple[int, bool]
) -> None:
    workflow = a_workflow(status={"version": shown} if shown else {})

    desired = reconcile(observed(workflow, revisions=tuple(revisions)))

    made = [one for one in desired.objects if one["kind"] == "ControllerRevision"]
    assert (desired.status["version"], bool(made)) == wanted


def test_an_edit_of_the_title_makes_no_version() -> None:
    before = the_revision(a_workflow(), 1)

    desired = reconcile(observed(a_workflow(title="Nightly"), revisions=(before,)))

    assert "ControllerRevision" not in kinds(desired)


def test_an_edit_of_steps_leaves_the_deployment_alone() -> None:
    first = a_workflow(steps=[a_step("a")])
    second = a_workflow(steps=[a_step("a"), a_step("b")], triggers=[{"name": "q", "queue": {}}])

    made = [
        next(o for o in reconcile(observed(one)).objects if o["kind"] == "Deployment")
        for one in (first, second)
    ]

    assert made[0] == made[1]


def test_a_draft_loses_the_runner_that_it_had() -> None:
    children = a_child("Deployment", RUNNER) | a_child("Service", RUNNER)

    desired = reconcile(observed(a_workflow(state="Draft"), children=children))

    assert set(desired.surplus) == {Child("Deployment", RUNNER), Child("Service", RUNNER)}


def test_a_child_under_a_name_that_is_not_used_any_more_goes() -> None:
    desired = reconcile(observed(children=a_child("ConfigMap", "old") | a_child("Service", RUNNER)))

    assert desired.surplus == (Child("ConfigMap", "old"),)


def test_the_oldest_versions_go_but_for_those_of_unfinished_runs() -> None:
    workflow = a_workflow(revisionHistoryLimit=2)
    revisions = (*(Revision(number=n, digest="x") for n in range(1, 6)), the_revision(workflow, 6))

    desired = reconcile(observed(workflow, revisions=revisions, pinned=frozenset({1})))

    assert [child.name for child in desired.surplus] == [f"{RUNNER}-v3", f"{RUNNER}-v2"]


def test_the_first_error_is_told_and_how_many_more_there_are() -> None:
    desired = reconcile(of(steps=[a_step("a", action="nope"), a_step("b", action="nope")]))

    valid = find(desired.status["conditions"], "Valid")
    assert valid is not None
    assert valid["message"].startswith("steps[0].action: no action is named 'nope'")
    assert valid["message"].endswith("(and 1 more: sluice lint shows all)")


REMIND = an_action("remind").spec
OTHER = an_action("remind", http={"url": "https://other.example.com"}).spec


def using(actions: Actions, **fields: Any) -> Observed:
    return observed(a_workflow(steps=[a_step("a", "remind")]), actions=actions, **fields)


def the_version(desired: Desired) -> dict[str, Any]:
    [made] = [one for one in desired.objects if one["kind"] == "ControllerRevision"]
    return made


def test_a_version_holds_the_workflow_actions_that_its_steps_use() -> None:
    unused = {"unused": REMIND, "remind": REMIND}

    made = the_version(reconcile(using(Actions(specs=unused))))

    assert made["data"]["actions"].keys() == {"remind"}


def test_another_workflow_action_of_the_name_makes_another_version() -> None:
    first = the_version(reconcile(using(Actions(specs={"remind": REMIND}))))
    digest = first["metadata"]["annotations"]["sluice.dev/definition"]
    revisions = (Revision(number=1, digest=digest),)

    same = reconcile(using(Actions(specs={"remind": REMIND}), revisions=revisions))
    changed = reconcile(using(Actions(specs={"remind": OTHER}), revisions=revisions))

    assert same.status["version"] == 1
    assert (changed.status["version"], the_version(changed)["revision"]) == (2, 2)


UNUSABLE = {
    "it does not exist": (Actions(), "no action is named 'remind'"),
    "it has a fault": (
        Actions(specs={"remind": REMIND}, faults={"remind": "http.url: no template"}),
        "the WorkflowAction remind cannot be used: http.url: no template",
    ),
}


@pytest.mark.parametrize(("actions", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_workflow_that_uses_one_that_cannot_be_used_is_not_valid(
    actions: Actions, said: str
) -> None:
    desired = reconcile(using(actions))

    valid = find(desired.status["conditions"], "Valid")
    assert valid is not None
    assert (valid["status"], valid["reason"]) == ("False", "UnknownAction")
    assert said in valid["message"]


TOOL = a_step("a", "container", **{"with": {"image": "tool:1"}})
CONTAINERS = f"{RUNNER}-containers"


def policies(desired: Desired) -> set[str]:
    return {one["metadata"]["name"] for one in desired.objects if one["kind"] == "NetworkPolicy"}


def test_containers_of_steps_have_a_network_policy_of_their_own() -> None:
    workflow, plan = a_workflow(steps=[TOOL]), a_plan(images=["tool:1"])

    desired = reconcile(observed(workflow, plan=plan))

    [made] = [one for one in desired.objects if one["metadata"]["name"] == CONTAINERS]
    assert made["spec"]["podSelector"] == {"matchLabels": {"sluice.dev/container-of": "daily-etl"}}
    assert "ingress" not in made["spec"]
    assert made["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_that_policy_stays_when_no_step_runs_a_container_any_more() -> None:
    there = a_child("NetworkPolicy", CONTAINERS)

    none, kept = reconcile(observed()), reconcile(observed(children=there))

    assert policies(none) == {RUNNER}
    assert policies(kept) == {RUNNER, CONTAINERS}
    assert kept.surplus == ()


IMAGES: dict[str, tuple[Any, Actions, Plan | None, str]] = {
    "no plan lists any": (
        TOOL, Actions(), None, "step a: the image tool:1 is not permitted: a WorkflowPlan for",
    ),
    "the plan lists another": (
        TOOL, Actions(), a_plan(images=["tool:2"]), "the plan paid must list it under images",
    ),
    "of a WorkflowAction": (
        a_step("a", "resize"),
        Actions(specs={"resize": an_action("resize", container={"image": "resize:1"}).spec}),
        a_plan(images=["tool:1"]), "step a: the image resize:1 is not permitted",
    ),
    "known at run time only": (
        a_step("a", "container", **{"with": {"image": "{{ inputs.image }}"}}), Actions(), None, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("step", "actions", "plan", "said"), IMAGES.values(), ids=IMAGES)
def test_an_image_that_is_not_listed(
    step: Any, actions: Actions, plan: Plan | None, said: str
) -> None:
    desired = reconcile(observed(a_workflow(steps=[step]), actions=actions, plan=plan))

    valid = find(desired.status["conditions"], "Valid")
    assert valid is not None
    assert (valid["reason"] == "PlanLimitExceeded") == bool(said)
    assert said in valid["message"]
