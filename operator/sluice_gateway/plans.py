"""The caps and rates of each namespace's plan, from memory, and runs counted against them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from sluice_core import caps, names, rates
from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.caps import Excess
from sluice_core.rates import Full, Limit, Taken, Use
from sluice_gateway.problems import Fault, Problem
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

    async def give_back(self, namespace: str, limits: Sequence[Limit], taken: Taken) -> None:
        """What was counted did not happen."""


def cut_namespace(manifest: Manifest) -> Manifest:
    """An informer's transform: the plan's name, and nothing else."""
    metadata = manifest["metadata"]
    plan = metadata.get("labels", {}).get(names.LABEL_PLAN)
    kept = {key: metadata[key] for key in ("name", "uid", "resourceVersion") if key in metadata}
    return {"metadata": kept, "plan": plan}


class Plan(NamedTuple):
    """The WorkflowPlan of a namespace."""

    name: str
    spec: PlanSpec


class Begun(NamedTuple):
    """A run that exists, and what its namespace may still begin, where the plan has a rate."""

    run: Manifest
    use: Use | None = None

    @property
    def headers(self) -> dict[str, str]:
        """For who began it."""
        return told((self.use,))


@dataclass
class RateLimited(Problem):
    """429, a rate is used up: `full`."""

    full: Full | None = None


class Plans:
    """Nothing is asked of the API server for a namespace whose plan has no rates."""

    def __init__(self, namespaces: Store, plans: Store, counters: Counters) -> None:
        self._namespaces, self._plans, self._counters = namespaces, plans, counters

    def of(self, namespace: str) -> Plan | None:
        """The plan of the namespace; None where nothing is limited."""
        found = self._namespaces.get(Key("", namespace))
        name = found.get("plan") if found else None
        manifest = self._plans.get(Key("", name)) if name else None
        spec = _spec(manifest) if manifest else None
        return Plan(name, spec) if name and spec else None

    def limits(self, namespace: str) -> tuple[Limit, ...]:
        """How many runs may begin there."""
        plan = self.of(namespace)
        return rates.of_runs(plan.spec) if plan else ()

    def check_spec(
        self, namespace: str, spec: Mapping[str, Any], before: Mapping[str, Any] | None = None
    ) -> None:
        """Raises Problem 403 for what a workflow has beyond its plan, and had not before."""
        plan, wanted = self.of(namespace), _workflow(spec)
        if plan is None or wanted is None:
            return
        had = _workflow(before) if before is not None else None
        if beyond := caps.grown(had, wanted, plan.spec, plan.name):
            raise over(*beyond)

    async def counted(
        self, run: Manifest, make: Callable[[Manifest], Awaitable[tuple[Manifest, bool]]]
    ) -> Begun:
        """Count the run and make it; what `make` did not make anew, or failed to, is given back.

        Raises Problem 429 where a rate is used up.
        """
        namespace = run["metadata"]["namespace"]
        limits = self.limits(namespace)
        if not limits:
            return Begun((await make(run))[0])
        taken = await self._counters.take(namespace, limits)
        if taken.full is not None:
            raise _too_many(taken.full)
        try:
            made, is_new = await make(_marked(run))
        except errors.Unavailable:
            raise  # it may have been made
        except (errors.ApiError, Problem):
            await self._counters.give_back(namespace, limits, taken)
            raise
        if not is_new:
            await self._counters.give_back(namespace, limits, taken)
            return Begun(made)
        return Begun(made, taken.tightest)


def _spec(manifest: dict[str, Any]) -> PlanSpec | None:
    try:
        return PlanSpec.model_validate(manifest.get("spec", {}), by_alias=True, by_name=False)
    except ValidationError:
        return None  # of a newer release; the operator says so


def _workflow(spec: Mapping[str, Any]) -> WorkflowSpec | None:
    try:
        return WorkflowSpec.model_validate(spec, by_alias=True, by_name=False)
    except ValidationError:
        return None  # whoever judges it says what is wrong


def _marked(run: Manifest) -> Manifest:
    metadata = run["metadata"]
    annotations = {**metadata.get("annotations", {}), names.ANNOTATION_COUNTED: "true"}
    return {**run, "metadata": {**metadata, "annotations": annotations}}


def told(uses: Iterable[Use | None]) -> dict[str, str]:
    """What callers are told of the rate that the next ones meet first; nothing without a rate."""
    known = [use for use in uses if use is not None]
    if not known:
        return {}
    use = min(known, key=lambda one: (one.remaining, -one.seconds))
    return {
        "X-RateLimit-Limit": str(use.limit.most),
        "X-RateLimit-Remaining": str(use.remaining),
        "X-RateLimit-Reset": str(use.seconds),
        "X-RateLimit-Used": str(use.used),
    }


def over(first: Excess, *more: Excess) -> Problem:
    """403 with the first limit that is met; `errors` names every place."""
    headers = {"X-RateLimit-Limit": str(first.limit), "X-RateLimit-Used": str(first.used)}
    return Problem(
        403,
        "PlanLimitExceeded",
        "; ".join(str(one) for one in (first, *more)),
        [Fault(one.path, str(one)) for one in (first, *more) if one.path],
        headers=headers,
        more={"limit": first.limit, "used": first.used},
    )


def _too_many(full: Full) -> Problem:
    headers = {"Retry-After": str(full.seconds), **told((full,))}
    more = {"limit": full.limit.most, "used": full.used}
    return RateLimited(429, "RateLimited", str(full), headers=headers, more=more, full=full)
