"""Kopf at the edge: it watches the low-rate kinds and hands on what it sees, and nothing else.

Measured on kopf 1.45: indexes are quadratic at the start, timers and daemons cost a finalizer and
a patch for each object, and event posting costs writes. None of that is used. See
docs/decisions/0001-kopf-at-the-edge.md.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from typing import Any

import kopf

from sluice_kube.resources import Manifest, Resource

log = logging.getLogger(__name__)

# Of a peering that is off. Left to itself, Kopf asks for the user's name, which an image's lacks.
IDENTITY: Any = "sluice"

OnObject = Callable[[Resource, Manifest, bool], None]


class Edge:
    """Kopf in a thread and loop of its own, since it and our loop have different rhythms."""

    def __init__(self, kinds: Collection[Resource], on_object: OnObject) -> None:
        self._on_object = on_object
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._failed = self._loop.create_future()
        self._registry = _registry(kinds, self._hand_over)
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    async def run(self) -> None:
        """Watch until cancelled; raises what ended Kopf."""
        self.start()
        try:
            await self._failed
        finally:
            self._stop.set()

    def _hand_over(self, resource: Resource, manifest: Manifest, exists: bool) -> None:
        self._loop.call_soon_threadsafe(self._on_object, resource, manifest, exists)

    def _run(self) -> None:
        try:
            asyncio.run(
                kopf.operator(
                    registry=self._registry,
                    settings=_settings(),
                    clusterwide=True,
                    standalone=True,
                    stop_flag=self._stop,
                    ready_flag=self._ready,
                    identity=IDENTITY,
                )
            )
        except Exception as error:  # noqa: BLE001 - the composition root decides what follows
            self._loop.call_soon_threadsafe(self._fail, error)
            return
        if not self._stop.is_set():
            ended = RuntimeError("Kopf ended without being asked to")
            self._loop.call_soon_threadsafe(self._fail, ended)

    def _fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.queueing.idle_timeout = 0.5
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.networking.error_backoffs = (0.1, 0.5, 1, 2, 5)
    return settings


class _NoDiffBase(kopf.DiffBaseStorage):
    """No event is compared with an earlier one, and nothing is written to say so."""

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence({})

    def store(self, **_: Any) -> None:
        return None


def _registry(
    kinds: Collection[Resource], hand_over: Callable[[Resource, Manifest, bool], None]
) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**arguments: Any) -> kopf.ConnectionInfo | None:
        in_pod = kopf.login_with_service_account(**arguments)
        return in_pod or kopf.login_with_kubeconfig(**arguments)

    for kind in kinds:
        _watch(registry, kind, hand_over)
    return registry


def _watch(
    registry: kopf.OperatorRegistry,
    kind: Resource,
    hand_over: Callable[[Resource, Manifest, bool], None],
) -> None:
    @kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)
    async def seen(event: kopf.RawEvent, **_: Any) -> None:
        hand_over(kind, dict(event["object"]), event["type"] != "DELETED")
