"""What templates render to, through a real sandbox process."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from sluice_core.template_rules import is_template
from sluice_runner.templating.limits import TemplateFailed
from sluice_runner.templating.renderer import Renderer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT: dict[str, JsonValue] = {
    "inputs": {"day": "2026-01-02", "n": 3, "items": [1, 2], "on": True, "none": None},
    "steps": {"orders": {"output": {"rows": [{"id": 1, "d": "b"}, {"id": 2, "d": "a"}]}}},
    "now": "2026-01-02T03:04:05Z",
}

CASES: dict[str, tuple[JsonValue, JsonValue]] = {
    "text without a template stays": ("plain { text }", "plain { text }"),
    "a lone expression keeps a number": ("{{ inputs.n }}", 3),
    "a lone expression keeps a list": ("{{ inputs['items'] }}", [1, 2]),
    "a lone expression keeps true": ("{{ inputs.n > 2 }}", True),
    "a lone expression keeps null": ("{{ inputs.none }}", None),
    "white space around it makes it text": (" {{ inputs.n }}", " 3"),
    "two expressions are text": ("{{ inputs.n }}{{ inputs.n }}", "33"),
    "data inside text is JSON": ("{{ inputs }}!", "INPUTS!"),
    "a key wins over a method of its name": ("{{ inputs.items }}", [1, 2]),
    "a method can still be called": ("{{ inputs.keys()|first }}", "day"),
    "a loop knows where it is": (
        "{% for r in steps.orders.output.rows %}{{ loop.index }}={{ r.id }};{% endfor %}",
        "1=1;2=2;",
    ),
    "filters work on attributes": (
        "{{ steps.orders.output.rows|sort(attribute='d')|map(attribute='id')|list }}",
        [2, 1],
    ),
    "groups come in pairs": (
        "{% for d, r in steps.orders.output.rows|groupby('d') %}{{ d }}{{ r|length }}{% endfor %}",
        "a1b1",
    ),
    "missing data can have a default": ("{{ inputs.customer.name|default('-') }}", "-"),
    "an if without else is empty": ("[{{ 'x' if not inputs.on }}]", "[]"),
    "a namespace carries a sum out of a loop": (
        "{%set n = namespace(x=0)%}{% for i in [1, 2] %}{% set n.x = n.x + i %}{% endfor %}{{n.x}}",
        "3",
    ),
    "dates are formatted": ("{{ now|dateformat('%d.%m.%Y') }}", "02.01.2026"),
    "dates are added to": ("{{ inputs.day|dateadd(days=31)|dateformat }}", "2026-02-02"),
    "JSON is read": ("{{ '[1, {}]'|fromjson }}", [1, {}]),
    "a trailing line feed stays": ("a{{ inputs.n }}\n", "a3\n"),
    "structure and keys stay": (
        {"{{ k }}": ["{{ inputs.n }}", 1, None, {"a": "b{{ inputs.n }}"}]},
        {"{{ k }}": [3, 1, None, {"a": "b3"}]},
    ),
}

FAILURES: dict[str, tuple[JsonValue, str, str, str]] = {
    "undefined names the variable and the place": (
        {"headers": {"X-A": "{{ inputs.nope.x }}"}},
        "Undefined",
        "with.headers.X-A",
        "'inputs.nope' is undefined",
    ),
    "an index in a list is part of the place": (
        ["a", "{{ nope }}"], "Undefined", "with[1]", "nope",
    ),
    "a syntax error names its line": ("\n{{ a b }}", "Syntax", "with", "line 2"),
    "an unknown filter has a suggestion": ("{{ 1|uper }}", "Syntax", "with", "'upper'"),
    "text and numbers do not add up": ("{{ 'a' + 1 }}", "WrongValue", "with", "text and a number"),
    "infinity is not JSON": ("{{ 1e308 * 10 }}", "NotJson", "with", "infinite"),
    "neither is half a surrogate pair": ("{{ '\\ud800' }}", "NotJson", "with", "surrogate"),
    "nor a function": ("{{ [range] }}", "NotJson", "with", "not data"),
    "the limit of loops has its number": (
        "{% for a in range(300) %}{% endfor %}" * 2, "LoopLimit", "with", "500",
    ),
    "the limit of output has its number": (
        "a{{ 'a' * 262144 }}", "OutputTooLarge", "with", "262144",
    ),
    "the limit of the source has its number": (
        "{{ 1 }}" * 10_000, "SourceTooLong", "with", "65536",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), CASES.values(), ids=CASES)
async def test_it_renders(renderer: Renderer, value: JsonValue, expected: JsonValue) -> None:
    rendered = await renderer.render(value, CONTEXT)

    if expected == "INPUTS!":
        expected = '{"day":"2026-01-02","n":3,"items":[1,2],"on":true,"none":null}!'
    assert rendered == expected
    assert type(rendered) is type(expected)


@pytest.mark.parametrize(("value", "kind", "path", "part"), FAILURES.values(), ids=FAILURES)
async def test_it_fails_in_words(
    renderer: Renderer, value: JsonValue, kind: str, path: str, part: str
) -> None:
    with pytest.raises(TemplateFailed) as failed:
        await renderer.render(value, CONTEXT)

    assert (failed.value.kind, failed.value.path) == (kind, path)
    assert part in failed.value.message


async def test_templates_in_data_are_not_rendered(renderer: Renderer) -> None:
    rendered = await renderer.render("{{ inputs.x }}!", {"inputs": {"x": "{{ 1 }}"}})

    assert rendered == "{{ 1 }}!"


async def test_a_context_too_large_is_refused_before_it_travels(renderer: Renderer) -> None:
    with pytest.raises(TemplateFailed) as failed:
        await renderer.render("{{ x|length }}", {"x": "a" * (16 * 1024 * 1024)})

    assert failed.value.kind == "InputTooLarge"


async def test_a_cancelled_render_leaves_no_busy_process(renderer: Renderer) -> None:
    doubling = "{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}"
    endless = (
        "{% set n = namespace(x=[1], y=[1]) %}{% for a in range(60) %}"
        + doubling
        + "{% endfor %}{{ n.x == n.y }}"
    )
    assert await renderer.render("{{ 1 }}", {}) == 1
    zygote = renderer._pool._nursery._zygote
    assert zygote is not None
    busy = asyncio.create_task(renderer.render(endless, {}))
    await until(lambda: bool(running_children(zygote.pid)))

    busy.cancel()

    with pytest.raises(asyncio.CancelledError):
        await busy
    await until(lambda: not running_children(zygote.pid))
    assert await renderer.render("{{ 2 }}", {}) == 2


async def test_a_sandbox_has_no_files_no_environment_and_one_socket(renderer: Renderer) -> None:
    assert await renderer.render("{{ 1 }}", {}) == 1
    zygote = renderer._pool._nursery._zygote
    assert zygote is not None

    process = Path(f"/proc/{children_of(zygote.pid)[0]}")

    assert len(os.listdir(process / "fd")) == 1  # noqa: PTH208 - only the count
    assert (process / "environ").read_bytes() == b""
    limits = (process / "limits").read_text()
    assert "Max open files            0                    0" in limits
    assert "Max processes             0                    0" in limits


async def test_a_dead_zygote_is_replaced() -> None:
    async with Renderer() as renderer:
        assert await renderer.render("{{ 1 }}", {}) == 1
        zygote = renderer._pool._nursery._zygote
        assert zygote is not None
        zygote.kill()
        zygote.wait()

        for _ in range(4):
            assert await renderer.render("{{ 2 }}", {}) == 2


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
RELAXED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@RELAXED
@given(value=JSON)
async def test_any_value_passes_through_an_expression(renderer: Renderer, value: JsonValue) -> None:
    rendered = await renderer.render({"a": "{{ inputs.x }}"}, {"inputs": {"x": value}})

    assert rendered == {"a": value}
    assert repr(rendered) == repr({"a": value})


@RELAXED
@given(value=JSON.filter(lambda value: not is_template(repr(value))))
async def test_data_without_templates_is_itself(renderer: Renderer, value: JsonValue) -> None:
    assert await renderer.render(value, {}) is value


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(1):
        while not holds():  # noqa: ASYNC110 - another process's state has no event
            await asyncio.sleep(0.005)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def running_children(pid: int) -> list[int]:
    states = {child: Path(f"/proc/{child}/stat").read_text() for child in children_of(pid)}
    return [child for child, stat in states.items() if stat.rsplit(")", 1)[1].split()[0] == "R"]
