"""The definitions on a real API server: defaults, drift, selectors, scale, status, bounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice_core.api.kind import VERSION
from sluice_core.api.run import WorkflowRun
from sluice_core.api.workflow import Workflow
from sluice_core.crd import KINDS
from sluice_core.manifest import Manifest
from sluice_kube.config import ClusterConfig
from testkit.api_server import ApiServer, a_group, a_namespace, an_object
from testkit.builders import a_credential, a_run, a_workflow

pytestmark = pytest.mark.integration

FULL = Path(__file__).parents[1] / "testkit" / "full_workflow.yaml"
UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed,status.phase!=Cancelled"


@pytest.fixture(scope="module")
def api(cluster_config: ClusterConfig) -> Iterator[ApiServer]:
    with a_group(cluster_config) as api:
        yield api


@pytest.fixture
def namespace(api: ApiServer) -> Iterator[str]:
    with a_namespace(api) as name:
        yield name


def full_workflow(namespace: str) -> Manifest:
    manifest: Manifest = yaml.safe_load(FULL.read_text())
    manifest["metadata"]["namespace"] = namespace
    return manifest


def drift(wanted: Any, live: Any, path: str = "") -> list[str]:
    """What Argo CD shows as out of sync: a field that differs, or any difference in a list."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return [
            line
            for key, value in wanted.items()
            if value is not None
            for line in drift(value, live.get(key), f"{path}.{key}")
        ]
    return [] if wanted == live else [f"{path}: {wanted!r} became {live!r}"]


def test_a_workflow_with_every_field_is_taken_as_it_is(api: ApiServer, namespace: str) -> None:
    manifest = full_workflow(namespace)

    answer = api.create(manifest)

    assert answer.code == 201, answer.message
    assert drift(manifest["spec"], answer.body["spec"]) == []


def test_the_server_fills_in_the_defaults_that_the_models_have(
    api: ApiServer, namespace: str
) -> None:
    bare = an_object(Workflow, {}, namespace=namespace)

    answer = api.create(bare)

    assert answer.code == 201, answer.message
    assert Workflow.parse(bare | {"spec": answer.body["spec"]}).spec == Workflow.parse(bare).spec
    assert answer.body["spec"]["lifecycle"] == {"policy": "IdleShutdown"}
    assert answer.body["spec"]["settings"]["retry"] == {"limit": 0, "backoffSeconds": 5}


def test_the_builders_build_what_the_server_takes(api: ApiServer) -> None:
    for made in (a_workflow(), a_run(), a_credential()):
        manifest = made.model_dump(mode="json", exclude_unset=True, exclude={"status"})
        kind = type(made).kind_info.name
        metadata = {"name": made.metadata.name, "namespace": "default"}

        answer = api.create(manifest | {"kind": kind, "metadata": metadata})

        assert answer.code == 201, answer.message


def test_applying_again_changes_nothing(api: ApiServer, namespace: str) -> None:
    manifest = full_workflow(namespace)
    manifest["apiVersion"] = f"{api.group}/{VERSION}"
    path = f"{api.path_of(manifest)}/daily-etl?fieldManager=argocd"
    content = "application/apply-patch+yaml"

    first = api.request("PATCH", path, manifest, content)
    second = api.request("PATCH", path, manifest, content)

    assert (first.code, second.code) == (201, 200), second.message
    assert second.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]


def test_a_run_that_nobody_looked_at_is_unfinished(api: ApiServer, namespace: str) -> None:
    for name in ("fresh", "going", "done", "failed", "cancelled"):
        api.create(
            an_object(WorkflowRun, {"workflow": "etl"}, name=name, namespace=namespace), dry=False
        )
    for name, phase in (
        ("going", "Running"),
        ("done", "Succeeded"),
        ("failed", "Failed"),
        ("cancelled", "Cancelled"),
    ):
        run = an_object(WorkflowRun, {}, name=name, namespace=namespace)
        assert api.patch(run, {"status": {"phase": phase}}, "status").code == 200

    assert selected(api, namespace, UNFINISHED) == {"fresh", "going"}
    assert selected(api, namespace, "spec.workflow=etl,status.phase=Failed") == {"failed"}
    assert selected(api, namespace, "spec.workflow=other") == set()


def selected(api: ApiServer, namespace: str, fields: str) -> set[str]:
    run = an_object(WorkflowRun, {}, namespace=namespace)
    answer = api.request("GET", f"{api.path_of(run)}?fieldSelector={fields.replace('!', '%21')}")
    assert answer.code == 200, answer.message
    return {item["metadata"]["name"] for item in answer.body["items"]}


def test_a_workflow_can_be_scaled(api: ApiServer, namespace: str) -> None:
    workflow = an_object(Workflow, {"runner": {"maxReplicas": 2}}, namespace=namespace)
    api.create(workflow, dry=False)
    status = {"replicas": 1, "selector": "sluice.dev/workflow=tried"}
    api.patch(workflow, {"status": status}, "status")

    slept = api.patch(workflow, {"spec": {"replicas": 0}}, "scale")
    refused = api.patch(workflow, {"spec": {"replicas": 3}}, "scale")

    assert slept.code == 200, slept.message
    assert slept.body["spec"].get("replicas", 0) == 0  # an autoscaling/v1 Scale leaves 0 out
    assert slept.body["status"] == status
    assert refused.code == 422
    assert "runner.maxReplicas must be at least replicas" in refused.message


def test_a_status_holds_what_was_written_and_no_more(api: ApiServer, namespace: str) -> None:
    run = an_object(WorkflowRun, {"workflow": "etl"}, namespace=namespace)
    api.create(run, dry=False)
    status = {"phase": "Running", "steps": [{"name": "a", "phase": "Running", "output": {"b": 1}}]}

    answer = api.patch(run, {"status": status}, "status")

    assert answer.body["status"] == status


def test_the_largest_workflow_is_within_the_budget_of_the_rules(
    api: ApiServer, namespace: str
) -> None:
    steps = [
        {
            "name": f"step-{n}-{'x' * 50}",
            "action": "http.get",
            "credential": "c" * 63,
            "needs": [f"step-{m}-{'x' * 50}" for m in range(max(0, n - 10), n)],
            "forEach": {"in": "{{ inputs.rows }}", "as": "r" * 63},
        }
        for n in range(200)
    ]
    triggers = [
        {"name": f"t{n}-{'x' * 50}", "schedule": {"crons": ["*/5 9-17 * * MON-FRI"] * 20}}
        for n in range(50)
    ]
    egress = {"allow": [f"{n}.{'h' * 60}.example.com:443" for n in range(100)]}
    spec = {"steps": steps, "triggers": triggers, "egress": egress, "runner": {"env": env(64)}}

    answer = api.create(an_object(Workflow, spec, namespace=namespace))

    assert answer.code == 201, answer.message


def env(count: int) -> list[Manifest]:
    return [{"name": f"NAME_{n}_{'X' * 100}", "value": "1"} for n in range(count)]


OUT_OF_BOUNDS: dict[str, Manifest] = {
    "no two steps of one name": {"steps": [{"name": "a", "action": "log"}] * 2},
    "no two triggers of one name": {"triggers": [{"name": "a", "queue": {}}] * 2},
    "no six retries": {"steps": [{"name": "a", "action": "log", "retry": {"limit": 6}}]},
    "no negative replicas": {"replicas": -1},
    "no jitter of more than an hour": {
        "triggers": [{"name": "a", "schedule": {"cron": "0 0 * * *", "jitterSeconds": 3601}}]
    },
    "no idle timeout under five minutes": {"lifecycle": {"idleTimeoutMinutes": 4}},
    "no idle timeout over a day": {"lifecycle": {"idleTimeoutMinutes": 1441}},
    "no eighth day of the week": {
        "lifecycle": {
            "policy": "ScheduledWindow",
            "window": {"windows": [{"days": [7], "startTime": "09:00", "endTime": "17:00"}]},
        }
    },
    "no title of 251 characters": {"title": "a" * 251},
    "no description of 1001 characters": {"description": "a" * 1001},
    "no 201 steps": {"steps": [{"name": f"a{n}", "action": "log"} for n in range(201)]},
    "no unknown state": {"state": "Sleeping"},
    "no webhook without a word on who may call": {"triggers": [{"name": "a", "webhook": {}}]},
}


@pytest.mark.parametrize("spec", OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
def test_bounds(api: ApiServer, spec: Manifest) -> None:
    answer = api.create(an_object(Workflow, spec))

    assert answer.code == 422, answer.body


def test_a_misspelt_field_is_refused_when_strict(api: ApiServer) -> None:
    answer = api.create(an_object(Workflow, {"step": []}))

    assert answer.code == 400
    assert 'unknown field "spec.step"' in answer.message


def test_all_kinds_are_found_together(api: ApiServer) -> None:
    answer = api.request("GET", f"/apis/{api.group}/{VERSION}")

    found = {
        resource["kind"]: resource
        for resource in answer.body["resources"]
        if "/" not in resource["name"]
    }
    assert found.keys() == {model.kind_info.name for model in KINDS}
    for model in KINDS:
        assert found[model.kind_info.name]["categories"] == ["sluice"]
        assert found[model.kind_info.name]["shortNames"] == [model.kind_info.short]
