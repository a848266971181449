"""What each endpoint of the gateway takes, as a table, and accounts with the chart's roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice_kube.resources import SERVICE_ACCOUNTS, Resource
from testkit import chart
from testkit.gateway_process import BINDINGS, ROLES, World

BELOW = "/api/v1/namespaces/{namespace}"
OWN = "/api/v1"
AT_ONCE = 24

# What an account is bound to: the chart's edit and admin are parts of Kubernetes' own roles, which
# have the chart's view besides.
ROLES_OF = {
    "view": ("sluice-view",),
    "trigger": ("sluice-trigger",),
    "edit": ("sluice-view", "sluice-edit"),
    "admin": ("sluice-view", "sluice-edit", "sluice-admin"),
}
MAY: Mapping[str, set[str]] = {
    "view": {"view", "edit", "admin"},
    "trigger": {"trigger", "edit", "admin"},
    "view or trigger": {"view", "trigger", "edit", "admin"},
    "edit": {"edit", "admin"},
    "admin": {"admin"},
}
W, R, C = "/workflows/{workflow}", "/runs/{run}", "{credential}"

# Method and path, below a namespace: who may at the least, and the rights that it takes, in the
# order in which they are asked for.
TABLE: dict[tuple[str, str], tuple[str, str]] = {
    ("POST", f"{W}/trigger"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/run"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/test"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/enqueue"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/email-trigger"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/execute"): ("edit", "create workflows/execute"),
    ("POST", "/events"): ("trigger", "create workflows/trigger"),
    ("POST", "/workflows/events"): ("trigger", "create workflows/trigger"),
    ("GET", "/event-types"): ("view", "list workflows"),
    ("GET", "/action-catalog"): ("view", "list workflows"),
    ("GET", "/workflows/action-catalog"): ("view", "list workflows"),
    ("GET", "/runs"): ("view or trigger", "list workflowruns"),
    ("GET", "/runs/pending"): ("view or trigger", "list workflowruns"),
    ("GET", f"{W}/runs"): ("view or trigger", "list workflowruns"),
    ("GET", R): ("view or trigger", "get workflowruns"),
    ("GET", f"{R}/logs"): ("view or trigger", "get workflowruns"),
    ("GET", f"{R}/events"): ("view or trigger", "get workflowruns"),
    ("GET", f"{W}{R}"): ("view or trigger", "get workflowruns"),
    ("GET", f"{W}/executions/{{run}}"): ("view or trigger", "get workflowruns"),
    ("POST", f"{R}/retry"): ("trigger", "get workflowruns, create workflows/trigger"),
    ("POST", f"{R}/cancel"): ("edit", "update workflowruns"),
    ("POST", "/runs/clear"): ("edit", "update workflowruns"),
    ("GET", "/workflows"): ("view", "list workflows"),
    ("GET", "/workflows/stats"): ("view", "list workflows"),
    ("GET", "/workflows/discover"): ("view", "list workflows"),
    ("POST", "/workflows"): ("edit", "create workflows"),
    ("GET", W): ("view", "get workflows"),
    ("PUT", W): ("edit", "update workflows"),
    ("PATCH", W): ("edit", "update workflows"),
    ("DELETE", W): ("edit", "delete workflows"),
    ("POST", f"{W}/validate"): ("view", "get workflows"),
    ("POST", f"{W}/compute-scopes"): ("view", "get workflows"),
    ("POST", f"{W}/duplicate"): ("edit", "get workflows, create workflows"),
    ("POST", f"{W}/layout"): ("edit", "update workflows"),
    ("PUT", f"{W}/status"): ("edit", "update workflows"),
    ("GET", f"{W}/lifecycle"): ("view", "get workflows"),
    ("PUT", f"{W}/lifecycle"): ("edit", "update workflows"),
    ("POST", f"{W}/deploy"): ("edit", "update workflows"),
    ("POST", f"{W}/undeploy"): ("edit", "update workflows"),
    ("POST", f"{W}/stop"): ("edit", "update workflows"),
    ("POST", f"{W}/start"): ("edit", "update workflows"),
    ("GET", f"{W}/versions"): ("view", "get workflows"),
    ("POST", f"{W}/versions"): ("edit", "update workflows"),
    ("POST", f"{W}/versions/{{number}}/rollback"): ("edit", "update workflows"),
    ("GET", f"{W}/share"): ("view", "get workflows"),
    ("POST", f"{W}/share"): ("admin", "update workflows, update workflows/share"),
    ("DELETE", f"{W}/share/{{user}}"): ("admin", "update workflows, update workflows/share"),
    ("GET", f"{W}/health"): ("view", "get workflows"),
    ("GET", f"{W}/schedule"): ("view", "get workflows"),
    ("POST", f"{W}/schedule"): ("edit", "update workflows"),
    ("PUT", f"{W}/schedule"): ("edit", "update workflows"),
    ("DELETE", f"{W}/schedule"): ("edit", "update workflows"),
    ("POST", f"{W}/connections"): ("edit", "update workflows"),
    ("DELETE", f"{W}/connections/{{connection}}"): ("edit", "update workflows"),
}
for _steps in ("steps", "nodes"):
    TABLE |= {
        ("GET", f"{W}/{_steps}"): ("view", "get workflows"),
        ("POST", f"{W}/{_steps}"): ("edit", "update workflows"),
        ("GET", f"{W}/{_steps}/{{step}}"): ("view", "get workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}"): ("edit", "update workflows"),
        ("DELETE", f"{W}/{_steps}/{{step}}"): ("edit", "update workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}/input-mappings"): ("edit", "update workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}/passthrough-values"): ("edit", "update workflows"),
    }
for _base in ("", "/workflows"):  # where other products look for them too
    TABLE |= {
        ("GET", f"{_base}/templates"): ("view", "list workflowtemplates"),
        ("POST", f"{_base}/templates"): ("edit", "create workflows, get workflowtemplates"),
        ("GET", f"{_base}/credentials"): ("view", "list workflowcredentials"),
        ("POST", f"{_base}/credentials"): ("edit", "create workflowcredentials"),
        ("GET", f"{_base}/credentials/{C}"): ("view", "get workflowcredentials"),
        ("PUT", f"{_base}/credentials/{C}"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/credentials/{C}"): ("edit", "delete workflowcredentials"),
        ("GET", f"{_base}/integrations"): ("view", "list workflowcredentials"),
        ("POST", f"{_base}/integrations"): ("edit", "create workflowcredentials"),
        ("PUT", f"{_base}/integrations"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/integrations"): ("edit", "delete workflowcredentials"),
        ("PUT", f"{_base}/integrations/{{integration}}"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/integrations/{{integration}}"): ("edit", "delete workflowcredentials"),
    }
IN_CLUSTER = {("POST", "/trigger"): ("trigger", "create workflows/trigger")}
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/.well-known/webhook-keys"),
    ("POST", "/hooks/{namespace}/{workflow}/{trigger}"),  # by the key of the webhook
}
# The workflow and a run of it are there, so that the last of the rights is asked for; nothing else
# is, and no change is made: bodies are not valid, the version is another one, the run went well.
THERE = {
    "workflow": "one",
    "user": "bob",
    "run": "past",
    "number": "1",
    "connection": "conn-0123456789ab",
}
QUERIES = {"/workflows/discover": "?appId=shop", "/integrations": "?id=none"}
BODIES: dict[str, Any] = {f"{W}/share": {"userId": "carol"}, f"{R}/retry": {}}
NO_CHANGE = {"If-Match": '"0"'}


@dataclass(frozen=True)
class Row:
    """A route as callers meet it; `who` and `rights` as in the table."""

    method: str
    path: str
    route: str
    who: str
    rights: tuple[str, ...]

    @property
    def owned(self) -> bool:
        """Whether the namespace is the caller's own, and not told."""
        return not self.path.startswith("/api/v1/namespaces/")


def rows(namespace: str) -> list[Row]:
    """The table's, in the namespace that the path names and in the caller's own."""
    told = [
        (method, base + path, path, *rest)
        for (method, path), rest in TABLE.items()
        for base in (BELOW, OWN)
    ]
    told += [(method, path, path, *rest) for (method, path), rest in IN_CLUSTER.items()]
    return [
        Row(method, _filled(path, namespace), route, who, tuple(rights.split(", ")))
        for method, path, route, who, rights in told
    ]


def _filled(path: str, namespace: str) -> str:
    query = next((q for end, q in QUERIES.items() if path.endswith(end)), "")
    for part in ("step", "credential", "integration"):
        path = path.replace(f"{{{part}}}", "none")
    return path.format(namespace=namespace, **THERE) + query


async def bound(world: World, namespace: str, name: str, roles: tuple[str, ...]) -> None:
    """An account, and what the chart's ClusterRoles hold as roles of the namespace."""
    await make(world, SERVICE_ACCOUNTS, namespace, name)
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
    for role in roles:
        rules = chart.found("ClusterRole", role)["rules"]
        await make(world, ROLES, namespace, f"{name}-{role}", rules=rules)
        reference = {"apiGroup": ROLES.group, "kind": "Role", "name": f"{name}-{role}"}
        more: dict[str, Any] = {"roleRef": reference, "subjects": subjects}
        await make(world, BINDINGS, namespace, f"{name}-{role}", **more)


async def make(world: World, kind: Resource, namespace: str, name: str, **content: Any) -> Any:
    meta = {"name": name, "namespace": namespace}
    manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    return await world.session.create(kind, manifest | content)
