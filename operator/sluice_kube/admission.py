"""Count against the rates of a plan, exactly, however many processes do so at once."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sluice_core import names, rates
from sluice_core.rates import Limit, Taken
from sluice_kube import errors
from sluice_kube.resources import CONFIG_MAPS, Key, Manifest, Resource

T = TypeVar("T")

_LONGEST_PAUSE_SECONDS = 0.2


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises AlreadyExists."""

    async def merge_patch(self, resource: Resource, key: Key, patch: Mapping[str, Any]) -> Manifest:
        """Raises Conflict when the version is another."""


class Counters:
    """The ConfigMap of each namespace that has counted something. Raises ApiError."""

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, namespace: str, limits: Sequence[Limit], count: int = 1) -> Taken:
        """Count so many, all of them or none. Without limits nothing is asked or written."""
        if not limits:
            return Taken({}, count)
        return await self._swap(
            namespace, lambda data: _both(rates.take(data, limits, count, self._now()))
        )

    async def take_ids(
        self, namespace: str, limits: Sequence[Limit], ids: Sequence[str]
    ) -> tuple[Taken, frozenset[str]]:
        """Count what has ids, each once; answers those that may go."""
        if not limits:
            return Taken({}, len(ids)), frozenset(ids)

        def step(
            data: Mapping[str, str],
        ) -> tuple[Mapping[str, str], tuple[Taken, frozenset[str]]]:
            found = rates.take_ids(data, limits, ids, self._now())
            return found[0].data, found

        return await self._swap(namespace, step)

    async def take_once(
        self, namespace: str, limits: Sequence[Limit], id_: str, count: int
    ) -> Taken:
        """Count for something that may ask again, all of it or nothing."""
        if not limits:
            return Taken({}, count)
        return await self._swap(
            namespace, lambda data: _both(rates.take_once(data, limits, id_, count, self._now()))
        )

    async def give_back(
        self, namespace: str, limits: Sequence[Limit], taken: Taken, count: int = 1
    ) -> None:
        """What was counted did not happen."""
        if limits:
            await self._swap(
                namespace,
                lambda data: (rates.give_back(data, limits, count, taken), None),
            )

    async def _swap(
        self,
        namespace: str,
        step: Callable[[Mapping[str, str]], tuple[Mapping[str, str], T]],
    ) -> T:
        """Of this process one at a time; others may come in between, then it is done again."""
        async with self._turns[namespace]:
            while True:
                live = await self._read(namespace)
                before = live.get("data") or {}
                after, answer = step(before)
                if dict(after) == before or await self._write(namespace, live, after):
                    return answer
                await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311

    async def _read(self, namespace: str) -> Manifest:
        try:
            return await self._api.get(CONFIG_MAPS, Key(namespace, names.ADMISSION))
        except errors.NotFound:
            return {}

    async def _write(self, namespace: str, live: Manifest, data: Mapping[str, str]) -> bool:
        """False when somebody else was faster."""
        try:
            if live:
                version = {"resourceVersion": live["metadata"]["resourceVersion"]}
                patch = {"metadata": version, "data": dict(data)}
                await self._api.merge_patch(CONFIG_MAPS, Key(namespace, names.ADMISSION), patch)
            else:
                await self._api.create(CONFIG_MAPS, make_config_map(namespace, data))
        except (errors.Conflict, errors.NotFound) as error:
            if isinstance(error, errors.NotFound) and not live:
                raise  # there is no such namespace
            return False
        return True


def make_config_map(namespace: str, data: Mapping[str, str]) -> Manifest:
    """The counters of a namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "namespace": namespace,
            "name": names.ADMISSION,
            "labels": {names.LABEL_MANAGED_BY: "sluice"},
        },
        "data": dict(data),
    }


def _both(taken: Taken) -> tuple[Mapping[str, str], Taken]:
    return taken.data, taken
