"""Do the credentials and Secrets exist that steps name: asked of a cluster, as its user.

A module of its own for the reason that sluice_cli.remote is one. Values are looked at to say
whether they can be used, and never shown.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from sluice_cli.connection import said
from sluice_core import credential_reading, mounts, names
from sluice_core.api.credential import CredentialSpec, WorkflowCredential
from sluice_core.credential_reading import Lacking, Unusable
from sluice_core.finding import Finding, FindingType

PLURAL = WorkflowCredential.kind_info.plural
FORBIDDEN, NOT_FOUND = 403, 404


class NotAllowed(Exception):  # noqa: N818 - what the API server said
    """The user may not see it."""


def check(
    namespace: str, name: str, known: dict[str, CredentialSpec | None], path: str
) -> Iterator[Finding]:
    """What is not there for a step; `path` is where it names the credential.

    One that no file holds is read from the cluster, and then `known`.
    """
    try:
        if name not in known:
            known[name] = _credential(namespace, name)
    except NotAllowed as error:
        yield Finding(type="NotChecked", path=path, message=str(error))
        return
    spec = known[name]
    if spec is not None:
        yield from _findings(namespace, name, spec, path)


def _credential(namespace: str, name: str) -> CredentialSpec | None:
    """The WorkflowCredential of that name; None where there is none. Raises NotAllowed."""
    api = client.CustomObjectsApi()
    try:
        found: Any = api.get_namespaced_custom_object(
            names.GROUP, names.VERSION, namespace, PLURAL, name
        )
    except ApiException as error:
        if error.status == NOT_FOUND:
            return None
        raise _refusal(error) from error
    return WorkflowCredential.parse(found).spec


def _findings(namespace: str, name: str, spec: CredentialSpec, path: str) -> Iterator[Finding]:
    """What the Secret of a credential lacks; `path` is where it is named."""
    mount = mounts.of(spec)
    try:
        values = _values(namespace, mount)
        credential_reading.read(spec.type, values, mounts.plain_config(spec), wanted=mount.keys)
    except NotAllowed as error:
        yield Finding(type="NotChecked", path=path, message=f"Secret {mount.secret}: {error}")
    except Lacking as error:
        for field in error.fields:
            yield _finding("CredentialMissing", path, mounts.lacking(name, mount, field))
    except Unusable as error:
        for problem in error.problems:
            yield _finding("CredentialInvalid", path, mounts.unusable(name, mount, problem))


def _values(namespace: str, mount: mounts.Mount) -> dict[str, str]:
    """The secret fields that are there; a Secret that does not exist has none."""
    try:
        secret: Any = client.CoreV1Api().read_namespaced_secret(mount.secret, namespace)
    except ApiException as error:
        if error.status == NOT_FOUND:
            return {}
        raise _refusal(error) from error
    data = secret.data or {}
    return {
        field: b64decode(data[key]).decode(errors="replace")
        for field, key in ((field, mount.key(field)) for field in mounts.fields(mount))
        if key in data
    }


def _refusal(error: ApiException) -> Exception:
    return NotAllowed(said(error)) if error.status == FORBIDDEN else error


def _finding(kind: FindingType, path: str, message: str) -> Finding:
    return Finding(type=kind, path=path, message=message)
