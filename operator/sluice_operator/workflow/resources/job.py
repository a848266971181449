"""The Job in which one attempt of a run is carried out: the runner's pod, for that run alone."""

from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_operator.workflow.observed import RunAttempt

TTL_SECONDS = 60  # a pod that has ended is kept so long, for its log


def make_job(workflow: Workflow, template: dict[str, Any], run: RunAttempt) -> dict[str, Any]:
    """`template` is that of the workflow's runners. Further attempts are Jobs of their own."""
    labels = {**names.owned_by_workflow(workflow.metadata.name), names.LABEL_RUN: run.name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job(run.name, run.uid, run.attempt),
            "namespace": workflow.metadata.namespace,
            "labels": labels,
            "ownerReferences": [_owner(run)],
        },
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": TTL_SECONDS,
            "template": _of_one_run(template, run),
        },
    }


def _of_one_run(template: dict[str, Any], run: RunAttempt) -> dict[str, Any]:
    meta, pod = template["metadata"], template["spec"]
    [container] = pod["containers"]
    only = {"SLUICE_SLOTS": "1", "SLUICE_ONE_RUN": f"{run.uid}/{run.attempt}"}
    env = [one for one in container["env"] if one["name"] not in only]
    env += [{"name": name, "value": value} for name, value in only.items()]
    return {
        "metadata": {**meta, "labels": {**meta["labels"], names.LABEL_RUN: run.name}},
        "spec": {**pod, "restartPolicy": "Never", "containers": [{**container, "env": env}]},
    }


def _owner(run: RunAttempt) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "name": run.name,
        "uid": run.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
