"""What every request meets: paths, methods, bodies, the service's own endpoints."""

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluice_gateway.described import walked
from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_kube import signing
from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/workflows/etl/trigger"


def a_cluster() -> Cluster:
    cluster = Cluster()
    cluster.add(a_workflow())
    return cluster


REQUESTS = {
    "no such path": ("GET", "/nothing", 404),
    "no such part of the page about it": ("GET", "/docs/assets/nothing.js", 404),
    "a file beside the page's": ("GET", "/docs/assets/..%2Fcore.py", 404),
    "another method": ("DELETE", PATH, 405),
    "a namespace that cannot be": ("POST", PATH.replace("shop", "Sh_op"), 422),
    "a workflow that cannot be": ("POST", PATH.replace("etl", "-x"), 422),
    "a workflow with an encoded slash": ("POST", PATH.replace("etl", "..%2Fx"), 404),
    "a workflow with NUL": ("POST", PATH.replace("etl", "a%00"), 422),
    "a run with dots": ("GET", "/api/v1/namespaces/shop/runs/%2E%2E", 422),
}


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS.values(), ids=REQUESTS)
async def test_every_error_is_a_problem(method: str, path: str, status: int) -> None:
    async with client(a_cluster()) as http:
        answer = await http.request(method, path)

    problem = ProblemAnswer.model_validate(answer.json())
    assert (answer.status_code, problem.status) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_that_would_do_nothing_is_refused() -> None:
    key = {"Idempotency-Key": "once"}
    refused: set[str] = set()

    async with client(a_cluster()) as http:
        schema = (await http.get("/openapi.json")).json()
        for path, method, operation in walked(schema):
            taken = [one.get("$ref", "") for one in operation.get("parameters", ())]
            ends = "#/components/parameters/IdempotencyKey" in taken, "/api/v1/" in path
            if method == "post" and ends == (False, True):
                answer = await http.post(re.sub("{.*?}", "x", path), headers=key, json={})
                assert (answer.status_code, answer.json()["type"][19:]) == (400, "KeyNotTaken"), (
                    path
                )
                refused.add(path.rpartition("/")[2])

    assert refused >= {"nodes", "connections", "schedule", "share", "stop", "clear", "validate"}


async def test_a_parameter_that_is_there_twice_is_refused_by_its_name() -> None:
    path = "/api/v1/workflows?status=draft&search=a&status=active"

    async with client(a_cluster()) as http:
        answer = await http.get(path)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["errors"]] == ["status"]


ALLOWED = {
    "two routes": ("/api/v1/workflows", "GET, POST"),
    "four routes": ("/api/v1/namespaces/shop/workflows/etl", "DELETE, GET, PATCH, PUT"),
    "one": (PATH, "POST"),
    "at the root": ("/healthz", "GET"),
    "not those of a workflow that has such a name": ("/api/v1/workflows/stats", "GET"),
}


@pytest.mark.parametrize(("path", "methods"), ALLOWED.values(), ids=ALLOWED)
async def test_another_method_is_told_all_that_the_path_takes(path: str, methods: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.request("TRACE", path)

    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


BODIES = {
    "not JSON": (b"{", "application/json", 400),
    "a key twice": (b'{"sync": false, "sync": true}', "application/json", 400),
    "NaN": (b'{"inputs": {"a": NaN}}', "application/json", 400),
    "not UTF-8": (b'{"trigger_type": "\xff"}', "application/json", 400),
    "deeper than 64": (b'{"inputs":' + b'{"a":' * 70 + b"1" + b"}" * 71, "application/json", 400),
    "a form, as curl sends it": (b"{}", "application/x-www-form-urlencoded", 415),
    "JSON of a kind": (b"{}", "application/vnd.api+json; charset=utf-8", 202),
}


@pytest.mark.parametrize(("body", "media", "status"), BODIES.values(), ids=BODIES)
async def test_bodies(body: bytes, media: str, status: int) -> None:
    async with client(a_cluster()) as http:
        answer = await http.post(PATH, content=body, headers={"Content-Type": media})

    assert answer.status_code == status


async def test_a_body_announced_too_large_is_refused_unread() -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield b"x"

    async with client(a_cluster(), body_bytes=1024) as http:
        answer = await http.post(PATH, content=body(), headers={"Content-Length": "2000"})

    assert (answer.status_code, read) == (413, [])


async def test_a_body_of_unknown_length_is_read_to_the_bound_and_no_further() -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b" " * 100

    async with client(a_cluster(), body_bytes=1024) as http:
        answer = await http.post(PATH, content=body())

    assert (answer.status_code, read) == (413, 11)


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with client(a_cluster(), body_seconds=0.01) as http:
        answer = await http.post(PATH, content=body())

    assert answer.status_code == 408


async def test_an_error_of_our_own_is_a_problem_that_says_nothing() -> None:
    cluster = a_cluster()
    cluster.waiting = None
    cluster.end = {"phase": "Succeeded"}
    cluster.failure = RuntimeError("a secret")  # type: ignore[assignment]

    async with client(cluster) as http:
        answer = await http.post(PATH)

    assert (answer.status_code, answer.json()["type"]) == (500, "urn:sluice:problem:InternalError")
    assert "secret" not in answer.text


async def test_service_endpoints_need_no_token() -> None:
    async with client(a_cluster(), token=None) as http:
        answers = {
            path: (await http.get(path)).status_code
            for path in ("/healthz", "/readyz", "/metrics", "/openapi.json")
        }

    assert set(answers.values()) == {200}


async def test_keys_of_notifications_are_public_as_standard_webhooks_writes_them() -> None:
    pair = signing.KeyPair(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate(), 0)
    cluster = a_cluster()
    cluster.courier_keys = signing.public_pems("courier", pair)

    async with client(cluster, token=None) as http:
        answer = (await http.get("/.well-known/webhook-keys")).json()

    shown = {one["public_key"] for one in answer["keys"]}
    raw = [one.public_key().public_bytes_raw() for one in (pair.current, pair.previous) if one]
    assert shown == {f"whpk_{b64encode(one).decode()}" for one in raw}


async def test_metrics_tell_what_the_process_takes() -> None:
    async with client(a_cluster()) as http:
        text = (await http.get("/metrics")).text

    shown = {line.split()[0] for line in text.splitlines()}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= shown


async def test_metrics_count_routes_and_not_paths() -> None:
    async with client(a_cluster()) as http:
        await http.post(PATH)
        await http.get("/guess/1")
        await http.get("/guess/2")
        text = (await http.get("/metrics")).text

    route = "/workflows/{workflow}/trigger"
    assert f'requests_total{{code="202",method="POST",route="{route}"}} 1.0' in text
    assert 'requests_total{code="404",method="GET",route="unknown"} 2.0' in text
