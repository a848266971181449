"""Counters of a namespace that several processes change at once."""

import asyncio
from datetime import UTC, datetime

import pytest

from sluice_core import rates
from sluice_core.api.plan import PlanSpec
from sluice_core.rates import Taken
from sluice_kube.admission import Counters
from testkit.counting import ConfigMaps

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LIMITS = rates.of_runs(PlanSpec(runs_per_minute=10))


@pytest.fixture
def maps() -> ConfigMaps:
    return ConfigMaps()


def counters(maps: ConfigMaps) -> Counters:
    return Counters(maps, lambda: NOON)


async def test_without_a_limit_nothing_is_asked(maps: ConfigMaps) -> None:
    taken = await counters(maps).take("shop", ())
    _, going = await counters(maps).take_ids("shop", (), ["a"])
    await counters(maps).give_back("shop", (), Taken({}, 1))

    assert (taken.granted, going, maps.requests) == (1, {"a"}, [])


async def test_the_first_makes_the_config_map(maps: ConfigMaps) -> None:
    await counters(maps).take("shop", LIMITS)

    assert maps.data()["runs.minute"] == "2026-01-31T12:00Z 1"
    assert maps.requests == ["get", "create"]


async def test_who_is_refused_writes_nothing(maps: ConfigMaps) -> None:
    await counters(maps).take("shop", LIMITS, 10)
    maps.requests.clear()

    taken = await counters(maps).take("shop", LIMITS)

    assert (taken.granted, maps.requests) == (0, ["get"])


async def test_two_processes_let_through_no_more_than_there_is(maps: ConfigMaps) -> None:
    one, other = counters(maps), counters(maps)

    taken = await asyncio.gather(
        *(who.take("shop", LIMITS) for who in (one, other) for _ in range(10))
    )

    assert sum(one.granted for one in taken) == 10
    assert maps.data()["runs.minute"].endswith(" 10")


async def test_who_was_not_first_counts_again(maps: ConfigMaps) -> None:
    await counters(maps).take("shop", LIMITS)

    def faster() -> None:
        maps.between = lambda: None
        [key] = maps.objects
        found = maps.objects[key]
        data = {**found["data"], "runs.minute": "2026-01-31T12:00Z 7"}
        maps.objects[key] = {
            "metadata": {**found["metadata"], "resourceVersion": "9"},
            "data": data,
        }

    maps.between = faster
    await counters(maps).take("shop", LIMITS)

    assert maps.data()["runs.minute"].endswith(" 8")
