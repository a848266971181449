"""Codes of requests by what they show and what they carry."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sluice_core import wire
from testkit import runner_server
from testkit.runner_server import RunnerServer, a_request, endless

RAW = b'{"steps":[{"name":"a"}]}'
GOOD_HASH = sha256(RAW).hexdigest()
BATCH = wire.RunBatch(runs=(a_request("a"),))
REPLY = wire.Reply(attempt=1, request="r", ok=True)

CODES: dict[str, tuple[str, str, wire.Message | bytes, int]] = {
    "a definition": ("PUT", f"/definitions/{GOOD_HASH}", RAW, 204),
    "a definition under another hash": ("PUT", f"/definitions/{'0' * 64}", RAW, 400),
    "a definition of 1 MiB and a byte": ("PUT", "/definitions/x", b" " * (2**20 + 1), 413),
    "an empty batch": ("POST", "/runs", wire.RunBatch(runs=()), 200),
    "a batch that is no JSON": ("POST", "/runs", b"{", 400),
    "a batch of nonsense": ("POST", "/runs", b'{"runs": [{"uid": 1}]}', 400),
    "acknowledging what is not held": (
        "POST",
        "/acks",
        wire.AckBatch(acks=(wire.Ack(uid="x", attempt=1, through=1),)),
        204,
    ),
    "cancelling what is not held": ("POST", "/runs/x/cancel", b"", 404),
    "cancelling the held attempt": ("POST", "/runs/held/cancel", wire.Cancel(attempt=1), 202),
    "cancelling whichever is held": ("POST", "/runs/held/cancel", b"", 202),
    "cancelling another attempt": ("POST", "/runs/held/cancel", wire.Cancel(attempt=2), 404),
    "replying to a request nobody made": ("POST", "/runs/held/replies", REPLY, 202),
    "replying to a run nobody holds": ("POST", "/runs/x/replies", REPLY, 404),
    "replying with nonsense": ("POST", "/runs/held/replies", b"[]", 400),
    "logs of a run without any": ("GET", "/runs/held/logs", b"", 200),
    "events after what is no id": ("GET", "/events?after=-1", b"", 400),
    "what nobody serves": ("GET", "/secrets", b"", 404),
    "another method": ("DELETE", "/runs", b"", 405),
}


@pytest.mark.parametrize(("method", "path", "body", "code"), CODES.values(), ids=CODES)
async def test_the_operator_is_answered(
    tmp_path: Path, method: str, path: str, body: wire.Message | bytes, code: int
) -> None:
    async with runner_server.running(tmp_path, endless) as server:
        await server.dispatch(a_request("held"))

        answered, _ = await server.send(method, path, body)

        assert answered == code


async def test_a_body_without_a_length_is_bounded_too(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 64 * 1024

    async with runner_server.running(tmp_path) as server:
        request = server.http.put("/definitions/x", data=pieces(), headers=server.headers())
        async with request as answer:
            assert answer.status == 413


async def test_a_definition_that_was_sent_can_be_run(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        before = await server.dispatch(a_request("a", definition=GOOD_HASH))

        await server.send("PUT", f"/definitions/{GOOD_HASH}", RAW)
        after = await server.dispatch(a_request("a", definition=GOOD_HASH))

        assert (before, after) == ([412], [202])


async def test_a_refusal_says_where_but_not_what_stood_there(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        code, body = await server.send("POST", "/runs", b'{"runs": [{"uid": {"key": "hunter2"}}]}')

        said = wire.Refusal.model_validate_json(body).message
        assert code == 400
        assert said.startswith("runs.0.uid: ")
        assert "hunter2" not in said


NO_TOKEN: dict[str, str | None] = {"Authorization": None}
PROTECTED = {
    "PUT definition": ("PUT", f"/definitions/{GOOD_HASH}", RAW),
    "POST runs": ("POST", "/runs", BATCH),
    "GET runs": ("GET", "/runs", b""),
    "GET events": ("GET", "/events", b""),
    "POST acks": ("POST", "/acks", wire.AckBatch(acks=())),
    "POST cancel": ("POST", "/runs/held/cancel", b""),
    "POST reply": ("POST", "/runs/held/replies", REPLY),
}
READABLE = {"GET logs": ("GET", "/runs/held/logs", b"")}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [*PROTECTED.values(), *READABLE.values()],
    ids=[*PROTECTED, *READABLE],
)
async def test_without_a_good_token_nothing_is_served(
    tmp_path: Path, method: str, path: str, body: wire.Message | bytes
) -> None:
    async with runner_server.running(tmp_path) as server:
        wrong: list[dict[str, Any]] = [
            NO_TOKEN,
            {"Authorization": "Bearer nonsense"},
            {"Authorization": f"Basic {server.operator.token()}"},
            {"Authorization": f"Bearer {server.operator.token(aud='another/pod')}"},
        ]

        codes = [(await server.send(method, path, body, headers=h))[0] for h in wrong]

        assert codes == [401] * 4
        assert server.holdings.snapshot().runs == ()


@pytest.mark.parametrize(("method", "path", "body"), PROTECTED.values(), ids=PROTECTED)
async def test_the_gateway_starts_and_changes_nothing(
    tmp_path: Path, method: str, path: str, body: wire.Message | bytes
) -> None:
    async with runner_server.running(tmp_path) as server:
        headers = {"Authorization": f"Bearer {server.gateway.token(wire.SCOPE_READ)}"}

        code, _ = await server.send(method, path, body, headers=headers)

        assert code == 403


async def test_the_gateway_reads_logs_without_an_epoch(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        token = server.gateway.token(wire.SCOPE_READ)
        headers = {"Authorization": f"Bearer {token}", wire.HEADER_EPOCH: None}

        code, _ = await server.send("GET", "/runs/any/logs", headers=headers)

        assert code == 200


async def epoch_code(server: RunnerServer, request: Any, epoch: str | None) -> int:
    method, path, body = request
    code, _ = await server.send(method, path, body, headers={wire.HEADER_EPOCH: epoch})
    return code


FENCED = {name: request for name, request in PROTECTED.items() if name != "GET runs"}


@pytest.mark.parametrize("request_", FENCED.values(), ids=FENCED)
async def test_an_earlier_leader_is_refused(tmp_path: Path, request_: Any) -> None:
    async with runner_server.running(tmp_path) as server:
        await epoch_code(server, PROTECTED["GET runs"], "7")

        codes = [await epoch_code(server, request_, epoch) for epoch in ("6", None, "x")]

        assert codes == [409, 400, 400]


async def test_a_later_leader_closes_the_stream_of_the_earlier_one(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server, server.events(epoch=1) as events:
        code = await epoch_code(server, PROTECTED["GET runs"], "2")

        assert code == 200
        assert await events.ended()


async def test_an_earlier_leader_may_look_and_fences_nobody(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        await epoch_code(server, PROTECTED["GET runs"], "7")

        look = await epoch_code(server, PROTECTED["GET runs"], "3")
        still = await epoch_code(server, PROTECTED["POST runs"], "7")

        assert (look, still) == (200, 200)


@pytest.mark.parametrize(("ready", "code"), [(True, 200), (False, 503)])
async def test_readiness_needs_no_token(tmp_path: Path, ready: bool, code: int) -> None:
    said = wire.Readiness(ready=ready, slots=10, reason="" if ready else "the renderer is gone")
    async with runner_server.running(tmp_path, readiness=lambda: said) as server:
        answered, body = await server.send("GET", "/readyz", headers=NO_TOKEN)

        assert answered == code
        assert wire.Readiness.model_validate_json(body) == said


async def test_metrics_have_bounded_labels(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        await server.dispatch(a_request("run-with-a-name"))
        await server.holdings.idle()
        await server.send("POST", "/runs/run-with-a-name/cancel")

        code, body = await server.send("GET", "/metrics", headers=NO_TOKEN)

        text = body.decode()
        assert code == 200
        assert 'sluice_runner_runs_total{phase="Succeeded"} 1.0' in text
        assert 'sluice_runner_steps_total{phase="Succeeded"} 1.0' in text
        assert 'sluice_runner_requests_total{code="202",path="/runs/{uid}/cancel"} 1.0' in text
        assert 'sluice_runner_step_seconds_bucket{le="0.001"} 1.0' in text
        assert "run-with-a-name" not in text
