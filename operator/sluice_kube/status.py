"""Write status: only when it differs, only to the very object it is about, under one byte rate."""

from typing import Any, Literal

import orjson

from sluice_kube import errors
from sluice_kube.bucket import Bucket
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.session import Session

MEBIBYTE = 2**20

Outcome = Literal["written", "unchanged", "gone", "conflict"]


class StatusWriter:
    """All status writes of a process; they share `bytes_per_second`, as each grows etcd."""

    def __init__(self, session: Session, bytes_per_second: float = MEBIBYTE) -> None:
        self._session = session
        self._bucket = Bucket(bytes_per_second, burst=bytes_per_second)

    async def write(
        self,
        resource: Resource,
        live: Manifest,
        status: dict[str, Any],
        *,
        at_this_version: bool = False,
    ) -> Outcome:
        """Replaces the whole status of `live`, which may be cut down to metadata and status.

        "gone": deleted, or replaced by a namesake, which is left alone. "conflict": with
        `at_this_version`, it changed since it was read. Raises TooLarge, Invalid (the schema
        refuses) and what else the server answers.
        """
        if live.get("status") == status:
            return "unchanged"
        metadata = live["metadata"]
        tests = [_test("uid", metadata["uid"])]
        if at_this_version:
            tests.append(_test("resourceVersion", metadata["resourceVersion"]))
        await self._bucket.wait(len(orjson.dumps(status)))
        key = Key.of(live)
        replace = {"op": "add", "path": "/status", "value": status}
        try:
            await self._session.json_patch(resource, key, [*tests, replace], "status")
        except errors.NotFound:
            return "gone"
        except errors.Conflict:
            return "conflict"
        except errors.Invalid as error:
            if error.details.get("causes"):
                raise  # the schema names the field; a failed test names nothing
            return await self._why(resource, live, error, at_this_version=at_this_version)
        return "written"

    async def write_part(
        self, resource: Resource, live: Manifest, field: str, value: Any
    ) -> Outcome:
        """Replaces one field of a status that is there. Answers and raises as `write` does."""
        await self._bucket.wait(len(orjson.dumps(value)))
        operations = [
            _test("uid", live["metadata"]["uid"]),
            {"op": "add", "path": f"/status/{field}", "value": value},
        ]
        try:
            await self._session.json_patch(resource, Key.of(live), operations, "status")
        except errors.NotFound:
            return "gone"
        except errors.Conflict:
            return "conflict"
        except errors.Invalid as error:
            if error.details.get("causes"):
                raise
            return await self._why(resource, live, error, at_this_version=False)
        return "written"

    async def _why(
        self, resource: Resource, live: Manifest, error: errors.Invalid, *, at_this_version: bool
    ) -> Outcome:
        """Which of the tests failed; the answer does not say."""
        try:
            now = await self._session.get(resource, Key.of(live))
        except errors.NotFound:
            return "gone"
        if now["metadata"]["uid"] != live["metadata"]["uid"]:
            return "gone"
        if at_this_version:
            return "conflict"
        raise error


def _test(field: str, value: str) -> dict[str, str]:
    return {"op": "test", "path": f"/metadata/{field}", "value": value}
