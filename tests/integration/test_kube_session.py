"""The verbs of a session, on a real API server."""

from collections import Counter

import pytest

from sluice_kube import errors
from sluice_kube.resources import CONFIG_MAPS, NAMESPACES, PODS, WORKFLOWS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session

pytestmark = pytest.mark.integration


def a_config_map(namespace: str, name: str = "a", **data: str) -> Manifest:
    metadata = {"namespace": namespace, "name": name, "labels": {"app": "kube"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def test_an_object_lives_through_all_verbs(
    session: Session, namespace: str, requests: Counter[tuple[str, str, int]]
) -> None:
    key = Key(namespace, "a")
    created = await session.create(CONFIG_MAPS, a_config_map(namespace, colour="red"))

    read = await session.get(CONFIG_MAPS, key)
    merged = await session.merge_patch(CONFIG_MAPS, key, {"data": {"colour": "green"}})
    replaced = await session.json_patch(
        CONFIG_MAPS, key, [{"op": "replace", "path": "/data/colour", "value": "blue"}]
    )
    await session.delete(CONFIG_MAPS, key, uid=created["metadata"]["uid"])

    assert read == created
    assert (merged["data"]["colour"], replaced["data"]["colour"]) == ("green", "blue")
    with pytest.raises(errors.NotFound):
        await session.get(CONFIG_MAPS, key)
    assert requests["create", "configmaps", 201] == 1
    assert requests["patch", "configmaps", 200] == 2
    assert requests["get", "configmaps", 404] == 1


async def test_a_list_is_read_page_by_page(session: Session, namespace: str) -> None:
    for n in range(5):
        await session.create(CONFIG_MAPS, a_config_map(namespace, f"n{n}"))
    scope = Scope(namespace, labels="app=kube", metadata_only=True)

    first = await session.page(CONFIG_MAPS, scope, limit=3)
    second = await session.page(CONFIG_MAPS, scope, limit=3, following=first.following)

    names = [item["metadata"]["name"] for item in first.items + second.items]
    assert names == ["n0", "n1", "n2", "n3", "n4"]
    assert first.following
    assert not second.following
    assert all("data" not in item for item in first.items)
    assert [item async for item in session.list(CONFIG_MAPS, scope)] == first.items + second.items


@pytest.mark.parametrize("other", [{"uid": "of-the-one-before"}, {"version": "1"}], ids=str)
async def test_a_namesake_or_another_version_is_not_deleted(
    session: Session, namespace: str, other: dict[str, str]
) -> None:
    await session.create(CONFIG_MAPS, a_config_map(namespace))

    with pytest.raises(errors.Conflict):
        await session.delete(CONFIG_MAPS, Key(namespace, "a"), **other)

    assert await session.get(CONFIG_MAPS, Key(namespace, "a"))


@pytest.mark.usefixtures("kinds")
async def test_a_watch_from_before_all_that_is_known_is_gone(
    session: Session, namespace: str
) -> None:
    """Of a kind that is younger than the API server, which knows its own from the beginning."""
    with pytest.raises(errors.Gone):
        async with session.stream(WORKFLOWS, "1", Scope(namespace)) as events:
            await anext(aiter(events))


async def test_refusals_have_their_classes(session: Session, namespace: str) -> None:
    await session.create(CONFIG_MAPS, a_config_map(namespace))

    with pytest.raises(errors.AlreadyExists) as taken:
        await session.create(CONFIG_MAPS, a_config_map(namespace))
    with pytest.raises(errors.Invalid) as invalid:
        await session.create(CONFIG_MAPS, a_config_map(namespace, "UpperCase"))
    with pytest.raises(errors.TooLarge):
        await session.create(CONFIG_MAPS, a_config_map(namespace, "b", big="x" * 4_000_000))

    assert not taken.value.repeated
    assert invalid.value.details["causes"]


async def test_a_name_cannot_reach_another_path(session: Session, namespace: str) -> None:
    with pytest.raises(errors.Invalid):
        await session.get(PODS, Key(namespace, "../secrets/x"))
    with pytest.raises(errors.Invalid):
        await session.get(NAMESPACES, Key("", ".."))
