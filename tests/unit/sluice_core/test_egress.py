import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sluice_core import egress
from sluice_core.api.plan import PlanEgress
from sluice_core.api.workflow import Egress
from sluice_core.egress import Target

NET = ipaddress.ip_network

PARSED = {
    "a host": ("api.example.com", Target("api.example.com")),
    "a host and a port": ("api.example.com:443", Target("api.example.com", port=443)),
    "in capitals, with the root's dot": ("API.Example.com.", Target("api.example.com")),
    "a suffix": ("*.example.com:8443", Target("*.example.com", port=8443)),
    "an address": ("10.0.0.1", Target(network=NET("10.0.0.1/32"))),
    "an address and a port": ("10.0.0.1:5432", Target(network=NET("10.0.0.1/32"), port=5432)),
    "version 6 in brackets": ("[fd00::1]:443", Target(network=NET("fd00::1/128"), port=443)),
    "version 6 bare": ("fd00::1", Target(network=NET("fd00::1/128"))),
    "a range": ("10.0.0.0/8", Target(network=NET("10.0.0.0/8"))),
    "a range with bits of a host": ("10.1.2.3/8", Target(network=NET("10.0.0.0/8"))),
}


@pytest.mark.parametrize(("entry", "target"), PARSED.values(), ids=PARSED)
def test_parse(entry: str, target: Target) -> None:
    assert egress.parse(entry) == target


WRONG = {
    "port 0": "a.example.com:0",
    "a port too high": "a.example.com:65536",
    "a port in words": "a.example.com:https",
    "a port alone": ":443",
    "no such range": "10.0.0.0/33",
}


@pytest.mark.parametrize("entry", WRONG.values(), ids=WRONG)
def test_what_names_nothing_is_refused_by_the_reader_and_before_it_by_the_crd(entry: str) -> None:
    with pytest.raises(ValueError, match=r"port|host|network"):
        egress.parse(entry)
    with pytest.raises(ValidationError):
        Egress(allow=(entry,))


PORTS = st.integers(0, 99999).map(str)
HOSTS = st.sampled_from(["a.example.com", "*.example.com", "10.0.0.1", "[fd00::1]", "localhost"])


@given(HOSTS, PORTS)
def test_what_the_crd_admits_can_be_read(host: str, port: str) -> None:
    entry = f"{host}:{port}"
    try:
        Egress(allow=(entry,))
    except ValidationError:
        return

    assert egress.parse(entry).port == int(port)


COVERS = {
    "itself": ("example.com", "example.com", True),
    "a name under it": ("*.example.com", "a.example.com", True),
    "two levels under it": ("*.example.com", "a.b.example.com", True),
    "not the suffix itself": ("*.example.com", "example.com", False),
    "not a name that only ends so": ("*.example.com", "badexample.com", False),
    "a name without a star covers nothing under it": ("example.com", "a.example.com", False),
}


@pytest.mark.parametrize(("pattern", "host", "wanted"), COVERS.values(), ids=COVERS)
def test_covers(pattern: str, host: str, wanted: bool) -> None:
    assert egress.covers(pattern, host) is wanted


REFUSED: dict[str, tuple[dict[str, Any] | None, list[str], list[str]]] = {
    "no egress in the plan: all": (None, ["a.example.com", "10.0.0.0/8"], []),
    "an empty one: nothing": ({}, ["a.example.com", "10.0.0.0/8"], ["a.example.com", "10.0.0.0/8"]),
    "a host, any port": ({"allowHosts": ["a.example.com"]}, ["a.example.com:1"], []),
    "a host, one port": (
        {"allowHosts": ["a.example.com:443"]}, ["a.example.com:443", "a.example.com"],
        ["a.example.com"],
    ),
    "a suffix permits a longer suffix": (
        {"allowHosts": ["*.example.com"]}, ["*.b.example.com", "*.example.com"], [],
    ),
    "a suffix does not permit a shorter one": (
        {"allowHosts": ["*.b.example.com"]}, ["*.example.com"], ["*.example.com"],
    ),
    "a range within a range": (
        {"allowCidrs": ["10.0.0.0/8"]}, ["10.1.0.0/16", "10.0.0.1:22", "0.0.0.0/0"], ["0.0.0.0/0"],
    ),
    "a range of version 6 within none of version 4": (
        {"allowCidrs": ["0.0.0.0/0"]}, ["fd00::/8"], ["fd00::/8"],
    ),
    "a host is in no range": (
        {"allowCidrs": ["0.0.0.0/0"]}, ["a.example.com"], ["a.example.com"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plan", "entries", "refused"), REFUSED.values(), ids=REFUSED)
def test_refused(plan: dict[str, Any] | None, entries: list[str], refused: list[str]) -> None:
    limits = None if plan is None else PlanEgress.model_validate(plan)

    assert egress.refused(entries, limits) == refused
