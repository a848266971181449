"""Replicas agree on one signing key, on a real API server."""

import asyncio
import time

import pytest

from sluice_kube import signing
from sluice_kube.resources import CONFIG_MAPS, SECRETS, Key
from sluice_kube.session import Session

pytestmark = pytest.mark.integration
SECRET, PUBLIC = "sluice-operator-key", "sluice-public-keys"


async def test_replicas_that_start_together_share_one_key(session: Session, namespace: str) -> None:
    keys = await asyncio.gather(
        *(
            signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")
            for _ in range(4)
        )
    )

    ids = {signing.key_id("operator", key.pair.current.public_key()) for key in keys}
    published = await signing.public_keys(session, namespace, PUBLIC)
    assert len(ids) == 1
    assert published.keys() == {f"{ids.pop()}.pem"}
    assert "PRIVATE" not in str(published)


async def test_a_restart_reads_the_key_and_writes_nothing(session: Session, namespace: str) -> None:
    first = await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")
    before = [
        await session.get(SECRETS, Key(namespace, SECRET)),
        await session.get(CONFIG_MAPS, Key(namespace, PUBLIC)),
    ]

    second = await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")

    after = [
        await session.get(SECRETS, Key(namespace, SECRET)),
        await session.get(CONFIG_MAPS, Key(namespace, PUBLIC)),
    ]
    assert signing.public_pems("operator", first.pair) == signing.public_pems(
        "operator", second.pair
    )
    assert before == after


async def test_an_old_key_is_replaced_once_and_both_are_published(
    session: Session, namespace: str
) -> None:
    first = await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")
    later = time.time() + signing.ROTATE_SECONDS + 1

    rotated = await asyncio.gather(
        *(
            signing.load_or_create(
                session, namespace, SECRET, PUBLIC, issuer="operator", clock=lambda: later
            )
            for _ in range(3)
        )
    )

    pems = [signing.public_pems("operator", key.pair) for key in rotated]
    assert pems == [pems[0]] * 3
    assert signing.public_pems("operator", first.pair).items() < pems[0].items()
    assert await signing.public_keys(session, namespace, PUBLIC) == pems[0]


async def test_issuers_may_share_the_public_config_map(session: Session, namespace: str) -> None:
    operator = await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")

    gateway = await signing.load_or_create(
        session, namespace, "sluice-gateway-key", PUBLIC, issuer="gateway"
    )

    assert await signing.public_keys(session, namespace, PUBLIC) == {
        **signing.public_pems("operator", operator.pair),
        **signing.public_pems("gateway", gateway.pair),
    }


async def test_a_key_two_rotations_old_is_withdrawn(session: Session, namespace: str) -> None:
    first = await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")
    now = time.time()

    for turn in (1, 2):
        later = now + turn * (signing.ROTATE_SECONDS + 1)
        await signing.load_or_create(
            session, namespace, SECRET, PUBLIC, issuer="operator", clock=lambda at=later: at
        )

    published = await signing.public_keys(session, namespace, PUBLIC)
    assert len(published) == 2
    assert not published.keys() & signing.public_pems("operator", first.pair).keys()


async def test_a_secret_that_holds_something_else_is_left_alone(
    session: Session, namespace: str
) -> None:
    metadata = {"name": SECRET, "namespace": namespace}
    await session.create(
        SECRETS,
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"a": "b"}},
    )

    with pytest.raises(signing.UnreadableKey, match=SECRET):
        await signing.load_or_create(session, namespace, SECRET, PUBLIC, issuer="operator")

    kept = await session.get(SECRETS, Key(namespace, SECRET))
    assert kept["data"].keys() == {"a"}
