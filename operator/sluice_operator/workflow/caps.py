"""Numbers of a plan that a workflow is beyond: the oldest objects keep working, others do not."""

from collections.abc import Iterator

from sluice_core import caps
from sluice_core.api.plan import PlanSpec
from sluice_operator.workflow.observed import Observed


def refusals(seen: Observed) -> Iterator[str]:
    """Each with the limit and what is used of it."""
    if seen.plan is None or seen.plan.spec is None:
        return
    limits, name = seen.plan.spec, seen.plan.name
    if beyond := caps.workflows(limits, name, seen.place):
        yield str(beyond)
    yield from _credentials(seen, limits, name)
    for one in caps.of_workflow(seen.workflow.spec, limits, name):
        yield str(one)


def _credentials(seen: Observed, limits: PlanSpec, plan: str) -> Iterator[str]:
    for name in sorted({step.credential for step in seen.workflow.spec.steps if step.credential}):
        if beyond := caps.credentials(limits, plan, seen.older.get(name, 0)):
            yield f"credential {name}: {beyond}"
