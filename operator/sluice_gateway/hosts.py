"""Tell from a request's Host which workflow's trigger Service it was sent to."""

import re
from typing import NamedTuple

from sluice_core import names

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Addressee(NamedTuple):
    """A workflow; without a namespace when its Service was called by its short name."""

    workflow: str
    namespace: str | None


def addressee(host: str, domain: str) -> Addressee | None:
    """Of `workflow-x`, `workflow-x.shop`, `workflow-x.shop.svc` or that with the cluster's domain.

    None for every other host. A port and the final dot of an absolute name do not matter.
    """
    name = host.lower().partition(":")[0].rstrip(".")
    service, _, rest = name.partition(".")
    namespace, _, suffix = rest.partition(".")
    workflow = names.workflow_of_service(service)
    if not workflow or suffix not in {"", "svc", f"svc.{domain}"}:
        return None
    if not _LABEL.fullmatch(workflow) or (namespace and not _LABEL.fullmatch(namespace)):
        return None
    return Addressee(workflow, namespace or None)
