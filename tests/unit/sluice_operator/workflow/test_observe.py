"""What is gathered for a decision, and which workflows a change concerns."""

from typing import Any

import pytest
from pydantic import ValidationError

from sluice_core import names
from sluice_core.packed import Packed
from sluice_operator.workflow.observe import Observer
from sluice_operator.workflow.observed import Child, Demand
from testkit.builders import an_action
from testkit.seen import NOON, an_installation

KEY = ("shop", "etl")
SPEC = {"steps": [{"name": "a", "action": "log", "with": {"message": "x"}}]}


def an_observer() -> Observer:
    return Observer(an_installation, lambda _: frozenset({2}), lambda _key, _standing: Demand())


def a_manifest(**meta: Any) -> dict[str, Any]:
    metadata = {"name": "etl", "namespace": "shop", "uid": "u1", "generation": 1, **meta}
    return {"apiVersion": names.API_VERSION, "kind": "Workflow", "metadata": metadata, "spec": SPEC}


def a_namespace(plan: str | None) -> dict[str, Any]:
    return {"metadata": {"name": "shop", "labels": {names.LABEL_PLAN: plan} if plan else {}}}


def a_plan(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowPlan",
        "metadata": {"name": "paid"},
        "spec": spec,
    }


def an_owned(*, uid: str = "u1", **owner: Any) -> Packed:
    reference = {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "name": "etl",
        "uid": uid,
        "controller": True,
        **owner,
    }
    return a_service(ownerReferences=[reference])


def a_service(**meta: Any) -> Packed:
    metadata = {"name": "workflow-etl", "namespace": "shop", "uid": "s", "resourceVersion": "7"}
    return Packed.of({"kind": "Service", "metadata": metadata | meta})


def test_children_pods_and_pinned_versions_come_together() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    pod = {"metadata": {"namespace": "shop", "uid": "p", "labels": {names.LABEL_WORKFLOW: "etl"}}}

    concerned = observer.child(an_owned(), exists=True), observer.pod(pod, exists=True)

    seen = observer.observe(KEY, NOON)
    assert concerned == (KEY, KEY)
    assert seen is not None
    assert list(seen.children) == [Child("Service", "workflow-etl")]
    assert (seen.pods, seen.pinned, seen.plan) == ((pod,), frozenset({2}), None)


def test_what_is_gone_is_not_seen() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    observer.child(an_owned(), exists=True)

    observer.child(an_owned(), exists=False)

    seen = observer.observe(KEY, NOON)
    assert seen is not None
    assert seen.children == {}


def test_in_a_namespace_that_is_being_deleted_there_is_nothing_to_do() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    leaving = a_namespace(None)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-31T11:59:00Z"

    list(observer.namespace("shop", leaving))
    seen = observer.observe(KEY, NOON)
    list(observer.namespace("shop", a_namespace(None)))

    assert seen is None
    assert observer.observe(KEY, NOON) is not None, "a new namespace of that name"


STRANGERS = {
    "of a namesake that was deleted": an_owned(uid="u0"),
    "of another kind": an_owned(apiVersion="apps/v1", kind="Deployment"),
    "not as its controller": an_owned(controller=False),
    "of nobody": a_service(),
}


@pytest.mark.parametrize("child", STRANGERS.values(), ids=STRANGERS)
def test_a_child_that_is_not_ours_is_not_seen(child: Packed) -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())

    observer.child(child, exists=True)

    seen = observer.observe(KEY, NOON)
    assert seen is not None
    assert seen.children == {}


def test_a_workflow_that_is_being_deleted_is_not_looked_at() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest(deletionTimestamp="2026-01-31T11:00:00Z"))

    assert observer.observe(KEY, NOON) is None


def test_an_object_that_the_models_cannot_read_says_so() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest() | {"spec": {"steps": "none"}})

    with pytest.raises(ValidationError):
        observer.observe(KEY, NOON)


def test_a_change_of_a_plan_concerns_its_namespaces() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    observer.workflow(("other", "etl"), a_manifest())
    by_label = list(observer.namespace("shop", a_namespace("paid")))

    by_plan = list(observer.plan("paid", a_plan(maxWorkflows=1)))

    seen = observer.observe(KEY, NOON)
    assert (by_label, by_plan) == ([KEY], [KEY])
    assert seen is not None
    assert seen.plan is not None
    assert (seen.plan.name, seen.plan.spec and seen.plan.spec.max_workflows) == ("paid", 1)


def test_a_namespace_that_keeps_its_plan_concerns_nobody() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    list(observer.namespace("shop", a_namespace("paid")))

    assert list(observer.namespace("shop", a_namespace("paid"))) == []
    assert list(observer.namespace("shop", a_namespace(None))) == [KEY]


def test_a_plan_that_is_named_and_does_not_exist_is_told_apart() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())
    list(observer.namespace("shop", a_namespace("paid")))

    seen = observer.observe(KEY, NOON)

    assert seen is not None
    assert seen.plan is not None
    assert seen.plan.spec is None


def test_a_workflow_action_concerns_the_workflows_whose_steps_name_it() -> None:
    observer = an_observer()
    other = a_manifest(name="other") | {"spec": {"steps": [{"name": "a", "action": "remind"}]}}
    observer.workflow(KEY, a_manifest())
    observer.workflow(("shop", "other"), other)

    made = list(observer.action("remind", an_action("remind")))
    seen = observer.observe(("shop", "other"), NOON)
    gone = list(observer.action("remind", None))
    after = observer.observe(("shop", "other"), NOON)

    assert made == gone == [("shop", "other")]
    found = ["remind" in one.actions.catalogue for one in (seen, after) if one is not None]
    assert found == [True, False]


def test_a_workflow_action_with_a_fault_is_known_and_not_usable() -> None:
    observer = an_observer()
    observer.workflow(KEY, a_manifest())

    list(observer.action("remind", an_action("remind"), "http.url: no template"))
    seen = observer.observe(KEY, NOON)

    assert seen is not None
    assert seen.actions.catalogue["remind"].fault == "http.url: no template"
    assert seen.actions.usable == {}
