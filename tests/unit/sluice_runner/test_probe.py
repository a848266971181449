"""What /readyz sees of the templating probe."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import JsonValue

from sluice_runner.probe import Probe
from sluice_runner.templating.limits import TemplateFailed
from sluice_runner.templating.renderer import Renderer


class Scripted(Renderer):
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
    raise TemplateFailed("ProcessDied", "with.a", "the sandbox process died")


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
    probe = Probe(renderer)

    probing = asyncio.create_task(probe.watch())
    await renderer.asked.wait()
    probing.cancel()

    assert probe.unready().startswith(reason)
    assert bool(probe.unready()) == bool(reason)
