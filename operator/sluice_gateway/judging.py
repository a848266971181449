"""Judge what callers write by what their namespace has: actions, credentials, schemas."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from pydantic import ValidationError

from sluice_core import validation
from sluice_core.api.action import WorkflowAction
from sluice_core.catalog import ActionType
from sluice_core.finding import Finding
from sluice_gateway.cached import Cached
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.problems import Fault, not_valid
from sluice_kube import errors
from sluice_kube.resources import ACTIONS, CONFIG_MAPS, CREDENTIALS, Key, Manifest, Resource
from sluice_kube.scope import EVERYTHING, Scope
from sluice_kube.session import Page

SECONDS = 5.0
MOST = 500
SCHEMA_KEY = "schema.json"
_SCHEMA_IDS = re.compile(rb'"schema_?[iI]d":"([a-z0-9.-]{1,253})"')


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Part of a list."""


@dataclass(frozen=True)
class Verdict:
    """What validation found."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


class Judge:
    """Remembers for seconds which actions there are."""

    def __init__(
        self, session: Api, event_types: Mapping[int, str], seconds: float = SECONDS
    ) -> None:
        self._session, self._event_types = session, event_types
        self._catalogue: Cached[str, Mapping[str, ActionType]] = Cached(seconds, 1)

    async def catalogue(self) -> Mapping[str, ActionType]:
        """The built-in actions, and those that the cluster has besides."""
        return await self._catalogue.get("", self._read)

    async def around(
        self, namespace: str, body: Any, may_read: Callable[[str], Awaitable[None]]
    ) -> Surroundings:
        """What a body may refer to there; schemas only those that it names.

        `may_read` raises Problem 403 where the caller may not read the ConfigMap of that name.
        """
        page = await self._session.page(CREDENTIALS, Scope(namespace), limit=MOST, following="")
        credentials = {one["metadata"]["name"]: one["spec"]["type"] for one in page.items}
        return Surroundings(
            actions=frozenset(await self.catalogue()),
            credentials=credentials,
            schemas=await self._schemas(namespace, body, may_read),
            event_types=self._event_types,
        )

    async def judge(self, spec: Mapping[str, Any], namespace: str, name: str = "new") -> Verdict:
        """All that is wrong or odd about a workflow's spec."""
        manifest = {"metadata": {"name": name, "namespace": namespace}, "spec": dict(spec)}
        _, report = validation.read(manifest, await self.catalogue())
        return Verdict(report.errors, report.warnings)

    async def check(self, spec: Mapping[str, Any], namespace: str) -> tuple[Finding, ...]:
        """The warnings; raises Problem 422 with every error."""
        verdict = await self.judge(spec, namespace)
        if verdict.errors:
            faults = [Fault(f"spec.{one.path}", one.message, one.hint) for one in verdict.errors]
            raise not_valid(faults, "InvalidWorkflow")
        return verdict.warnings

    async def _read(self) -> Mapping[str, ActionType]:
        page = await self._session.page(ACTIONS, EVERYTHING, limit=MOST, following="")
        actions = []
        for manifest in page.items:
            try:
                actions.append(WorkflowAction.parse(manifest))
            except ValidationError:  # its own status says so
                continue
        return validation.catalogue(actions)

    async def _schemas(
        self, namespace: str, body: Any, may_read: Callable[[str], Awaitable[None]]
    ) -> dict[str, dict[str, Any]]:
        wanted = set(_SCHEMA_IDS.findall(orjson.dumps(body))) if body else set()
        found: dict[str, dict[str, Any]] = {}
        for name in sorted(one.decode() for one in wanted):
            await may_read(name)
            schema = await self._schema(Key(namespace, name))
            if schema is not None:
                found[name] = schema
        return found

    async def _schema(self, key: Key) -> dict[str, Any] | None:
        try:
            manifest = await self._session.get(CONFIG_MAPS, key)
            value = orjson.loads(manifest.get("data", {}).get(SCHEMA_KEY, ""))
        except (errors.NotFound, orjson.JSONDecodeError):
            return None
        return value if isinstance(value, dict) else None
