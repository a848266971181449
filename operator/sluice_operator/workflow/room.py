"""Observe one Workflow, decide, and make it so."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from sluice_core import conditions, names
from sluice_kube import apply, errors
from sluice_kube.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    EVENTS,
    NETWORK_POLICIES,
    PODS,
    SERVICE_ACCOUNTS,
    SERVICES,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator import kube_events
from sluice_operator.workflow import events
from sluice_operator.workflow.observe import Observer
from sluice_operator.workflow.observed import Child, Observed
from sluice_operator.workflow.reconcile import Desired, reconcile

log = logging.getLogger(__name__)

CHILDREN: Mapping[str, Resource] = {
    one.kind: one
    for one in (
        SERVICE_ACCOUNTS,
        CONFIG_MAPS,
        NETWORK_POLICIES,
        SERVICES,
        DEPLOYMENTS,
        CONTROLLER_REVISIONS,
    )
}


class Ledger(Protocol):
    """What the status says of runs; see sluice_operator.ledger."""

    def shown(self, key: Key) -> dict[str, Any] | None:
        """What it is to say now; None leaves it as it is."""

    def stored(self, key: Key, uid: str, status: Mapping[str, Any]) -> None:
        """That status is stored."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What the room has besides what was seen; `reporter` is whom Events are from."""

    session: Session
    statuses: StatusWriter
    ledger: Ledger
    now: Callable[[], datetime]
    reporter: str = ""


class Room:
    """Looks at workflows by key; `on_decided` is told of each decision."""

    def __init__(
        self, outside: Outside, observer: Observer, on_decided: Callable[[Observed, Desired], None]
    ) -> None:
        self._session, self._statuses, self._ledger = (
            outside.session,
            outside.statuses,
            outside.ledger,
        )
        self._now, self._reporter = outside.now, outside.reporter
        self._observer, self._on_decided = observer, on_decided

    async def look(self, key: tuple[str, str]) -> None:
        """Make the children and the status of one workflow what they should be."""
        try:
            seen = self._observer.observe(key, self._now())
        except ValidationError as error:
            await self._say_unreadable(key, error)
            return
        if seen is None:
            return
        seen = replace(seen, told=self._ledger.shown(Key(*key)))
        desired = reconcile(seen)
        self._on_decided(seen, desired)
        for name, cost in desired.costs.items():
            await self._price(Key(key[0], name), cost)
        try:
            taken = await self._make(seen, desired)
        except errors.NotFound:  # as of all that is made in a namespace that is gone
            if await self._is_there(seen.manifest):
                raise
            self._observer.forget(seen.manifest)
            return
        for child in desired.surplus:
            await self._delete(seen, child)
        status = _name_taken(desired.status, taken) if taken else desired.status
        await self._store(seen.manifest, status)

    async def _is_there(self, manifest: Manifest) -> bool:
        try:
            found = await self._session.get(WORKFLOWS, Key.of(manifest))
        except errors.NotFound:
            return False
        return bool(found["metadata"]["uid"] == manifest["metadata"]["uid"])

    async def _price(self, pod: Key, cost: str | None) -> None:
        """Have Kubernetes delete the pod before others, or as any other again."""
        annotations = {names.ANNOTATION_DELETION_COST: cost}
        try:
            await self._session.merge_patch(PODS, pod, {"metadata": {"annotations": annotations}})
        except errors.NotFound:
            log.debug("pod %s is gone already", pod)

    async def _make(self, seen: Observed, desired: Desired) -> str:
        """Apply the children; answers what a stranger's object is in the way of."""
        for manifest in desired.objects:
            child = Child(manifest["kind"], manifest["metadata"]["name"])
            resource = CHILDREN[child.kind]
            try:
                await apply.apply(self._session, resource, manifest, seen.children.get(child))
            except apply.NameTaken:
                namespace = seen.workflow.metadata.namespace
                return (
                    f"{child.kind} {child.name} exists and is not this workflow's: delete it, or "
                    f"give the workflow another name (kubectl -n {namespace} get "
                    f"{resource.plural} {child.name})"
                )
        return ""

    async def _delete(self, seen: Observed, child: Child) -> None:
        live = seen.children.get(child)
        if live is None:
            return
        meta = live["metadata"]
        key = Key(meta["namespace"], meta["name"])
        try:
            await self._session.delete(CHILDREN[child.kind], key, uid=meta["uid"])
        except (errors.NotFound, errors.Conflict):
            log.debug("%s %s is gone already", child.kind, key)

    async def _store(self, manifest: Manifest, status: dict[str, Any]) -> None:
        """A workflow that is not there was deleted while Kopf listed anew, which it never tells."""
        outcome = await self._statuses.write(WORKFLOWS, manifest, status)
        if outcome == "gone":
            self._observer.forget(manifest)
            return
        self._ledger.stored(Key.of(manifest), manifest["metadata"]["uid"], status)
        if outcome == "written":
            await self._tell(manifest, status)

    async def _tell(self, manifest: Manifest, status: dict[str, Any]) -> None:
        """What changed, as Events: for people, so one that is refused is not tried again."""
        for event in events.of(manifest.get("status", {}), status):
            about = kube_events.of_workflow(manifest["metadata"])
            made = kube_events.make(event, about, self._reporter, self._now())
            try:
                await self._session.create(EVENTS, made)
            except errors.ApiError as error:
                log.info("event %s of %s: %s", event.reason, Key.of(manifest), error)

    async def _say_unreadable(self, key: tuple[str, str], error: ValidationError) -> None:
        manifest = self._observer.workflows[key]
        meta, before = manifest["metadata"], manifest.get("status", {})
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"{place}: {first['msg']}; the object is older than the installed CRDs: edit it"
        wanted = [
            conditions.condition("Valid", False, "Unreadable", message),
            conditions.condition("Ready", False, "Invalid", message),
        ]
        merged = conditions.merged(
            before.get("conditions", []), wanted, generation=meta["generation"], now=self._now()
        )
        status = before | {"observedGeneration": meta["generation"], "conditions": merged}
        await self._store(manifest, status)


def _name_taken(status: dict[str, Any], message: str) -> dict[str, Any]:
    """The same status, but not ready, and with the reason."""
    changed = [
        one | {"status": "False", "reason": "NameTaken", "message": message}
        if one["type"] == "Ready"
        else one
        for one in status["conditions"]
    ]
    return status | {"conditions": changed, "deploymentStatus": "Failed"}
