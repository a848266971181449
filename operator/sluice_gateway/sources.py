"""Bounds for callers who show no token: how much of one source is looked at, and how often."""

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sluice_gateway.problems import Problem

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REMEMBERED = 10_000
_AT_ONCE = 128
_AT_ONCE_OF_ONE = 32
_REFUSALS_PER_MINUTE = 120
_COSTS = {401, 404}


def source(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Who calls: the peer, or whom the last proxy that is not trusted was called by.

    Of IPv6 the network, since one caller has all addresses of a /64.
    """
    hops = [*(hop.strip() for hop in forwarded.split(",")), peer]
    while len(hops) > 1 and _is_trusted(hops[-1], trusted) and _address(hops[-2]):
        hops.pop()
    address = _address(hops[-1])
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return hops[-1]


def _is_trusted(hop: str, trusted: Sequence[Network]) -> bool:
    address = _address(hop)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


class Sources:
    """Counts by source. Who was refused too often is refused unheard, until a minute is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy: Counter[str] = Counter()
        self._refused: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @contextmanager
    def looking_at(self, source: str) -> Iterator[None]:
        """While a request is read and checked; a Problem that leaves the block is a refusal.

        Raises Problem 429 or 503.
        """
        if self._left(source) < 1:
            detail = "too many requests from here were refused; come back in a minute"
            raise Problem(429, "TooManyRefused", detail, headers={"Retry-After": "60"})
        if self._busy[source] >= _AT_ONCE_OF_ONE or self._busy.total() >= _AT_ONCE:
            detail = "too many requests are being read; come back"
            raise Problem(503, "TooManyAtOnce", detail, headers={"Retry-After": "1"})
        self._busy[source] += 1
        try:
            yield
        except Problem as problem:
            if problem.status in _COSTS:
                self._spend(source)
            raise
        finally:
            self._busy[source] -= 1
            if not self._busy[source]:
                del self._busy[source]

    def _left(self, source: str) -> float:
        left, at = self._refused.get(source, (_REFUSALS_PER_MINUTE, 0.0))
        back = (self._clock() - at) * _REFUSALS_PER_MINUTE / 60
        return min(_REFUSALS_PER_MINUTE, left + back)

    def _spend(self, source: str) -> None:
        self._refused[source] = (self._left(source) - 1, self._clock())
        self._refused.move_to_end(source)
        while len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)
