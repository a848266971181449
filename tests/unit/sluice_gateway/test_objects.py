"""Deleting what was seen, and nothing that it has become since."""

from collections.abc import Callable
from typing import Any

import pytest

from sluice_gateway.objects import Objects, etag
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import WORKFLOWS, Key, Manifest, Resource

KEY = Key("shop", "etl")


def a_workflow(version: str = "1", uid: str = "u", **spec: Any) -> Manifest:
    metadata = {"namespace": "shop", "name": "etl", "uid": uid, "resourceVersion": version}
    return {"metadata": metadata, "spec": spec}


class Api:
    """One object; `before_delete` is what somebody else does in the meantime, once."""

    def __init__(self, before_delete: Callable[[], Manifest | None] | None = None) -> None:
        self.live: Manifest | None = a_workflow()
        self._before_delete = before_delete

    async def get(self, _: Resource, key: Key) -> Manifest:
        if self.live is None:
            raise errors.NotFound(404, "NotFound", str(key))
        return self.live

    async def delete(
        self, _: Resource, key: Key, *, uid: str | None = None, version: str | None = None
    ) -> None:
        if self._before_delete is not None:
            self.live, self._before_delete = self._before_delete(), None
        meta = (await self.get(_, key))["metadata"]
        if uid != meta["uid"] or version not in (None, meta["resourceVersion"]):
            raise errors.Conflict(409, "Conflict", str(key))
        self.live = None


def objects(api: Api) -> Objects:
    return Objects(api, WORKFLOWS, lambda *_: Problem(404, "WorkflowNotFound", "none"))  # type: ignore[arg-type]


async def test_a_version_that_was_changed_in_the_meantime_stays() -> None:
    api = Api(lambda: a_workflow("2", state="Paused"))

    with pytest.raises(Problem) as raised:
        await objects(api).delete(KEY, etag(a_workflow()))

    assert (raised.value.status, api.live) == (412, a_workflow("2", state="Paused"))


async def test_a_status_in_the_meantime_is_no_other_version() -> None:
    api = Api(lambda: a_workflow("2"))

    await objects(api).delete(KEY, etag(a_workflow()))

    assert api.live is None


async def test_a_namesake_is_not_what_was_meant() -> None:
    api = Api(lambda: a_workflow("2", uid="another"))

    with pytest.raises(Problem) as raised:
        await objects(api).delete(KEY)

    assert (raised.value.status, api.live) == (404, a_workflow("2", uid="another"))


async def test_without_a_version_whatever_it_is_goes() -> None:
    api = Api(lambda: a_workflow("2", state="Paused"))

    await objects(api).delete(KEY)

    assert api.live is None
