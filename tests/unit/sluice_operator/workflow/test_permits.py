"""What a plan permits, and what is permitted without one."""

from typing import Any

import pytest

from sluice_operator.workflow import permits
from sluice_operator.workflow.observed import Plan, Reach
from testkit.builders import a_step, a_workflow
from testkit.seen import a_plan, observed

NEEDS_A_PLAN = (
    "this needs a WorkflowPlan that permits it; label the namespace sluice.dev/plan=<plan>"
)

CASES: dict[str, tuple[dict[str, Any], Plan | None, list[str]]] = {
    "public HTTPS needs no plan": (
        {"egress": {"allow": ["api.example.com", "api.example.com:443", "*.example.com"]}},
        None, [],
    ),
    "another port needs one": (
        {"egress": {"allow": ["db.example.com:5432"]}}, None,
        [f"egress.allow db.example.com:5432: {NEEDS_A_PLAN}"],
    ),
    "a range needs one": (
        {"egress": {"allow": ["10.0.0.0/8"]}}, None, [f"egress.allow 10.0.0.0/8: {NEEDS_A_PLAN}"],
    ),
    "an address needs one": (
        {"egress": {"allow": ["10.0.0.1"]}}, None, [f"egress.allow 10.0.0.1: {NEEDS_A_PLAN}"],
    ),
    "a service of the cluster needs one": (
        {"egress": {"allow": ["db.shop.svc", "localhost"]}}, None,
        [f"egress.allow db.shop.svc: {NEEDS_A_PLAN}", f"egress.allow localhost: {NEEDS_A_PLAN}"],
    ),
    "a plan without egress permits all of it": (
        {"egress": {"allow": ["10.0.0.0/8", "db.shop.svc:5432"]}}, a_plan(), [],
    ),
    "a plan with egress permits what it lists": (
        {"egress": {"allow": ["a.example.com:443", "10.1.0.0/16", "b.example.com"]}},
        a_plan(egress={"allowHosts": ["*.example.com:443"], "allowCidrs": ["10.0.0.0/8"]}),
        ["egress.allow b.example.com: the plan paid does not permit it"],
    ),
    "a plan with an empty egress permits nothing more": (
        {"egress": {"allow": ["a.example.com"]}}, a_plan(egress={}),
        ["egress.allow a.example.com: the plan paid does not permit it"],
    ),
    "an image of one's own": (
        {"runner": {"image": "x:1"}}, None,
        [("runner.image x:1 is not permitted: a WorkflowPlan for this namespace must list it under "
         "images")],
    ),
    "an image that the plan lists": ({"runner": {"image": "x:1"}}, a_plan(images=["x:1"]), []),
    "an account that the plan does not list": (
        {"runner": {"serviceAccountName": "boss"}}, a_plan(serviceAccounts=["clerk"]),
        [("runner.serviceAccountName boss is not permitted: the plan paid must list it under "
         "serviceAccounts")],
    ),
    "labels of pods": (
        {"runner": {"labels": {"team": "a", "cost": "b"}}}, a_plan(podLabels=["team"]),
        ["runner.labels cost is not permitted: the plan paid must list it under podLabels"],
    ),
    "what no plan can list": (
        {"runner": {"nodeSelector": {"a": "b"}, "annotations": {"a": "b"}}}, a_plan(),
        ["runner.annotations is not permitted: no plan can list it in this release; remove it",
         "runner.nodeSelector is not permitted: no plan can list it in this release; remove it"],
    ),
    "too many steps": (
        {"steps": [a_step("a"), a_step("b")]}, a_plan(maxStepsPerWorkflow=1),
        ["2 steps: the plan paid permits 1 a workflow"],
    ),
    "retries of a step": (
        {"steps": [a_step("a", retry={"limit": 3})]}, a_plan(maxRetries=2),
        ["steps[0].retry.limit is 3: maxRetries of the plan paid is 2"],
    ),
    "retries of the run": (
        {"settings": {"retry": {"limit": 1}}}, a_plan(maxRetries=0),
        ["settings.retry.limit is 1: maxRetries of the plan paid is 0"],
    ),
    "an action that is not listed": (
        {"steps": [a_step("a"), a_step("b", action="wait")]}, a_plan(actions=["log"]),
        ["action wait: the plan paid does not list it under actions"],
    ),
    "a label that names no plan": (
        {}, Plan(name="gone", spec=None),
        [("the namespace's label sluice.dev/plan names the WorkflowPlan gone, which does not "
         "exist: create it or correct the label")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "plan", "said"), CASES.values(), ids=CASES)
def test_refusals(spec: dict[str, Any], plan: Plan | None, said: list[str]) -> None:
    assert permits.refusals(observed(a_workflow(**spec), plan=plan)) == said


REACHES: dict[str, tuple[Plan | None, bool]] = {
    "no plan: names lead to public addresses": (None, False),
    "a plan that says nothing of egress": (a_plan(), True),
    "a plan with egress": (a_plan(egress={}), False),
    "a plan that permits private addresses": (a_plan(egress={"allowPrivate": True}), True),
}


@pytest.mark.parametrize(("plan", "private"), REACHES.values(), ids=REACHES)
def test_reach(plan: Plan | None, private: bool) -> None:
    spec = a_workflow(egress={"allow": ["a.example.com"]}).spec

    assert permits.reach(spec, plan) == Reach(("a.example.com",), private)


@pytest.mark.parametrize(("older", "said"), [(1, 0), (2, 1)])
def test_the_oldest_workflows_keep_working(older: int, said: int) -> None:
    seen = observed(plan=a_plan(maxWorkflows=2), place=older)

    refusals = permits.refusals(seen)

    told = "maxWorkflows of the plan paid is 2, and 2 are older than this one"
    assert refusals == [told][:said]


def test_the_oldest_credentials_keep_working() -> None:
    workflow = a_workflow(steps=[a_step("a", credential="old"), a_step("b", credential="new")])

    refusals = permits.refusals(
        observed(workflow, plan=a_plan(maxCredentials=1), older={"old": 0, "new": 1})
    )

    told = "credential new: maxCredentials of the plan paid is 1, and 1 are older than this one"
    assert refusals == [told]
