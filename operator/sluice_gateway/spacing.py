"""Keep runs of a workflow apart, as its concurrency has it, before they are made.

The operator judges the runs that exist, and so those that come at the same time: here is only what
can be told to the caller.
"""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

from sluice_core import spacing
from sluice_core.api.workflow import Concurrency
from sluice_gateway.flows import Flow
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Page

PAGE = 500


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Part of a list."""


async def check(api: Api, flow: Flow, run: Manifest, now: datetime) -> None:
    """Raises Problem 409 that names the run of the same key which is too close."""
    rule = flow.concurrency
    if not rule.min_interval_seconds:
        return
    wanted = spacing.key(run["spec"], rule)
    async for earlier in _close(api, flow, rule, now):
        if spacing.counts(earlier) and spacing.key(earlier["spec"], rule) == wanted:
            raise _too_soon(earlier, rule, now)


async def _close(api: Api, flow: Flow, rule: Concurrency, now: datetime) -> AsyncIterator[Manifest]:
    """The workflow's runs that were made within the interval, the newest first."""
    found = [one async for one in _listed(api, flow) if _age(one, now) < rule.min_interval_seconds]
    for listed in sorted(found, key=lambda one: _age(one, now)):
        try:
            run = await api.get(RUNS, Key.of(listed))
        except errors.NotFound:
            continue
        if run["spec"]["workflow"] == flow.name:
            yield run


async def _listed(api: Api, flow: Flow) -> AsyncIterator[Manifest]:
    """Of each its metadata alone."""
    scope = Scope(flow.namespace, fields=f"spec.workflow={flow.name}", metadata_only=True)
    following, more = "", True
    while more:
        page = await api.page(RUNS, scope, limit=PAGE, following=following)
        for one in page.items:
            yield one
        following, more = page.following, bool(page.following)


def _age(run: Manifest, now: datetime) -> float:
    """In seconds; the API server's clock may be ahead."""
    made = datetime.fromisoformat(run["metadata"]["creationTimestamp"]).astimezone(UTC)
    return max(0.0, (now - made).total_seconds())


def _too_soon(earlier: Manifest, rule: Concurrency, now: datetime) -> Problem:
    age = _age(earlier, now)
    left = max(1, math.ceil(rule.min_interval_seconds - age))
    said = spacing.refusal(earlier["metadata"]["name"], round(age), rule)
    headers = {"Retry-After": str(left)}
    return Problem(409, "TooSoon", f"{said}: try again in {left} s", headers=headers)
