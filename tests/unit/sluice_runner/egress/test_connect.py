"""The guard resolves once and connects to what it judged, for HTTP and for bare sockets."""

import asyncio
import socket
from ipaddress import ip_address

import httpx
import pytest

from sluice_runner.egress.address import Address
from sluice_runner.egress.connect import Guard, resolve
from sluice_runner.egress.rules import Egress, EgressRefused, Target
from sluice_runner.egress.transport import client
from testkit.https_server import Answer, serving


class Names:
    """A resolver that answers from a list and counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = tuple(ip_address(each) for each in addresses)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> tuple[Address, ...]:
        self.asked += 1
        return self.addresses


async def test_the_server_sees_the_name_and_proves_it() -> None:
    names = Names("127.0.0.1")
    async with (
        serving(names=("shop.test",)) as server,
        client(Guard(Egress(("127.0.0.1",)), names), server.trust) as http,
    ):
        server.answers["/x"] = Answer(body=b"hello")

        answer = await http.get(server.url("/x", "shop.test"))

        [request] = server.received
        assert (answer.text, names.asked) == ("hello", 1)
        assert request.headers["host"] == f"shop.test:{server.port}"


async def test_a_certificate_of_another_name_is_refused() -> None:
    async with (
        serving(names=("shop.test",)) as server,
        client(Guard(Egress(("127.0.0.1",)), Names("127.0.0.1")), server.trust) as http,
    ):
        with pytest.raises(httpx.ConnectError, match="evil"):
            await http.get(server.url("/x", "evil.test"))

        assert server.received == []


async def test_plain_http_works_where_it_is_named() -> None:
    async with serving(tls=False) as server:
        server.answers["/x"] = Answer(body=b"hello")
        async with client(Guard(Egress((f"127.0.0.1:{server.port}",)))) as http:
            answer = await http.get(server.url("/x"))

    assert answer.text == "hello"


async def test_one_refused_address_refuses_the_name() -> None:
    guard = Guard(Egress(), Names("8.8.8.8", "10.0.0.5"))

    with pytest.raises(EgressRefused, match=r"10\.0\.0\.5"):
        await guard.addresses(Target(host="api.test", port=443))


async def test_addresses_are_tried_in_their_order() -> None:
    async with serving(tls=False) as server:
        guard = Guard(Egress(("127.0.0.0/8",)), Names("127.0.0.2", "127.0.0.1"))
        target = Target(host="api.test", port=server.port, encrypted=False)

        connection = await guard.connect(target, 5)

        with connection:
            assert connection.getpeername() == ("127.0.0.1", server.port)
            assert connection.gettimeout() == 0


async def test_a_refused_target_gets_no_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        target = Target(host="127.0.0.1", port=listener.getsockname()[1])

        with pytest.raises(EgressRefused):
            await Guard(Egress()).connect(target, 5)

        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_connecting_ends_in_time() -> None:
    async def never(host: str, port: int) -> tuple[Address, ...]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TimeoutError):
        await Guard(Egress(), never).connect(Target(host="a.test", port=443), 0.05)


async def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectionRefusedError):
        await Guard(Egress(("127.0.0.1",))).connect(Target(host="127.0.0.1", port=port), 5)


async def test_the_system_resolver_gives_addresses_without_repeats() -> None:
    assert await resolve("127.1", 443) == (ip_address("127.0.0.1"),)
