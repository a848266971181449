"""Who a token stands for and what that one may do, as a real API server tells it."""

import pytest

from sluice_kube import review
from sluice_kube.resources import CONFIG_MAPS, RUNS, SERVICE_ACCOUNTS, Resource
from sluice_kube.review import Access, Identity
from sluice_kube.session import Session

pytestmark = pytest.mark.integration

TOKENS = Resource("", "v1", "serviceaccounts/caller/token", "TokenRequest")


async def a_token(session: Session, namespace: str, audience: str) -> str:
    """Of a service account `caller`, as `kubectl create token` gets it."""
    metadata = {"namespace": namespace, "name": "caller"}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    await session.create(SERVICE_ACCOUNTS, account)
    request = {"metadata": {"namespace": namespace}, "spec": {"audiences": [audience]}}
    answer = await session.create(TOKENS, request)
    return str(answer["status"]["token"])


async def test_a_token_for_our_audience_has_an_owner(session: Session, namespace: str) -> None:
    token = await a_token(session, namespace, audience="sluice")

    ours = await review.authenticate(session, token, ["sluice"])
    for_another = await review.authenticate(session, token, ["somebody-else"])
    forged = await review.authenticate(session, token + "x", ["sluice"])

    assert ours is not None
    assert ours.username == f"system:serviceaccount:{namespace}:caller"
    assert f"system:serviceaccounts:{namespace}" in ours.groups
    assert for_another is None
    assert forged is None


async def test_rights_are_those_of_the_caller(session: Session, namespace: str) -> None:
    admin = Identity("somebody", groups=("system:masters",))
    nobody = Identity(f"system:serviceaccount:{namespace}:caller")
    wanted = Access("create", RUNS, namespace)

    yes = await review.authorize(session, admin, wanted)
    no = await review.authorize(session, nobody, wanted)
    named = await review.authorize(session, nobody, Access("get", CONFIG_MAPS, namespace, "a"))

    assert yes.allowed
    assert not no.allowed
    assert not named.allowed
