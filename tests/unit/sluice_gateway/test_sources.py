"""Who a request without a token comes from, and how much of one source is looked at."""

from contextlib import ExitStack
from ipaddress import ip_network

import pytest

from sluice_gateway.problems import Problem
from sluice_gateway.sources import Sources, source

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
CALLS = {
    "straight": ("203.0.113.9", "", "203.0.113.9"),
    "a header that nobody vouches for": ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    "through a proxy": ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
    "through two": ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    "a forged hop in front": ("10.0.0.1", "192.0.2.7, 198.51.100.1", "198.51.100.1"),
    "a hop that is no address": ("10.0.0.1", "unknown", "10.0.0.1"),
    "the network of IPv6": ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
    "no peer": ("", "", ""),
}


@pytest.mark.parametrize(("peer", "forwarded", "expected"), CALLS.values(), ids=CALLS)
def test_source(peer: str, forwarded: str, expected: str) -> None:
    assert source(peer, forwarded, PROXIES) == expected


def refuse(sources: Sources, who: str, status: int = 401) -> int:
    with pytest.raises(Problem) as refused, sources.looking_at(who):
        raise Problem(status, "Refused", "no")
    return refused.value.status


def test_refusals_of_one_source_count_for_it_alone_and_are_forgotten() -> None:
    clock = [0.0]
    sources = Sources(lambda: clock[0])

    first = [refuse(sources, "a") for _ in range(121)]
    other = refuse(sources, "b")
    clock[0] = 60.0
    later = refuse(sources, "a")

    assert first == [401] * 120 + [429]
    assert (other, later) == (401, 401)


def test_what_is_not_the_senders_fault_does_not_count() -> None:
    sources = Sources(lambda: 0.0)

    statuses = [refuse(sources, "a", 503) for _ in range(200)]

    assert set(statuses) == {503}


def test_at_most_so_many_at_once() -> None:
    sources = Sources(lambda: 0.0)

    with ExitStack() as busy:
        for _ in range(32):
            busy.enter_context(sources.looking_at("a"))
        full = refuse(sources, "a")
        other = refuse(sources, "b")
    after = refuse(sources, "a")

    assert (full, other, after) == (503, 401, 401)
