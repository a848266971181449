"""The cluster of the user's kubeconfig, and what it says when it refuses."""

import json
import sys

from kubernetes import config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from sluice_cli.documents import Unreadable

INVALID = 2


def connect(namespace: str | None) -> str:
    """Set up the client; answers the namespace that is meant. Raises Unreadable."""
    try:
        config.load_kube_config()
        _, context = config.list_kube_config_contexts()
    except ConfigException as error:
        raise Unreadable(f"kubeconfig: {error}") from error
    return namespace or str(context["context"].get("namespace", "default"))


def refused(error: ApiException) -> int:
    """Print what the API server says, in its words; answers the exit code."""
    print(f"error: {said(error)}", file=sys.stderr)
    return INVALID


def said(error: ApiException) -> str:
    """What the API server says, in its words."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
