"""The verbs of the API server on its resources, with retries where repeating is safe."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import urlencode

import orjson

from sluice_kube import lines
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import PODS, Key, Manifest, Resource
from sluice_kube.scope import EVERYTHING, Scope
from sluice_kube.sending import DEFAULTS, OnRequest, Sender, Settings
from sluice_kube.transport import Request

MANAGER = "sluice"
PAGE = 500
WATCH_SECONDS = 290
METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
PATCH = "application/{}-patch+json"

Propagation = Literal["Background", "Foreground", "Orphan"]


class Page(NamedTuple):
    """Part of a list; `following` is "" on the last one."""

    items: list[Manifest]
    resource_version: str
    following: str


class Session:
    """A connection to the API server: `async with Session(config) as session`.

    `on_request(verb, subject, code)` is told of each attempt: subject is "workflowruns" or
    "workflowruns/status", code 0 means that no answer came.
    """

    def __init__(
        self,
        config: ClusterConfig,
        settings: Settings = DEFAULTS,
        on_request: OnRequest | None = None,
    ) -> None:
        self.config = config
        self._sender = Sender(config, settings, on_request or (lambda _verb, _subject, _code: None))

    async def __aenter__(self) -> Self:
        await self._sender.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._sender.__aexit__(*raised)

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """One object, read from etcd."""
        return await self._object(_request("get", "GET", resource, resource.path(*key)))

    async def page(
        self,
        resource: Resource,
        scope: Scope = EVERYTHING,
        *,
        limit: int = PAGE,
        following: str = "",
    ) -> Page:
        """Up to `limit` objects; raises Gone when `following` got too old.

        Never with resourceVersion "0": for that the API server overlooks `limit` and sends all.
        """
        query = {"limit": str(limit), **scope.query()}
        if following:
            query["continue"] = following
        target = f"{resource.path(scope.namespace)}?{urlencode(query)}"
        accept = METADATA.format("List") if scope.metadata_only else "application/json"
        answer = await self._object(_request("list", "GET", resource, target, accept=accept))
        metadata = answer["metadata"]
        for item in answer["items"]:  # a list of a built-in kind leaves these out
            item.setdefault("apiVersion", resource.api_version)
            item.setdefault("kind", resource.kind)
        return Page(answer["items"], metadata["resourceVersion"], metadata.get("continue", ""))

    async def list(self, resource: Resource, scope: Scope = EVERYTHING) -> AsyncIterator[Manifest]:
        """All objects, a page in memory at a time; raises Gone when that takes minutes."""
        following = "start"
        page = await self.page(resource, scope)
        while following:
            for item in page.items:
                yield item
            following = page.following
            if following:
                page = await self.page(resource, scope, following=following)

    async def served(self, api_version: str) -> Manifest:
        """Discovery's APIResourceList of a group and version; NotFound for one without kinds."""
        root = "/apis" if "/" in api_version else "/api"
        return await self._object(Request("GET", f"{root}/{api_version}", "get", "discovery"))

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """The object as created. Repeated only when it has an explicit name, or is a review.

        AlreadyExists.repeated tells that an earlier attempt of this very call may have made it.
        """
        metadata = manifest.get("metadata", {})
        target = f"{resource.path(metadata.get('namespace'))}?fieldManager={MANAGER}"
        body = orjson.dumps(manifest)
        named = "name" in metadata or resource.kind.endswith("Review")
        return await self._object(
            _request("create", "POST", resource, target, body=body, repeatable=named)
        )

    async def apply(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Server-side apply, taking over conflicting fields.

        Whoever calls this must know that the object is ours: see `sluice_kube.apply`.
        """
        target = f"{resource.path(*Key.of(manifest))}?fieldManager={MANAGER}&force=true"
        return await self._object(
            _request(
                "apply",
                "PATCH",
                resource,
                target,
                body=orjson.dumps(manifest),
                content_type="application/apply-patch+yaml",
            )
        )

    async def json_patch(
        self,
        resource: Resource,
        key: Key,
        operations: Sequence[Mapping[str, Any]],
        subresource: str | None = None,
    ) -> Manifest:
        """RFC 6902. May be sent twice: begin with a `test`, and replace rather than append."""
        return await self._patch("json", resource, key, orjson.dumps(operations), subresource)

    async def merge_patch(
        self,
        resource: Resource,
        key: Key,
        patch: Mapping[str, Any],
        subresource: str | None = None,
    ) -> Manifest:
        """RFC 7386."""
        return await self._patch("merge", resource, key, orjson.dumps(patch), subresource)

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        """The whole object, as it was read and changed; Conflict when it is another by now."""
        target = f"{resource.path(*Key.of(manifest))}?fieldManager={MANAGER}"
        body = orjson.dumps(manifest)
        return await self._object(_request("update", "PUT", resource, target, body=body))

    async def delete(
        self,
        resource: Resource,
        key: Key,
        *,
        uid: str | None = None,
        version: str | None = None,
        propagation: Propagation = "Background",
    ) -> None:
        """Asks for deletion; one of another `uid` or `version` than given is a Conflict and stays.

        `version` is a resourceVersion.
        """
        given = {"uid": uid, "resourceVersion": version}
        options: dict[str, Any] = {"propagationPolicy": propagation}
        if preconditions := {name: value for name, value in given.items() if value}:
            options["preconditions"] = preconditions
        body = orjson.dumps(options)
        await self._sender.send(
            _request("delete", "DELETE", resource, resource.path(*key), body=body)
        )

    async def log(self, pod: Key, container: str, *, lines: int, limit: int) -> bytes:
        """The last lines of a container's log, cut after `limit` bytes."""
        query = urlencode({"container": container, "tailLines": lines, "limitBytes": limit})
        target = f"{PODS.path(*pod, 'log')}?{query}"
        return await self._sender.send(Request("GET", target, "get", "pods/log", accept="*/*"))

    @asynccontextmanager
    async def stream(
        self, resource: Resource, resource_version: str, scope: Scope = EVERYTHING
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Watch from a version on: raw lines `{"type":…,"object":…}`, bookmarks among them.

        Entered once the server has accepted; ends after some minutes without an error. Raises
        Gone when the version is too old, also in the midst.
        """
        query = {
            "watch": "1",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            # Spread, so that the watches of many replicas do not end together.
            "timeoutSeconds": str(round(WATCH_SECONDS * random.uniform(0.8, 1.2))),  # noqa: S311
            **scope.query(),
        }
        target = f"{resource.path(scope.namespace)}?{urlencode(query)}"
        accept = METADATA.format("") if scope.metadata_only else "application/json"
        request = _request("watch", "GET", resource, target, accept=accept)
        async with self._sender.open(request, WATCH_SECONDS * 1.3) as chunks:
            yield lines.split(chunks)

    async def _patch(
        self, kind: str, resource: Resource, key: Key, body: bytes, subresource: str | None
    ) -> Manifest:
        target = f"{resource.path(*key, subresource)}?fieldManager={MANAGER}"
        subject = f"{resource.plural}/{subresource}" if subresource else resource.plural
        request = Request(
            "PATCH", target, "patch", subject, body=body, content_type=PATCH.format(kind)
        )
        return await self._object(request)

    async def _object(self, request: Request) -> Manifest:
        answer: Manifest = orjson.loads(await self._sender.send(request))
        return answer


def _request(verb: str, method: str, resource: Resource, target: str, **rest: Any) -> Request:
    return Request(method, target, verb, resource.plural, **rest)
