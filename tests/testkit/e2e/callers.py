"""Callers of the REST API: ServiceAccounts with the chart's own roles, and their tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sluice_core import names
from testkit.e2e import asking
from testkit.e2e.asking import Answer, Request
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

# The chart's roles are parts of Kubernetes' own, so who has one has the lesser ones besides.
ROLES = {
    "view": ("sluice-view",),
    "trigger": ("sluice-trigger",),
    "edit": ("sluice-view", "sluice-edit"),
    "admin": ("sluice-view", "sluice-edit", "sluice-admin"),
    "editor": ("edit",),  # Kubernetes' own, of which the chart's are parts; writes Secrets too
}

Refusal: TypeAlias = tuple[str, str, str, Any, dict[str, str], int]
"""Who asks, method, path, body, headers, and the code that it is refused with."""


@dataclass(frozen=True)
class Caller:
    """Someone who asks the installed gateway."""

    here: Space
    name: str
    token: str

    @property
    def user(self) -> str:
        """As Kubernetes names the account."""
        return f"system:serviceaccount:{self.here.namespace}:{self.name}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request below the namespace."""
        [answer] = asking.at_once(self.here.namespace, self.request(method, path, body, **headers))
        return answer

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Request:
        """The same, to be asked with others at once."""
        shown = {"Authorization": f"Bearer {self.token}", **headers}
        return Request(method, self.here.api(path), body, shown, token="")


Callers: TypeAlias = Mapping[str, Caller]  # by their role


def callers(here: Space) -> dict[str, Caller]:
    """One for each of the roles."""
    here.apply(*(part for name, roles in ROLES.items() for part in _bound(name, roles)))
    audience = f"--audience={names.GATEWAY_AUDIENCE}"
    return {
        name: Caller(here, name, here.kubectl("create", "token", name, audience).strip())
        for name in ROLES
    }


def see_refused(by: Callers, refusal: Refusal, within: str = "") -> Answer:
    """Ask for it, below that path, and see a problem of that code."""
    who, method, path, body, headers, code = refusal
    answer = by[who].ask(method, f"{within}{path}", body, **headers)
    assert (answer.code, answer.body["status"]) == (code, code), answer.body
    return answer


def _bound(name: str, roles: tuple[str, ...]) -> list[Manifest]:
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": name}]
    bindings = [
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{name}-{role}"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": subjects,
        }
        for role in roles
    ]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    return [account, *bindings]
