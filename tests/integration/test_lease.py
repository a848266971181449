"""Who leads, on a real API server: handover, crash, an API server that is away or hangs."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from sluice_kube.campaign import Timing
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import LEASES, Key, Manifest
from sluice_kube.session import Session
from testkit.candidates import BRISK, NAME, a_candidate, a_process, running
from testkit.eventually import until
from testkit.relay import relaying

pytestmark = pytest.mark.integration


async def seconds_until(condition: Callable[[], bool], what: str) -> float:
    begun = time.monotonic()
    await until(condition, what)
    return time.monotonic() - begun


async def spec(session: Session, namespace: str) -> Manifest:
    lease = await session.get(LEASES, Key(namespace, NAME))
    return dict(lease["spec"])


async def test_of_many_that_start_together_one_leads(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    many = [a_candidate(cluster_config, namespace, f"candidate-{n}") for n in range(4)]

    async with running(*many):
        await until(lambda: any(one.elector.is_leading() for one in many), "one leads")
        await until(lambda: len({one.elector.holder() for one in many}) == 1, "all see it")

        [leader] = [one.elector for one in many if one.elector.is_leading()]
        kept = await spec(session, namespace)
        assert kept["leaseTransitions"] == leader.epoch
        assert kept["holderIdentity"] == leader.holder()
        assert kept["leaseDurationSeconds"] == BRISK.lease


async def test_a_leader_costs_one_request_a_renewal(
    cluster_config: ClusterConfig, namespace: str
) -> None:
    one = a_candidate(cluster_config, namespace, "one")

    async with running(one):
        await until(lambda: len(one.asked) == 5, "three renewals")

    made = [("get", "leases", 404), ("create", "leases", 201)]
    renewals = [("patch", "leases", 200)] * 3
    given_back = [("get", "leases", 200), ("patch", "leases", 200)]
    assert one.asked == made + renewals + given_back


async def test_a_leader_that_stops_hands_over_long_before_its_lease_would_expire(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    first, second = (a_candidate(cluster_config, namespace, n, Timing()) for n in ("a", "b"))

    async with running(first):
        await until(first.elector.is_leading, "the first leads")
        async with running(second):
            await until(lambda: second.elector.holder() == "a", "the second sees the first")
            await asyncio.to_thread(first.elector.stop)
            led_after_stop = first.elector.is_leading()
            took = await seconds_until(second.elector.is_leading, "handed over")

            kept = await spec(session, namespace)
    assert not led_after_stop
    assert took < Timing().lease / 2
    assert second.elector.epoch == first.elector.epoch + 1 == kept["leaseTransitions"]
    assert first.told == [f"gained {first.elector.epoch}", "lost"]


async def test_a_leader_that_was_killed_is_replaced_within_five_seconds(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    process = await a_process(os.environ["KUBECONFIG"], namespace)
    before = await spec(session, namespace)
    other = a_candidate(cluster_config, namespace, "other", Timing())

    async with running(other):
        await until(lambda: other.elector.holder() == "process", "the other sees it")
        process.kill()
        await process.wait()
        took = await seconds_until(other.elector.is_leading, "taken over")

    assert before["holderIdentity"] == "process"
    assert other.elector.epoch == before["leaseTransitions"] + 1
    assert took < 5


async def test_each_change_of_holder_is_one_epoch(
    cluster_config: ClusterConfig, namespace: str
) -> None:
    epochs = []

    for turn in range(4):
        one = a_candidate(cluster_config, namespace, f"candidate-{turn}")
        async with running(one):
            await until(one.elector.is_leading, "leads")
            epochs.append(one.elector.epoch)

    first = epochs[0]
    assert epochs == [first, first + 1, first + 2, first + 3]


async def test_a_busy_main_loop_loses_nothing(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    one = a_candidate(cluster_config, namespace, "busy")

    async with running(one):
        await until(one.elector.is_leading, "leads")
        until_when = time.monotonic() + 2 * BRISK.lease
        while time.monotonic() < until_when:  # the loop of the test is blocked
            pass

        assert one.elector.is_leading()
        assert one.told == [f"gained {one.elector.epoch}"]


@pytest.mark.parametrize("how", ["cut", "freeze"])
async def test_leadership_ends_by_time_and_comes_back(
    cluster_config: ClusterConfig, namespace: str, how: str
) -> None:
    async with relaying(cluster_config) as relay:
        one = a_candidate(relay.config, namespace, "alone")
        async with running(one):
            await until(one.elector.is_leading, "leads")
            epoch = one.elector.epoch
            getattr(relay, how)()
            took = await seconds_until(lambda: not one.elector.is_leading(), "ends")
            relay.mend()
            await until(one.elector.is_leading, "leads again")

            assert took <= BRISK.lead + 0.1
            assert one.elector.epoch == epoch
            assert one.told == [f"gained {epoch}", "lost", f"gained {epoch}"]


@pytest.mark.parametrize("how", ["cut", "freeze"])
async def test_a_leader_without_an_api_server_stops_before_another_begins(
    cluster_config: ClusterConfig, namespace: str, how: str
) -> None:
    async with relaying(cluster_config) as relay:
        first = a_candidate(relay.config, namespace, "first")
        second = a_candidate(cluster_config, namespace, "second")
        async with running(first):
            await until(first.elector.is_leading, "the first leads")
            async with running(second):
                await until(lambda: second.elector.holder() == "first", "the second sees it")
                getattr(relay, how)()
                await until(lambda: not first.elector.is_leading(), "the first ends")
                both = second.elector.is_leading()
                await until(second.elector.is_leading, "the second leads")
                relay.mend()
                await until(lambda: not first.elector.is_alive(), "the first gives up")

    epoch = first.elector.epoch
    assert not both
    assert second.elector.epoch == epoch + 1
    assert first.told == [f"gained {epoch}", "lost", "lost to second"]
    assert second.told == [f"gained {epoch + 1}", "lost"]


async def test_a_leader_keeps_its_lease_when_the_api_server_was_away_for_all(
    cluster_config: ClusterConfig, namespace: str
) -> None:
    async with relaying(cluster_config) as relay:
        leader = a_candidate(relay.config, namespace, "leader", Timing())
        # They look most often, so that one of them is the first to see the API server again.
        others = [
            a_candidate(relay.config, namespace, f"other-{n}", replace(Timing(), poll=0.05))
            for n in "abc"
        ]
        async with running(leader):
            await until(leader.elector.is_leading, "leads")
            async with running(*others):
                await until(
                    lambda: all(one.elector.holder() == "leader" for one in others), "all see it"
                )
                relay.cut()
                await asyncio.sleep(Timing().lease + 1)
                relay.mend()
                await until(leader.elector.is_leading, "leads again")

                assert all(one.told == [] for one in others)
                assert leader.elector.is_alive()


async def test_a_lease_that_somebody_deleted_is_made_anew_with_a_higher_epoch(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    one = a_candidate(cluster_config, namespace, "one")

    async with running(one):
        await until(one.elector.is_leading, "leads")
        epoch = one.elector.epoch
        await session.delete(LEASES, Key(namespace, NAME))
        await until(lambda: one.elector.epoch != epoch and one.elector.is_leading(), "made anew")

        kept = await spec(session, namespace)
    assert one.elector.epoch > epoch
    assert kept["leaseTransitions"] == one.elector.epoch


async def test_whoever_may_not_touch_leases_says_so(
    cluster_config: ClusterConfig, caplog: pytest.LogCaptureFixture
) -> None:
    one = a_candidate(cluster_config, "no-such-namespace", "one")

    async with running(one):
        await until(lambda: bool(caplog.messages), "said")

    assert 'namespaces "no-such-namespace" not found' in caplog.text
    assert one.told == []
