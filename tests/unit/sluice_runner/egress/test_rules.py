"""Who may go where: entries of egress.allow against targets and their addresses."""

from ipaddress import ip_address

import pytest

from sluice_runner.egress.rules import Egress, EgressRefused, Target, check_spelling, parsed


def a_target(host: str = "api.test", port: int = 443, *, encrypted: bool = True) -> Target:
    return Target(host=host, port=port, encrypted=encrypted)


PLAIN = a_target(port=80, encrypted=False)
SHOP = a_target("api.shop.svc.cluster.local", 80, encrypted=False)

ALLOWED: dict[str, tuple[tuple[str, ...], Target, str]] = {
    "public over TLS needs no entry": ((), a_target(), "8.8.8.8"),
    "public IPv6 over TLS": ((), a_target(), "2606:4700::1111"),
    "public through NAT64": ((), a_target(), "64:ff9b::8.8.8.8"),
    "public in plain text, by host and port": (("api.test:80",), PLAIN, "8.8.8.8"),
    "public in plain text, by host": (("api.test",), PLAIN, "8.8.8.8"),
    "public on another port": (("api.test:8443",), a_target(port=8443), "8.8.8.8"),
    "a cluster's service by name": ((str(SHOP),), SHOP, "10.0.0.5"),
    "a name in other letters": (("API.Test:80",), PLAIN, "10.0.0.5"),
    "a full name with its dot": (("api.test",), a_target("api.test."), "10.0.0.5"),
    "below a suffix": (("*.shop.svc.cluster.local:80",), SHOP, "10.0.0.5"),
    "private by network": (("10.0.0.0/8",), PLAIN, "10.0.0.5"),
    "private by network and port": (("10.0.0.0/8:80",), PLAIN, "10.0.0.5"),
    "private by address": (("10.0.0.5:80",), PLAIN, "10.0.0.5"),
    "private, mapped into IPv6": (("10.0.0.0/8",), PLAIN, "::ffff:10.0.0.5"),
    "private IPv6 by network": (("fd00::/8",), PLAIN, "fd00::1"),
    "private IPv6 by address and port": (("[fd00::1]:80",), PLAIN, "fd00::1"),
    "loopback by address": (("127.0.0.1:80",), PLAIN, "127.0.0.1"),
    "loopback by network": (("127.0.0.0/8",), PLAIN, "::ffff:127.0.0.1"),
    "metadata by address": (("169.254.169.254:80",), PLAIN, "169.254.169.254"),
    "public in plain text, by a network of all": (("0.0.0.0/0:80",), PLAIN, "8.8.8.8"),
}


@pytest.mark.parametrize(("allow", "target", "address"), ALLOWED.values(), ids=ALLOWED)
def test_allowed(allow: tuple[str, ...], target: Target, address: str) -> None:
    egress = Egress(allow)

    egress.judge(target, ip_address(address))  # does not raise


REFUSED: dict[str, tuple[tuple[str, ...], Target, str, str]] = {
    "private": ((), a_target(), "10.0.0.5", "is private: name it"),
    "public in plain text": ((), PLAIN, "8.8.8.8", "plain text"),
    "public on another port": ((), a_target(port=8443), "8.8.8.8", "not a usual port"),
    "another port than the named": (("api.test:81",), PLAIN, "10.0.0.5", "is private"),
    "another name": (("ap.test:80",), PLAIN, "10.0.0.5", "is private"),
    "the suffix itself": (("*.api.test",), PLAIN, "10.0.0.5", "is private"),
    "a name that merely ends alike": (
        ("*.test",),
        a_target("evil-test"),
        "10.0.0.5",
        "is private",
    ),
    "another network": (("10.1.0.0/16",), PLAIN, "10.0.0.5", "is private"),
    "the port of another network": (("10.0.0.0/8:81",), PLAIN, "10.0.0.5", "is private"),
    "a named host that leads to loopback": (
        ("api.test",),
        PLAIN,
        "127.0.0.1",
        "the address itself",
    ),
    "a named host that leads to metadata": (
        ("api.test",),
        PLAIN,
        "::ffff:169.254.169.254",
        "the address itself",
    ),
    "metadata within a network of all": (
        ("0.0.0.0/0", "::/0"),
        PLAIN,
        "169.254.169.254",
        "the address itself",
    ),
    "one end of a tunnel that is named": (
        ("10.0.0.0/8",),
        a_target(),
        "2001:0:a00:5::f7f7:f7f7",
        "is private",
    ),
}


@pytest.mark.parametrize(("allow", "target", "address", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(allow: tuple[str, ...], target: Target, address: str, said: str) -> None:
    egress = Egress(allow)

    with pytest.raises(EgressRefused, match=said):
        egress.judge(target, ip_address(address))


def test_a_name_leads_to_private_addresses_only_where_the_plan_lets_it() -> None:
    egress = Egress(("api.test",), private=False)

    egress.judge(PLAIN, ip_address("8.8.8.8"))
    with pytest.raises(EgressRefused, match="is private"):
        egress.judge(PLAIN, ip_address("10.0.0.5"))


def test_a_refusal_says_what_to_do() -> None:
    target = a_target("api.shop.svc", 80, encrypted=False)

    with pytest.raises(EgressRefused) as caught:
        Egress().judge(target, ip_address("10.0.0.5"))

    assert str(caught.value) == (
        "10.0.0.5 (api.shop.svc:80) is private: name it in spec.egress.allow "
        "and let the namespace's WorkflowPlan permit it"
    )


BAD_ENTRIES = [
    "",
    "a b",
    ":80",
    "a:0",
    "a:65536",
    "*:443",
    "*",
    "10.0.0.1/8",
    "a/8",
    "*.10.0.0.0/8",
]


@pytest.mark.parametrize("entry", BAD_ENTRIES)
def test_an_entry_of_another_form_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(entry)


BAD_TARGETS = {
    "no host": ("", 443),
    "a zone id": ("fe80::1%lo", 443),
    "a space": ("a b", 443),
    "an empty label": ("a..b", 443),
    "a leading dot": (".a", 443),
    "brackets": ("[::1]", 443),
    "a label of 64": ("a" * 64, 443),
    "a leading hyphen, which tools take for an option": ("-a", 443),
    "letters outside ASCII": ("größe.test", 443),
    "a line end": ("a.test\n", 443),
    "port 0": ("a.test", 0),
    "port 65536": ("a.test", 65536),
}


@pytest.mark.parametrize(("host", "port"), BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_a_spelling_is_refused(host: str, port: int) -> None:
    with pytest.raises(EgressRefused):
        check_spelling(a_target(host, port))


@pytest.mark.parametrize("host", ["a.test", "a.test.", "a_b.test", "127.0.0.1", "::1", "A.TEST"])
def test_a_spelling_is_left_to_the_resolver(host: str) -> None:
    check_spelling(a_target(host))  # does not raise
