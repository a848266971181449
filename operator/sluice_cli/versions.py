"""sluice versions, tag and rollback: the definitions that a workflow has had.

A version is a ControllerRevision. Its number never changes; a rollback makes a new one.
"""

import argparse
import sys
from typing import Any, cast

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from sluice_cli.connection import INVALID, connect, refused
from sluice_core import names

FIELDS = ("entityType", "inputs", "steps", "settings")  # what a version holds of a spec
REVISIONS = ("apps", "v1", "controllerrevisions")

Manifest = dict[str, Any]


def show(options: argparse.Namespace) -> int:
    """A line for each version, the newest last."""
    namespace = connect(options.namespace)
    try:
        found = _all(namespace, options.workflow)
    except ApiException as error:
        return refused(error)
    for one in found:
        notes = _notes(one)
        tag = notes.get(names.ANNOTATION_VERSION_TAG, "-")
        about = notes.get(names.ANNOTATION_VERSION_DESCRIPTION, "")
        made = one["metadata"]["creationTimestamp"]
        print(f"{one['revision']}\t{made}\t{tag}\t{about}".rstrip())
    return 0


def tag(options: argparse.Namespace) -> int:
    """Name the newest version, or another one; a version with a tag is never pruned."""
    namespace = connect(options.namespace)
    notes = {names.ANNOTATION_VERSION_TAG: options.tag}
    if options.description:
        notes[names.ANNOTATION_VERSION_DESCRIPTION] = options.description
    try:
        found = _find(namespace, options.workflow, options.version)
        if found is None:
            return _none(options)
        _patch(
            namespace, REVISIONS, found["metadata"]["name"], {"metadata": {"annotations": notes}}
        )
    except ApiException as error:
        return refused(error)
    print(f"{options.workflow}: version {found['revision']} is tagged {options.tag}")
    return 0


def rollback(options: argparse.Namespace) -> int:
    """Put the definition of a version, by number or tag, into the workflow's spec."""
    namespace = connect(options.namespace)
    workflows = (names.GROUP, names.VERSION, "workflows")
    try:
        found = _find(namespace, options.workflow, options.version)
        if found is None:
            return _none(options)
        spec = {field: found["data"].get(field) for field in FIELDS}
        _patch(namespace, workflows, options.workflow, {"spec": spec})
    except ApiException as error:
        return refused(error)
    print(f"{options.workflow}: has the definition of version {found['revision']} again")
    return 0


def _all(namespace: str, workflow: str) -> list[Manifest]:
    group, version, plural = REVISIONS
    found = client.CustomObjectsApi().list_namespaced_custom_object(
        group, version, namespace, plural, label_selector=names.selector(workflow)
    )
    return sorted(cast("Manifest", found)["items"], key=lambda one: int(one["revision"]))


def _find(namespace: str, workflow: str, version: str | None) -> Manifest | None:
    """The version of that number or tag; the newest where none is named."""
    matching = [
        one
        for one in _all(namespace, workflow)
        if version in (None, str(one["revision"]), _notes(one).get(names.ANNOTATION_VERSION_TAG))
    ]
    return matching[-1] if matching else None


def _patch(namespace: str, kind: tuple[str, str, str], name: str, patch: Manifest) -> None:
    group, version, plural = kind
    client.CustomObjectsApi().patch_namespaced_custom_object(
        group, version, namespace, plural, name, patch
    )


def _notes(one: Manifest) -> dict[str, str]:
    return one["metadata"].get("annotations") or {}


def _none(options: argparse.Namespace) -> int:
    which = f"version {options.version}" if options.version else "version"
    listing = f"sluice versions {options.workflow} lists them"
    print(f"error: {options.workflow} has no {which}; {listing}", file=sys.stderr)
    return INVALID
