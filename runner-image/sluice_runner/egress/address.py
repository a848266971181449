"""Which addresses belong to the public internet, once every embedding of IPv4 is taken off."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA hands out for public use

# Not public whatever the `ipaddress` of this Python says: its tables differ between releases.
# 64:ff9b:1::/48 (RFC 8215) is not unwrapped: where IPv4 sits in it is up to each operator, so
# reading it at one place lets an attacker hide it at another. It lies outside 2000::/3.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of Alibaba Cloud
        "168.63.129.16/32",  # WireServer: Azure's host agent, reached from guests only
        "192.0.0.0/24",  # IETF protocols, and the metadata service of Oracle Cloud
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",  # benchmarks
        "2001::/23",  # IETF protocols: Teredo, ORCHID, benchmarks
        "3fff::/20",  # documentation
    )
)

# Where the pod itself, its node and its cloud answer. No host name opens these: whoever answers
# for the name could point it here. They must be named as addresses.
INNER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "100.100.100.200/32",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/127",  # unspecified and loopback
        "fe80::/10",
        "fec0::/10",
        "fd00:ec2::/32",
        "ff00::/8",
    )
)


def is_public(address: Address) -> bool:
    """True when anyone on the internet would reach the same machine by this address."""
    if any(address in network for network in NOT_PUBLIC):
        return False
    if inside := embedded(address):
        return all(is_public(each) for each in inside)
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def embedded(address: Address) -> tuple[Address, ...]:
    """The addresses that packets to `address` end up at, where it only wraps them.

    IPv4-mapped (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052), Teredo (RFC 4380: the server and
    the client).
    """
    if isinstance(address, IPv4Address):
        return ()
    if address.teredo:
        return address.teredo
    if address in NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    wrapped = address.ipv4_mapped or address.sixtofour
    return (wrapped,) if wrapped else ()


def layers(address: Address) -> tuple[Address, ...]:
    """The address itself and all that it wraps."""
    return (address, *(deeper for each in embedded(address) for deeper in layers(each)))


def inner_network(address: Address) -> Network | None:
    """The entry of INNER that the address, or one that it wraps, lies in."""
    for layer in layers(address):
        for network in INNER:
            if layer in network:
                return network
    return None
