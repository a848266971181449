"""Which workflow a Host means."""

import pytest

from sluice_gateway.hosts import Addressee, addressee

HOSTS = {
    "the full name": ("workflow-etl.shop.svc.cluster.local", Addressee("etl", "shop")),
    "the name with svc": ("workflow-etl.shop.svc", Addressee("etl", "shop")),
    "the name with its namespace": ("workflow-etl.shop", Addressee("etl", "shop")),
    "the short name has no namespace": ("workflow-etl", Addressee("etl", None)),
    "a port does not matter": ("workflow-etl.shop.svc:80", Addressee("etl", "shop")),
    "nor does the final dot": ("workflow-etl.shop.svc.cluster.local.", Addressee("etl", "shop")),
    "nor do capitals": ("Workflow-ETL.Shop.SVC", Addressee("etl", "shop")),
    "a workflow may be called workflow": ("workflow-workflow-1.a", Addressee("workflow-1", "a")),
    "another domain is not ours": ("workflow-etl.shop.svc.example.com", None),
    "a public name is not ours": ("workflow-etl.shop.example.com", None),
    "another Service is not ours": ("gateway.sluice-system.svc", None),
    "no name after the prefix": ("workflow-.shop", None),
    "a name that no workflow can have": ("workflow-a_b.shop", None),
    "a namespace that cannot be": ("workflow-a.sh/op", None),
    "an address": ("10.0.0.1:8080", None),
    "an IPv6 address": ("[::1]:8080", None),
    "no host": ("", None),
}


@pytest.mark.parametrize(("host", "meant"), HOSTS.values(), ids=HOSTS)
def test_addressee(host: str, meant: Addressee | None) -> None:
    assert addressee(host, "cluster.local") == meant
