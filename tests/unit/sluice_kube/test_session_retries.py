"""What a session does about answers that a real API server does not give on demand."""

from pathlib import Path

import pytest

from sluice_kube import errors, retry
from sluice_kube.resources import PODS, Key
from sluice_kube.sending import Settings
from sluice_kube.session import Session
from sluice_kube.tokens import FileToken
from testkit.scripted_api import ScriptedApi, hangs_up, says

KEY = Key("a", "b")
POD = {"metadata": {"namespace": "a", "name": "b"}}
QUICK = Settings(retries=retry.Policy(attempts=3, within=5, first=0.001, longest=0.001))


async def test_too_many_requests_are_repeated_after_the_time_asked_for() -> None:
    seen: list[tuple[str, str, int]] = []
    async with (
        ScriptedApi([says(429, Retry_After="0.01"), says(201, POD)]) as api,
        Session(api.config, QUICK, lambda *attempt: seen.append(attempt)) as session,
    ):
        made = await session.create(PODS, POD)

    assert made == POD
    assert seen == [("create", "pods", 429), ("create", "pods", 201)]


async def test_a_create_whose_answer_was_lost_tells_so_when_the_name_is_taken() -> None:
    taken = says(409, {"reason": "AlreadyExists"})
    async with ScriptedApi([hangs_up, taken]) as api, Session(api.config, QUICK) as session:
        with pytest.raises(errors.AlreadyExists) as error:
            await session.create(PODS, POD)

    assert error.value.repeated


async def test_a_create_that_had_no_trouble_before_does_not() -> None:
    busy, taken = says(429), says(409, {"reason": "AlreadyExists"})
    async with ScriptedApi([busy, taken]) as api, Session(api.config, QUICK) as session:
        with pytest.raises(errors.AlreadyExists) as error:
            await session.create(PODS, POD)

    assert not error.value.repeated


async def test_a_create_without_a_name_is_never_sent_twice() -> None:
    unnamed = {"metadata": {"namespace": "a", "generateName": "b-"}}
    async with ScriptedApi([hangs_up]) as api, Session(api.config, QUICK) as session:
        with pytest.raises(errors.Unavailable):
            await session.create(PODS, unnamed)

    assert len(api.asked) == 1


@pytest.mark.parametrize("answer", [hangs_up, says(500), says(503)], ids=["hangs up", "500", "503"])
async def test_attempts_are_bounded(answer: object) -> None:
    async with ScriptedApi([answer]) as api, Session(api.config, QUICK) as session:  # type: ignore[list-item]
        with pytest.raises(errors.Unavailable):
            await session.json_patch(PODS, KEY, [{"op": "test", "path": "/a", "value": 1}])

    # A kept connection that breaks at once is tried anew by aiohttp for what HTTP calls idempotent.
    assert len(api.asked) == 3


async def test_a_refused_token_is_read_again_and_tried_once(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    source = FileToken(file)
    async with (
        ScriptedApi([says(200, POD), says(401), says(200, POD)], token=source) as api,
        Session(api.config, QUICK) as session,
    ):
        await session.get(PODS, KEY)
        file.write_text("new")
        await session.get(PODS, KEY)

    assert [token for _, _, token in api.asked] == ["old", "old", "new"]


async def test_a_caller_that_is_nobody_hears_so() -> None:
    async with ScriptedApi([says(401)]) as api, Session(api.config, QUICK) as session:
        with pytest.raises(errors.Unauthorized):
            await session.get(PODS, KEY)

    assert len(api.asked) == 2


async def test_a_rate_is_kept() -> None:
    slow = Settings(per_second=50, burst=1)
    async with ScriptedApi([says(200, POD)]) as api, Session(api.config, slow) as session:
        bucket = session._sender._bucket
        for _ in range(3):
            await session.get(PODS, KEY)

    assert bucket is not None
    assert bucket.take(0) <= 1 / 50
    assert bucket.take(50) > 0.9
