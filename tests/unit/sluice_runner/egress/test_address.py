"""is_public against the registries of special addresses, written out independently."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluice_runner.egress.address import Address, embedded, inner_network, is_public, layers

# iana-ipv4-special-registry, multicast, 240/4, and two hosts that clouds answer on
REGISTRY_4 = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12
    192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
"""
SPECIAL_4 = [ip_network(text) for text in REGISTRY_4.split()]
# iana-ipv6-special-registry inside 2000::/3; nothing outside of that is public but NAT64
SPECIAL_6 = [ip_network(text) for text in ["2001::/23", "2001:db8::/32", "3fff::/20"]]
GLOBAL_6 = ip_network("2000::/3")


def near(networks: list[str], version: type[Address]) -> st.SearchStrategy[Address]:
    """Addresses in and just around the networks: where mistakes are."""
    edges = [
        int(edge) + step
        for network in map(ip_network, networks)
        for edge in (network.network_address, network.broadcast_address)
        for step in (-1, 0, 1)
    ]
    size = 2 ** (32 if version is IPv4Address else 128)
    return st.sampled_from([version(edge % size) for edge in edges])


ADDRESS_4 = st.ip_addresses(v=4) | near([str(each) for each in SPECIAL_4], IPv4Address)
ADDRESS_6 = st.ip_addresses(v=6) | near(
    [str(each) for each in SPECIAL_6] + ["2000::/3", "64:ff9b::/96", "::ffff:0:0/96", "2002::/16"],
    IPv6Address,
)


@given(ADDRESS_4)
@example(IPv4Address("192.0.0.192"))
@example(IPv4Address("224.0.0.1"))
def test_an_ipv4_address_is_public_when_no_registry_has_it(address: IPv4Address) -> None:
    special = any(address in network for network in SPECIAL_4)

    assert is_public(address) is not special


@given(ADDRESS_6)
def test_an_ipv6_address_is_public_when_unicast_and_no_registry_has_it(
    address: IPv6Address,
) -> None:
    special = address not in GLOBAL_6 or any(address in network for network in SPECIAL_6)
    plain = not embedded(address)

    assert not plain or is_public(address) is not special


def mapped(inside: IPv4Address) -> IPv6Address:
    return IPv6Address(f"::ffff:{inside}")


def six_to_four(inside: IPv4Address) -> IPv6Address:
    return IPv6Address((0x2002 << 112) | (int(inside) << 80) | 1)


def nat64(inside: IPv4Address) -> IPv6Address:
    return IPv6Address(f"64:ff9b::{inside}")


@given(ADDRESS_4, st.sampled_from([mapped, six_to_four, nat64]))
def test_a_wrapped_address_is_as_public_as_what_it_wraps(
    inside: IPv4Address, wrap: type[IPv6Address]
) -> None:
    address = wrap(inside)

    assert embedded(address) == (inside,)
    assert is_public(address) is is_public(inside)
    assert layers(address) == (address, inside)


def test_both_ends_of_a_teredo_tunnel_are_seen() -> None:
    address = IPv6Address("2001:0:a00:5::5601:5601")

    assert embedded(address) == (IPv4Address("10.0.0.5"), IPv4Address("169.254.169.254"))
    assert not is_public(address)
    assert str(inner_network(address)) == "169.254.0.0/16"


INNER = {
    "127.0.0.1": "127.0.0.0/8",
    "::1": "::/127",
    "::ffff:127.0.0.1": "127.0.0.0/8",
    "169.254.169.254": "169.254.0.0/16",
    "64:ff9b::a9fe:a9fe": "169.254.0.0/16",
    "fd00:ec2::254": "fd00:ec2::/32",
    "10.0.0.5": "None",
    "fd00::1": "None",
    "8.8.8.8": "None",
}


@pytest.mark.parametrize(("address", "network"), INNER.items())
def test_inner_network(address: str, network: str) -> None:
    found = inner_network(ip_address(address))

    assert str(found) == network
