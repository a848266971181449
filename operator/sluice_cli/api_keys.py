"""Make, list and revoke keys for the gateway: tokens that are good while a Secret is there.

A module of its own for the reason of sluice_cli.remote.
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from sluice_cli import key_objects
from sluice_cli.connection import INVALID, connect, refused, said
from sluice_cli.key_objects import Manifest
from sluice_core import names


def create(options: argparse.Namespace) -> int:
    """Print the key to standard output, and about it to standard error.

    What was made for a key that could not be had is taken away again.
    """
    namespace = connect(options.namespace)
    core = client.CoreV1Api()
    try:
        with ExitStack() as undo:
            account = _account(core, namespace, options, undo)
            body: Any = key_objects.make_secret(options.name, account, options.role)
            secret = _plain(core.create_namespaced_secret(namespace, body))
            made = secret["metadata"]["name"]
            undo.callback(_quietly, core.delete_namespaced_secret, made, namespace)
            who = account["metadata"]["name"]
            wanted: Any = key_objects.make_request(secret, options.expires)
            answer = core.create_namespaced_service_account_token(who, namespace, wanted)
            token = _plain(answer)["status"]
            expires = key_objects.stamp(datetime.fromisoformat(token["expirationTimestamp"]))
            note = {"metadata": {"annotations": {names.ANNOTATION_KEY_EXPIRES: expires}}}
            core.patch_namespaced_secret(made, namespace, note)
            undo.pop_all()
    except ApiException as error:
        return refused(error)
    print(token["token"])
    about = f"{options.name}: a key of {who} in {namespace}, good until {expires}"
    print(f"{about}; it is shown this once. Send it as X-API-Key.", file=sys.stderr)
    return 0


def show(options: argparse.Namespace) -> int:
    """A line for each key, by name."""
    namespace = connect(options.namespace)
    try:
        found = client.CoreV1Api().list_namespaced_secret(
            namespace, label_selector=names.LABEL_API_KEY, field_selector=_OURS
        )
    except ApiException as error:
        return refused(error)
    now = datetime.now(UTC)
    keys = [key_objects.described(one, now) for one in _plain(found)["items"]]
    keys.sort(key=lambda one: one["name"])
    print(json.dumps(keys, indent=2) if options.output == "json" else key_objects.table(keys))
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Delete the Secret, and the account if it was made for the key."""
    namespace = connect(options.namespace)
    core, name = client.CoreV1Api(), names.api_key(options.name)
    try:
        secret = _plain(core.read_namespaced_secret(name, namespace))
        if secret["type"] != names.API_KEY_TYPE:
            print(f"error: the Secret {name} in {namespace} is no API key", file=sys.stderr)
            return INVALID
        same: Any = {"preconditions": {"uid": secret["metadata"]["uid"]}}
        core.delete_namespaced_secret(name, namespace, body=same)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            text = f"there is no key {options.name} in {namespace}; sluice keys list shows them"
            print(f"error: {text}", file=sys.stderr)
            return INVALID
        return refused(error)
    if key_objects.has_own_account(secret):
        _quietly(core.delete_namespaced_service_account, name, namespace)
    print(f"{options.name}: revoked; gateways refuse it within 10 seconds")
    return 0


_OURS = f"type={names.API_KEY_TYPE}"


def _account(
    core: client.CoreV1Api, namespace: str, options: argparse.Namespace, undo: ExitStack
) -> Manifest:
    """The account that is named, or a new one with the role."""
    if options.service_account:
        return _plain(core.read_namespaced_service_account(options.service_account, namespace))
    body: Any = key_objects.make_account(options.name)
    account = _plain(core.create_namespaced_service_account(namespace, body))
    made = account["metadata"]["name"]
    undo.callback(_quietly, core.delete_namespaced_service_account, made, namespace)
    rbac = client.RbacAuthorizationV1Api()
    for one in key_objects.make_bindings(options.name, options.role, account):
        binding: Any = one
        rbac.create_namespaced_role_binding(namespace, binding)
    return account


def _plain(found: object) -> Manifest:
    """What the client parsed, as the manifest that it was."""
    return cast("Manifest", client.ApiClient().sanitize_for_serialization(found))


def _quietly(delete: Callable[[str, str], object], name: str, namespace: str) -> None:
    try:
        delete(name, namespace)
    except ApiException as error:
        print(f"warning: {name} is left in {namespace}: {said(error)}", file=sys.stderr)
