"""What the engine and /readyz see of the templating sandbox."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import JsonValue

from sluice_runner.engine.job import TemplateFailed
from sluice_runner.sandbox import Sandbox
from sluice_runner.templating import renderer as templating


class Scripted(templating.Renderer):
    """Answers as told, without processes."""

    def __init__(self, answer: Callable[[], Awaitable[JsonValue]]) -> None:
        super().__init__()
        self.answer = answer
        self.asked = asyncio.Event()

    async def render(self, *_: object, **__: object) -> JsonValue:
        self.asked.set()
        return await self.answer()


async def two() -> JsonValue:
    return 2


async def dead() -> JsonValue:
    raise templating.TemplateFailed("ProcessDied", "with.a", "the sandbox process died")


async def never() -> JsonValue:
    await asyncio.Event().wait()
    return None


CASES = {
    "one that answers is ready": (two, ""),
    "one that dies is not": (dead, "the renderer does not answer"),
    "one that has not answered yet is not": (never, "the renderer starts"),
}


@pytest.mark.parametrize(("answer", "reason"), CASES.values(), ids=CASES)
async def test_readiness_is_what_the_probe_finds(
    answer: Callable[[], Awaitable[JsonValue]], reason: str
) -> None:
    renderer = Scripted(answer)
    sandbox = Sandbox(renderer)

    probing = asyncio.create_task(sandbox.watch())
    await renderer.asked.wait()
    probing.cancel()

    assert sandbox.unready().startswith(reason)
    assert bool(sandbox.unready()) == bool(reason)


async def test_the_engine_is_told_in_its_own_words() -> None:
    with pytest.raises(TemplateFailed) as failed:
        await Sandbox(Scripted(dead)).render("{{ a }}", {}, "with")

    told = failed.value
    assert (told.kind, told.path, told.message) == (
        "ProcessDied",
        "with.a",
        "the sandbox process died",
    )
