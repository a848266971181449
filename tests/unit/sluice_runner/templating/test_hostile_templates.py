"""Two corpora of templates that must not get through: escapes, and bombs."""

import asyncio
import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from sluice_runner.templating.limits import TemplateFailed
from sluice_runner.templating.renderer import Renderer


def corpus(name: str) -> list[str]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


pytestmark = pytest.mark.asyncio(loop_scope="module")

ESCAPES = corpus("escapes.txt")
BOMBS = [tuple(line.split(" ", 1)) for line in corpus("bombs.txt")]
SLOW = ("TimeLimit", "MemoryLimit")

INTERNALS = re.compile(
    r"<class|<function|<built-in|<bound|<module|object at 0x|0x[0-9a-f]{6}|root:"
    r"|/usr/|site-packages|subprocess|Traceback|uid=\d"
)
HARMLESS = {"{{ inputs.get('__class__') }}": None}
CONTEXT: dict[str, JsonValue] = {
    "inputs": {"evil": "__class__", "n": 1},
    "text": "{0.__class__}",
    "x": {},
}


def nested(depth: int) -> JsonValue:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    return value


HEAVY: dict[str, JsonValue] = {
    "rows": list(range(2000)),
    "long": "a" * 100_000,
    "deep": nested(150),
    "x": {},
}


async def test_the_corpora_are_as_large_as_promised() -> None:
    assert len(set(ESCAPES)) >= 60
    assert len(set(BOMBS)) >= 40


async def test_no_escape_shows_anything_of_python(renderer: Renderer) -> None:
    shown: dict[str, str] = {}
    for source in ESCAPES:
        try:
            shown[source] = str(await renderer.render(source, CONTEXT))
        except TemplateFailed as failure:
            shown[source] = str(failure)

    assert not [source for source, text in shown.items() if "ProcessDied" in text]
    assert {source: text for source, text in shown.items() if INTERNALS.search(text)} == {}


async def test_few_escapes_render_at_all_and_then_only_their_own_data(renderer: Renderer) -> None:
    rendered: dict[str, JsonValue] = {}
    for source in ESCAPES:
        try:
            rendered[source] = await renderer.render(source, CONTEXT)
        except TemplateFailed:
            continue

    assert rendered == HARMLESS


@pytest.mark.parametrize(
    ("kind", "source"), BOMBS, ids=[f"{kind} {source[:60]}" for kind, source in BOMBS]
)
async def test_a_bomb_ends_in_the_error_of_its_limit(
    renderer: Renderer, kind: str, source: str
) -> None:
    with pytest.raises(TemplateFailed) as failed:
        await renderer.render(source, HEAVY)

    assert failed.value.kind == kind
    assert failed.value.path == "with"


OWNERS = {"one run": 1, "many runs": 24}


@pytest.mark.parametrize("owners", OWNERS.values(), ids=OWNERS)
async def test_a_benign_template_of_another_run_is_done_while_bombs_still_burn(owners: int) -> None:
    """However many there are: behind three times as many as have room at once."""
    slow = [source for kind, source in BOMBS if kind == "TimeLimit"] * 8
    async with Renderer(time_seconds=0.2) as renderer:
        runs = [renderer.of(f"run-{number % owners}") for number in range(len(slow))]
        bombs = [
            asyncio.create_task(run.render(source, HEAVY))
            for run, source in zip(runs, slow, strict=True)
        ]
        await asyncio.sleep(0)

        answers = [
            await renderer.of("other").render("{{ x.y }}", {"x": {"y": n}}) for n in range(3)
        ]

        burning = [bomb for bomb in bombs if not bomb.done()]
        results = await asyncio.gather(*bombs, return_exceptions=True)
    assert answers == [0, 1, 2]
    assert len(burning) > len(slow) / 2
    assert all(isinstance(result, TemplateFailed) for result in results)
