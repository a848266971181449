"""Counters of a namespace on a real API server: two writers at once lose nothing of each other."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from sluice_core import names, rates
from sluice_core.api.plan import PlanSpec
from sluice_kube.admission import Counters
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import CONFIG_MAPS, Key
from sluice_kube.session import Session

LIMITS = rates.of_runs(PlanSpec(runs_per_day=40))


def at_noon() -> datetime:
    return datetime(2026, 1, 31, 12, tzinfo=UTC)


async def test_two_processes_grant_what_there_is_and_no_more(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    async with Session(cluster_config) as other:
        one, two = Counters(session, at_noon), Counters(other, at_noon)
        taken = await asyncio.gather(
            *(who.take(namespace, LIMITS) for who in (one, two) for _ in range(30))
        )

    found = await session.get(CONFIG_MAPS, Key(namespace, names.ADMISSION))
    assert sum(one.granted for one in taken) == 40
    assert found["data"] == {"runs.day": "2026-01-31T00:00Z 40"}


async def test_many_that_ask_together_cost_two_requests(
    session: Session, namespace: str, requests: Counter[tuple[str, str, int]]
) -> None:
    requests.clear()

    _, going = await Counters(session, at_noon).take_ids(
        namespace, LIMITS, [str(n) for n in range(50)]
    )

    assert len(going) == 40
    assert requests == {("get", "configmaps", 404): 1, ("create", "configmaps", 201): 1}


async def test_without_a_limit_nothing_is_asked(
    session: Session, namespace: str, requests: Counter[tuple[str, str, int]]
) -> None:
    requests.clear()

    await Counters(session, at_noon).take(namespace, ())

    assert requests == {}
