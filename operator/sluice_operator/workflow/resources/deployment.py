"""The runner's Deployment. A new definition changes nothing here, so editing rolls no pod."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from sluice_core import mounts, names
from sluice_core.api.workflow import Workflow
from sluice_core.mounts import Mount
from sluice_operator.workflow.observed import Installation, Reach
from sluice_operator.workflow.resources import credential_mounts
from sluice_operator.workflow.resources.meta import metadata

USER = 65532
GRACE_SECONDS = 60
KEYS_PATH = "/etc/sluice/keys"
NOTHING: Mapping[str, Mount] = {}


def make_deployment(workflow: Workflow, replicas: int, template: dict[str, Any]) -> dict[str, Any]:
    """The pods that share the runs."""
    name = workflow.metadata.name
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(workflow, names.runner(name)),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": {names.LABEL_WORKFLOW: name}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "template": template,
        },
    }


def make_template(
    workflow: Workflow,
    installation: Installation,
    *,
    reach: Reach,
    mounted: Mapping[str, Mount] = NOTHING,
) -> dict[str, Any]:
    """`reach` is where the plan lets the runner connect to, `mounted` its credentials."""
    return {
        "metadata": {"labels": _pod_labels(workflow, mounted)},
        "spec": _pod(workflow, installation, reach, mounted),
    }


def mounts_hash(mounted: Mapping[str, Mount]) -> str:
    """What a pod has mounted, for people: dispatch looks at the variable that says it all."""
    return hashlib.sha256(mounts.encode(mounted).encode()).hexdigest()[:12]


def _pod_labels(workflow: Workflow, mounted: Mapping[str, Mount]) -> dict[str, str]:
    return {
        **workflow.spec.runner.labels,
        **names.owned_by_workflow(workflow.metadata.name),
        names.LABEL_COMPONENT: "runner",
        names.LABEL_MOUNTS: mounts_hash(mounted),
    }


def _pod(
    workflow: Workflow, installation: Installation, reach: Reach, mounted: Mapping[str, Mount]
) -> dict[str, Any]:
    runner = workflow.spec.runner
    account = runner.service_account_name or names.runner(workflow.metadata.name)
    pod: dict[str, Any] = {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(workflow, installation, reach, mounted)],
        "volumes": [
            {
                "name": "keys",
                "configMap": {"name": names.keys_config_map(workflow.metadata.name)},
            },
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    }
    if mounted:
        pod["volumes"].append(credential_mounts.make_volume(workflow, mounted))
        pod["containers"][0]["volumeMounts"].append(credential_mounts.make_volume_mount())
    if runner.node_selector:
        pod["nodeSelector"] = dict(runner.node_selector)
    if runner.tolerations:
        pod["tolerations"] = [
            t.model_dump(by_alias=True, exclude_none=True) for t in runner.tolerations
        ]
    return pod


def _container(
    workflow: Workflow, installation: Installation, reach: Reach, mounted: Mapping[str, Mount]
) -> dict[str, Any]:
    return {
        "name": names.RUNNER_CONTAINER,
        "image": workflow.spec.runner.image or installation.runner_image,
        "imagePullPolicy": installation.pull_policy,
        "command": ["sluice-runner"],
        "env": [*_env(workflow, reach, mounted), *_own_env(workflow)],
        "ports": [{"name": "http", "containerPort": names.RUNNER_PORT, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"path": "/readyz", "port": "http"},
            "periodSeconds": 2,
            "timeoutSeconds": 2,
        },
        "resources": _resources(workflow, installation),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "keys", "mountPath": KEYS_PATH, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
    }


def _env(workflow: Workflow, reach: Reach, mounted: Mapping[str, Mount]) -> list[dict[str, Any]]:
    meta, runner = workflow.metadata, workflow.spec.runner
    literal = {
        "SLUICE_WORKFLOW": meta.name,
        "SLUICE_NAMESPACE": meta.namespace,
        "SLUICE_WORKFLOW_UID": meta.uid,
        "SLUICE_SLOTS": str(runner.concurrency),
        "SLUICE_EGRESS_ALLOW": orjson.dumps(reach.allow).decode(),
        "SLUICE_EGRESS_PRIVATE": "true" if reach.private else "false",
        "SLUICE_ENV_NAMES": orjson.dumps([one.name for one in runner.env]).decode(),
        "SLUICE_KEYS_DIR": KEYS_PATH,
        "SLUICE_DRAIN_SECONDS": str(GRACE_SECONDS - 5),
    }
    if mounted:
        literal |= {
            mounts.VARIABLE: mounts.encode(mounted),
            "SLUICE_CREDENTIALS_DIR": credential_mounts.PATH,
        }
    downward = {"SLUICE_POD_NAME": "metadata.name", "SLUICE_POD_UID": "metadata.uid"}
    return [
        *({"name": name, "value": value} for name, value in literal.items()),
        *(
            {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
            for name, path in downward.items()
        ),
    ]


def _own_env(workflow: Workflow) -> list[dict[str, Any]]:
    return [{"name": one.name, "value": one.value} for one in workflow.spec.runner.env]


def _resources(workflow: Workflow, installation: Installation) -> dict[str, Any]:
    own = workflow.spec.runner.resources
    return {
        "requests": {**installation.requests, **(dict(own.requests) if own else {})},
        "limits": {**installation.limits, **(dict(own.limits) if own else {})},
    }
