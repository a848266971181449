"""Paths of resources, and lines of a watch."""

from collections.abc import AsyncIterator

import pytest

from sluice_kube import errors, lines
from sluice_kube.resources import DEPLOYMENTS, NAMESPACES, PLANS, PODS, RUNS, Key

PATHS = {
    "/api/v1/pods": PODS.path(),
    "/api/v1/namespaces/a/pods": PODS.path("a"),
    "/api/v1/namespaces/a/pods/b": PODS.path("a", "b"),
    "/api/v1/namespaces/b": NAMESPACES.path("", "b"),
    "/apis/apps/v1/namespaces/a/deployments/b/scale": DEPLOYMENTS.path("a", "b", "scale"),
    "/apis/sluice.dev/v1alpha1/namespaces/a/workflowruns/b/status": RUNS.path("a", "b", "status"),
    "/apis/sluice.dev/v1alpha1/workflowplans/b": PLANS.path("a", "b"),
}


@pytest.mark.parametrize(("expected", "path"), PATHS.items(), ids=PATHS)
def test_path(expected: str, path: str) -> None:
    assert path == expected


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../secrets/x", "a?b", "a%2Fb", "a b", "ä"])
def test_no_name_leads_elsewhere(name: str) -> None:
    with pytest.raises(errors.Invalid):
        PODS.path("a", name)


def test_a_key_reads_as_people_write_it() -> None:
    assert str(Key("a", "b")) == "a/b"
    assert str(Key("", "b")) == "b"
    assert Key.of({"metadata": {"name": "b"}}) == Key("", "b")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_lines_come_whole_however_they_are_cut(size: int) -> None:
    body = b'{"type":"ADDED"}\n{"type":"MODIFIED"}\n\n{"type":"DELETED"}\n{"unfinished'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    found = [line async for line in lines.split(chunks())]

    assert found == [b'{"type":"ADDED"}', b'{"type":"MODIFIED"}', b'{"type":"DELETED"}']


async def test_an_error_event_is_raised() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n'

    with pytest.raises(errors.Gone, match="too old"):
        _ = [line async for line in lines.split(chunks())]
