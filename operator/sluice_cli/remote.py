"""Runs and runners in a cluster, by the official client: a kubeconfig may hold anything.

A module of its own: the client takes a second to import, which `sluice lint` need not wait for.
"""

import argparse
import json
from datetime import UTC, datetime
from typing import Any, cast

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from sluice_cli import show
from sluice_cli.connection import connect, refused, said
from sluice_cli.documents import Unreadable
from sluice_cli.given import read_inputs
from sluice_core import names, verbs

PLURAL = "workflowruns"
EXIT = {"Succeeded": 0, "Failed": 1, "Cancelled": 130}
WAIT_SECONDS = 3600

Manifest = dict[str, Any]


def trigger(options: argparse.Namespace) -> int:
    """Create a run, and with --wait see it end."""
    namespace = connect(options.namespace)
    api = client.CustomObjectsApi()
    body: Manifest = {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {"generateName": f"{options.workflow}-"},
        "spec": {"workflow": options.workflow, "inputs": read_inputs(options.inputs)},
    }
    try:
        created = api.create_namespaced_custom_object(
            names.GROUP, names.VERSION, namespace, PLURAL, body
        )
        run = cast("Manifest", created)
        if options.wait:
            run = _ended(api, namespace, run)
    except ApiException as error:
        return refused(error)
    print(json.dumps(run) if options.output == "json" else _words(run))
    return EXIT.get(run.get("status", {}).get("phase"), 0)


def cancel(options: argparse.Namespace) -> int:
    """Ask for a run's cancellation."""
    namespace = connect(options.namespace)
    api = client.CustomObjectsApi()
    try:
        api.patch_namespaced_custom_object(
            names.GROUP, names.VERSION, namespace, PLURAL, options.run, {"spec": {"cancel": True}}
        )
    except ApiException as error:
        return refused(error)
    print(f"{options.run}: cancellation asked for")
    return 0


def ask(options: argparse.Namespace) -> int:
    """Stop or start a workflow's runner, by the annotation that says since when."""
    annotation = {"stop": names.ANNOTATION_STOP, "start": names.ANNOTATION_START}[options.verb]
    asked = verbs.asked(annotation, datetime.now(UTC))
    namespace = connect(options.namespace)
    try:
        client.CustomObjectsApi().patch_namespaced_custom_object(
            names.GROUP,
            names.VERSION,
            namespace,
            "workflows",
            options.workflow,
            {"metadata": {"annotations": asked}},
        )
    except ApiException as error:
        return refused(error)
    print(f"{options.workflow}: {options.verb} asked for")
    return 0


def actions() -> list[Manifest]:
    """The WorkflowActions of the cluster; raises Unreadable with what the API server says."""
    connect(None)
    try:
        found = client.CustomObjectsApi().list_cluster_custom_object(
            names.GROUP, names.VERSION, "workflowactions"
        )
    except ApiException as error:
        raise Unreadable(f"WorkflowActions of the cluster: {said(error)}") from error
    return cast("list[Manifest]", cast("Manifest", found)["items"])


def _ended(api: client.CustomObjectsApi, namespace: str, run: Manifest) -> Manifest:
    """The run once it has ended, or as it is after an hour."""
    events = watch.Watch().stream(
        api.list_namespaced_custom_object,
        names.GROUP,
        names.VERSION,
        namespace,
        PLURAL,
        field_selector=f"metadata.name={run['metadata']['name']}",
        timeout_seconds=WAIT_SECONDS,
    )
    for event in events:
        run = event["object"]
        if run.get("status", {}).get("phase") in EXIT:
            return run
    return run


def _words(run: Manifest) -> str:
    name, status = run["metadata"]["name"], run.get("status", {})
    return f"{name}: {show.summary(run)}" if status.get("phase") in EXIT else f"{name}: created"
