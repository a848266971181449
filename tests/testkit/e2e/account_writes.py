"""How many writes a ServiceAccount of the release asks for, counted by the API server itself.

Its count of requests does not know who asked; that of flow control does, by FlowSchema. So the
account's writes get a FlowSchema of their own, with the priority that they have anyway.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from testkit.e2e import kubectl, release

WRITES = ["create", "update", "patch", "delete", "deletecollection"]
PRECEDENCE = 500
# All that Sluice may write to but Leases and reviews; in "" there are Events too.
GROUPS = ["", "sluice.dev", "apps", "batch", "networking.k8s.io", "events.k8s.io"]
_COUNT = re.compile(
    r"^apiserver_flowcontrol_dispatched_requests_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$",
    re.MULTILINE,
)


@contextmanager
def counted(account: str, *namespaces: str) -> Iterator[Callable[[], int]]:
    """Counts the account's writes in these namespaces until the end of the block."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    subject = {"name": account, "namespace": release.NAMESPACE}
    kubectl.apply("default", _schema(name, subject, namespaces))
    try:
        kubectl.run("wait", f"flowschema/{name}", "--for=condition=Dangling=False")
        yield lambda: _count(name)
    finally:
        kubectl.run("delete", "flowschema", name, "--wait=false")


def _schema(name: str, subject: dict[str, str], namespaces: tuple[str, ...]) -> kubectl.Manifest:
    resource_rule = {
        "verbs": WRITES,
        "apiGroups": GROUPS,
        "resources": ["*"],
        "namespaces": list(namespaces),
    }
    rule = {
        "subjects": [{"kind": "ServiceAccount", "serviceAccount": subject}],
        "resourceRules": [resource_rule],
    }
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": name},
        "spec": {
            "matchingPrecedence": PRECEDENCE,
            "priorityLevelConfiguration": {"name": "workload-low"},
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [rule],
        },
    }


def _count(schema: str) -> int:
    found = _COUNT.finditer(kubectl.run("get", "--raw", "/metrics"))
    return sum(
        int(float(line["count"])) for line in found if f'flow_schema="{schema}"' in line["labels"]
    )
