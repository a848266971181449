"""The rates of each namespace's plan, from memory, and runs counted against them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from sluice_core import names, rates
from sluice_core.api.plan import PlanSpec
from sluice_core.rates import Full, Limit, Taken
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest


class Store(Protocol):
    """An informer's memory."""

    def get(self, key: Key) -> Manifest | None:
        """What is known of the object."""


class Counters(Protocol):
    """See sluice_kube.admission."""

    async def take(self, namespace: str, limits: Sequence[Limit], count: int = 1) -> Taken:
        """Count so many, all of them or none."""

    async def give_back(self, namespace: str, limits: Sequence[Limit], count: int = 1) -> None:
        """What was counted did not happen."""


def cut_namespace(manifest: Manifest) -> Manifest:
    """An informer's transform: the plan's name, and nothing else."""
    metadata = manifest["metadata"]
    plan = metadata.get("labels", {}).get(names.LABEL_PLAN)
    kept = {key: metadata[key] for key in ("name", "uid", "resourceVersion") if key in metadata}
    return {"metadata": kept, "plan": plan}


class Plans:
    """Nothing is asked of the API server for a namespace whose plan has no rates."""

    def __init__(self, namespaces: Store, plans: Store, counters: Counters) -> None:
        self._namespaces, self._plans, self._counters = namespaces, plans, counters

    def of(self, namespace: str) -> PlanSpec | None:
        """The plan of the namespace; None where nothing is limited."""
        found = self._namespaces.get(Key("", namespace))
        plan = found.get("plan") if found else None
        manifest = self._plans.get(Key("", plan)) if plan else None
        return _spec(manifest) if manifest else None

    def limits(self, namespace: str) -> tuple[Limit, ...]:
        """How many runs may begin there."""
        spec = self.of(namespace)
        return rates.of_runs(spec) if spec else ()

    async def counted(
        self, run: Manifest, make: Callable[[Manifest], Awaitable[tuple[Manifest, bool]]]
    ) -> Manifest:
        """Count the run and make it; what `make` did not make anew, or failed to, is given back.

        Raises Problem 429 where a rate is used up.
        """
        namespace = run["metadata"]["namespace"]
        limits = self.limits(namespace)
        if not limits:
            return (await make(run))[0]
        taken = await self._counters.take(namespace, limits)
        if taken.full is not None:
            raise _too_many(taken.full)
        try:
            made, is_new = await make(_marked(run))
        except errors.Unavailable:
            raise  # it may have been made
        except (errors.ApiError, Problem):
            await self._counters.give_back(namespace, limits)
            raise
        if not is_new:
            await self._counters.give_back(namespace, limits)
        return made


def _spec(manifest: dict[str, Any]) -> PlanSpec | None:
    try:
        return PlanSpec.model_validate(manifest.get("spec", {}), by_alias=True, by_name=False)
    except ValidationError:
        return None  # of a newer release; the operator says so


def _marked(run: Manifest) -> Manifest:
    metadata = run["metadata"]
    annotations = {**metadata.get("annotations", {}), names.ANNOTATION_COUNTED: "true"}
    return {**run, "metadata": {**metadata, "annotations": annotations}}


def _too_many(full: Full) -> Problem:
    headers = {
        "Retry-After": str(full.seconds),
        "X-RateLimit-Limit": str(full.limit.most),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(full.seconds),
        "X-RateLimit-Used": str(full.used),
    }
    return Problem(429, "RateLimited", str(full), headers=headers)
