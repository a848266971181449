"""Apply without a fight, without leftovers and without theft, on a real API server."""

from collections import Counter
from typing import Any

import pytest

from sluice_kube import apply
from sluice_kube.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    JOBS,
    NETWORK_POLICIES,
    SERVICE_ACCOUNTS,
    SERVICES,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.session import Session

pytestmark = pytest.mark.integration

Requests = Counter[tuple[str, str, int]]


@pytest.fixture
async def owner(session: Session, namespace: str) -> Manifest:
    """What the children here belong to; nothing else about it matters."""
    metadata = {"namespace": namespace, "name": "owner"}
    return await session.create(
        CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    )


def child(owner: Manifest, resource: Resource, name: str = "child", **parts: Any) -> Manifest:
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": False,
    }
    metadata = {
        "namespace": owner["metadata"]["namespace"],
        "name": name,
        "labels": {"app.kubernetes.io/managed-by": "sluice"},
        "ownerReferences": [reference],
    }
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": metadata,
        **parts,
    }


CONTAINER = {
    "name": "runner",
    "image": "localhost/none:1",
    "args": ["--empty", ""],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "EMPTY", "value": ""},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ],
    "ports": [{"name": "http", "containerPort": 8080}],
    "resources": {
        "requests": {"cpu": "0.5", "memory": "1024Mi"},
        "limits": {"memory": "1073741824"},
    },
    "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    },
    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp", "readOnly": False}],
}
POD = {
    "automountServiceAccountToken": False,
    "hostNetwork": False,
    "containers": [CONTAINER],
    "nodeSelector": {"sluice.dev/none": "here"},
    "tolerations": [{"key": "sluice.dev/none"}],
    "volumes": [
        {"name": "tmp", "emptyDir": {"sizeLimit": "1024Mi"}},
        {"name": "keys", "secret": {"secretName": "none", "optional": True}},
        {
            "name": "all",
            "projected": {
                "sources": [{"secret": {"name": "n", "items": [{"key": "k", "path": "p"}]}}]
            },
        },
    ],
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "x"}},
        }
    ],
}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": POD}
EGRESS = [
    {
        "to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}],
    },
    {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]},
]
KINDS: dict[str, tuple[Resource, dict[str, Any]]] = {
    "ConfigMap": (CONFIG_MAPS, {"data": {"a": "1", "empty": ""}}),
    "Deployment": (
        DEPLOYMENTS,
        {
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "x"}},
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "template": TEMPLATE,
            }
        },
    ),
    "Job": (
        JOBS,
        {
            "spec": {
                "suspend": True,
                "backoffLimit": 0,
                "template": TEMPLATE | {"spec": POD | {"restartPolicy": "Never"}},
            }
        },
    ),
    "Service to another name": (
        SERVICES,
        {"spec": {"type": "ExternalName", "externalName": "gateway.sluice.svc.cluster.local"}},
    ),
    "Service with ports": (
        SERVICES,
        {
            "spec": {
                "selector": {"app": "x"},
                "ports": [
                    {"name": "dns", "port": 53, "protocol": "UDP"},
                    {"name": "dns-tcp", "port": 53},
                ],
            }
        },
    ),
    "NetworkPolicy": (
        NETWORK_POLICIES,
        {
            "spec": {
                "podSelector": {"matchLabels": {"app": "x"}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [],
                "egress": EGRESS,
            }
        },
    ),
    "ServiceAccount": (SERVICE_ACCOUNTS, {"automountServiceAccountToken": False}),
    "ControllerRevision": (
        CONTROLLER_REVISIONS,
        {"revision": 1, "data": {"spec": {"steps": [{"name": "a"}], "none": {}}}},
    ),
}


@pytest.mark.parametrize(("resource", "parts"), KINDS.values(), ids=KINDS)
async def test_a_second_pass_writes_nothing(
    session: Session,
    requests: Requests,
    owner: Manifest,
    resource: Resource,
    parts: dict[str, Any],
) -> None:
    desired = child(owner, resource, **parts)
    await apply.apply(session, resource, desired, None)
    live = await session.get(resource, Key.of(desired))
    requests.clear()

    step = apply.needed(desired, live)
    again = await apply.apply(session, resource, desired, live)

    assert step == apply.Nothing()
    assert again is live
    assert not requests


async def test_a_dropped_field_disappears_and_a_new_one_comes(
    session: Session, owner: Manifest
) -> None:
    resource, parts = KINDS["Deployment"]
    first = child(owner, resource, **parts)
    await apply.apply(session, resource, first, None)
    less = CONTAINER | {"env": CONTAINER["env"][:1], "args": ["--new"]}  # type: ignore[index]
    pod = {name: part for name, part in POD.items() if name != "nodeSelector"}
    template = TEMPLATE | {"spec": pod | {"containers": [less]}}
    second = child(owner, resource, spec=parts["spec"] | {"template": template})
    live = await session.get(resource, Key.of(first))

    await apply.apply(session, resource, second, live)

    now = await session.get(resource, Key.of(first))
    made = now["spec"]["template"]["spec"]
    assert [variable["name"] for variable in made["containers"][0]["env"]] == ["A"]
    assert made["containers"][0]["args"] == ["--new"]
    assert "nodeSelector" not in made
    assert apply.needed(second, now) == apply.Nothing()


async def test_what_somebody_else_changes_is_set_right_and_what_they_add_stays(
    session: Session, owner: Manifest
) -> None:
    resource, parts = KINDS["NetworkPolicy"]
    desired = child(owner, resource, **parts)
    await apply.apply(session, resource, desired, None)
    key = Key.of(desired)
    wider = {"spec": {"egress": [*EGRESS, {}]}, "metadata": {"annotations": {"theirs": "1"}}}
    changed = await session.merge_patch(resource, key, wider)

    now = await apply.apply(session, resource, desired, changed)

    assert len(now["spec"]["egress"]) == len(EGRESS)
    assert now["metadata"]["annotations"] == {"theirs": "1"}


async def test_a_key_added_to_what_is_ours_as_a_whole_is_noticed(
    session: Session, owner: Manifest
) -> None:
    resource, parts = KINDS["Service with ports"]
    desired = child(owner, resource, **parts)
    await apply.apply(session, resource, desired, None)
    changed = await session.merge_patch(
        resource, Key.of(desired), {"spec": {"selector": {"app": "x", "more": "y"}}}
    )

    now = await apply.apply(session, resource, desired, changed)

    assert now["spec"]["selector"] == {"app": "x"}


@pytest.mark.parametrize("known", [True, False], ids=["seen before", "not seen yet"])
async def test_a_strangers_service_is_not_touched(
    session: Session, namespace: str, owner: Manifest, known: bool
) -> None:
    resource, parts = KINDS["Service to another name"]
    metadata = {"namespace": namespace, "name": "child"}
    theirs = await session.create(
        resource,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"type": "ExternalName", "externalName": "theirs.example"},
        },
    )

    with pytest.raises(apply.NameTaken, match=r"Service .*/child exists and belongs to nobody"):
        await apply.apply(
            session, resource, child(owner, resource, **parts), theirs if known else None
        )

    assert await session.get(resource, Key(namespace, "child")) == theirs


async def test_memory_that_is_behind_does_no_harm(session: Session, owner: Manifest) -> None:
    resource, parts = KINDS["ConfigMap"]
    desired = child(owner, resource, **parts)
    old = await apply.apply(session, resource, desired, None)
    await session.delete(resource, Key.of(desired))
    changed = desired | {"data": {"a": "2"}}

    made = await apply.apply(session, resource, changed, old)
    again = await apply.apply(session, resource, changed, None)

    assert made["metadata"]["uid"] != old["metadata"]["uid"]
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
