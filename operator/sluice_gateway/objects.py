"""Make, read, change and delete objects on a caller's behalf; two changes at once both count."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Protocol

import orjson

from sluice_core import names
from sluice_gateway.idempotency import Once
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Page

TRIES = 5
PAGE = 500
EVERY_TIME = Once()
Edit = Callable[[Manifest], Manifest]


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises AlreadyExists."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Part of a list."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises Conflict when it was changed since it was read."""

    async def delete(
        self, resource: Resource, key: Key, *, uid: str | None = None, version: str | None = None
    ) -> None:
        """Raises NotFound, or Conflict for a namesake or another version."""


class Objects:
    """The objects of one kind in all namespaces; whoever asks was let in before.

    `none` makes the Problem 404 of a namespace and a name.
    """

    def __init__(
        self, session: Api, resource: Resource, none: Callable[[str, str], Problem]
    ) -> None:
        self._session, self._resource, self._none = session, resource, none

    async def get(self, key: Key) -> Manifest:
        """Raises Problem 404."""
        try:
            return await self._session.get(self._resource, key)
        except errors.NotFound:
            raise self._none(*key) from None

    async def within(self, namespace: str, labels: str = "") -> list[Manifest]:
        """Those of a namespace, by name, also those that were made just now."""
        found: list[Manifest] = []
        following = "start"
        while following:
            page = await self._session.page(
                self._resource,
                Scope(namespace, labels=labels),
                limit=PAGE,
                following="" if following == "start" else following,
            )
            found += page.items
            following = page.following
        return sorted(found, key=lambda one: str(one["metadata"]["name"]))

    async def create(
        self, manifest: Manifest, wished: Iterable[str], claim: Once = EVERY_TIME
    ) -> Manifest:
        """Under the first of the names that is free; raises Problem 409 when none is.

        With a claim that has a key, the object that an equal request made before.
        """
        if claim.key is not None:
            earlier = await self._made_by(claim, manifest["metadata"]["namespace"])
            if earlier is not None:
                claim.check(earlier)
                return earlier
        marked = claim.marked(manifest)
        tried = ""
        for name in wished:
            tried = name
            named = {**marked, "metadata": {**marked["metadata"], "name": name}}
            try:
                return await self._session.create(self._resource, named)
            except errors.AlreadyExists:
                if claim.key is None:
                    continue
                existing = await self.get(Key.of(named))
                claim.check(existing)
                return existing
        detail = f'the name "{tried}" is taken, and so are those like it: choose another'
        raise Problem(409, "NameTaken", detail)

    async def _made_by(self, claim: Once, namespace: str) -> Manifest | None:
        scope = Scope(namespace, labels=f"{names.LABEL_REQUEST}={claim.label}")
        page = await self._session.page(self._resource, scope, limit=1, following="")
        return next(iter(page.items), None)

    async def change(self, key: Key, edit: Edit, if_match: str | None = None) -> Manifest:
        """Read, edit, write; again when somebody else was faster.

        With `if_match`, an ETag, only that version is changed: raises Problem 412 for another.
        """
        for _ in range(TRIES):
            current = await self.get(key)
            check_match(current, if_match)
            changed = edit(current)
            if changed == current:
                return current
            try:
                return await self._session.replace(self._resource, changed)
            except errors.Conflict:
                continue
            except errors.NotFound:
                raise self._none(*key) from None
        raise changed_all_the_time(key)

    async def delete(self, key: Key, if_match: str | None = None) -> None:
        """With all that it owns; raises Problem 404, or 412 for another version than `if_match`."""
        for _ in range(TRIES):
            current = await self.get(key)
            check_match(current, if_match)
            meta = current["metadata"]
            version = meta["resourceVersion"] if if_match else None
            try:
                await self._session.delete(self._resource, key, uid=meta["uid"], version=version)
            except errors.Conflict:
                if version is None:  # it is gone, and a namesake is not meant
                    raise self._none(*key) from None
            except errors.NotFound:
                raise self._none(*key) from None
            else:
                return
        raise changed_all_the_time(key)


def changed_all_the_time(key: Key) -> Problem:
    """Others were faster each time."""
    detail = f'"{key.name}" is changed by somebody else all the time: try again'
    return Problem(409, "Conflict", detail)


def etag(found: Manifest) -> str:
    """The version of an object as HTTP names it (RFC 9110, 8.8.3), of what people change of it.

    Not its resourceVersion: the operator's next status is another one, and nobody's change.
    """
    meta = found["metadata"]
    changeable = (meta.get("uid"), meta.get("labels"), meta.get("annotations"), found["spec"])
    text = orjson.dumps(changeable, option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(text).hexdigest()[:16]}"'


def check_match(found: Manifest, if_match: str | None) -> None:
    """Raises Problem 412 when the header If-Match names other versions alone."""
    if if_match is None or if_match.strip() == "*":
        return
    given = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if etag(found) not in given:
        name = found["metadata"]["name"]
        detail = f'"{name}" has changed since: read it again, its ETag is the new one'
        raise Problem(412, "Changed", detail, headers={"ETag": etag(found)})
