"""What it takes to make a child as desired."""

from typing import Any

import pytest

from sluice_kube import apply
from sluice_kube.resources import Manifest


def an_owner(uid: str) -> dict[str, Any]:
    return {"kind": "Workflow", "name": uid, "uid": uid, "controller": True}


def a_service(*owners: str, **metadata: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "namespace": "a",
            "name": "b",
            **({"ownerReferences": [an_owner(uid) for uid in owners]} if owners else {}),
            **metadata,
        },
        "spec": {"type": "ExternalName"},
    }


def entry(manager: str = "sluice", operation: str = "Apply", **rest: Any) -> dict[str, Any]:
    owners = {'k:{"uid":"us"}': {}}
    fields = {"f:metadata": {"f:ownerReferences": owners}, "f:spec": {"f:type": {}}}
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsV1": fields,
        **rest,
    }


def live(*owners: str, entries: list[dict[str, Any]] | None = None, **metadata: Any) -> Manifest:
    known = {"uid": "u", "resourceVersion": "7", "managedFields": entries or [entry()]}
    return a_service(*owners, **known, **metadata)


APPLY = apply.Apply("u", "7")
STRANGE = apply.Taken("nobody that Sluice knows")
UNOWNED = [entry(fieldsV1={"f:spec": {"f:type": {}}})]

CASES: dict[str, tuple[Manifest, Manifest | None, apply.Step]] = {
    "not there": (a_service("us"), None, apply.Create()),
    "as desired": (a_service("us"), live("us"), apply.Nothing()),
    "on its way out": (a_service("us"), live("us", deletionTimestamp="t"), apply.Nothing()),
    "another value": (a_service("us"), live("us") | {"spec": {"type": "ClusterIP"}}, APPLY),
    "nobody's": (a_service("us"), live(), STRANGE),
    "another workflow's": (a_service("us"), live("them"), apply.Taken("Workflow them")),
    "ours, where none is wanted": (a_service(), live("us"), apply.Taken("Workflow us")),
    "applied by us before, without an owner": (a_service(), live(entries=UNOWNED), apply.Nothing()),
    "without an owner, made by a stranger": (
        a_service(),
        live(entries=[entry("kubectl")]),
        STRANGE,
    ),
    "restored by a tool that took our mark": (
        a_service("us"),
        live("us", entries=[entry("velero", "Update")]),
        APPLY,
    ),
    "only our status is marked": (
        a_service("us"),
        live("us", entries=[entry(subresource="status")]),
        APPLY,
    ),
    "marked in another version of the kind": (
        a_service("us"),
        live("us", entries=[entry(apiVersion="v1beta1")]),
        APPLY,
    ),
}


@pytest.mark.parametrize(("desired", "seen", "expected"), CASES.values(), ids=CASES)
def test_needed(desired: Manifest, seen: Manifest | None, expected: apply.Step) -> None:
    assert apply.needed(desired, seen) == expected
