"""Scriban's templates in our language: what each gives when it is rendered, and what is refused."""

from typing import Any

import pytest

from sluice_core import templates
from sluice_gateway.forms.scriban import Untranslatable, translated
from sluice_runner.templating.renderer import Renderer

DATA = {
    "call": {"name": "fire", "priority": 3, "closed": False, "tags": ["b", "a", "b"]},
    "units": [{"name": "Engine"}, {"name": "Ladder"}],
    "at": "2026-03-01T12:30:00Z",
    "empty": None,
    "n": 7,
}

RENDERED = {
    "a member": ("{{ call.name }}", "fire"),
    "a filter": ("{{ call.name | string.upcase }}", "FIRE"),
    "a chain of filters": ("{{ units | array.map 'name' | array.join '/' }}", "Engine/Ladder"),
    "a function called by name": ("{{ string.replace call.name 'f' 'w' }}", "wire"),
    "an index": ("{{ units[1].name }}", "Ladder"),
    "a condition": ("{{ if call.priority > 2 && !call.closed }}now{{ else }}later{{ end }}", "now"),
    "another condition": ("{{ if n == 1 }}1{{ else if n == 7 }}7{{ else }}-{{ end }}", "7"),
    "a loop": ("{{ for u in units }}{{ for.index }}{{ u.name }} {{ end }}", "0Engine 1Ladder "),
    "space that is stripped": ("a {{- n -}} b", "a7b"),
    "a date": ("{{ at | date.to_string '%d.%m.%Y' }}", "01.03.2026"),
    "a number": ("{{ math.round 2.567 1 }}", "2.6"),
    "arithmetic in its order": ("{{ (n + 1) * 2 - n % 4 }}", "13"),
    "a default": ("{{ empty ?? 'none' }}{{ absent ?? 1 }}", "none1"),
    "a choice": ("{{ n > 5 ? 'many' : 'few' }}", "many"),
    "a variable": ("{{ x = n + 1 }}{{ x }}", "8"),
    "several statements in a block": ("{{ x = 1\n y = 2\n x + y }}", "3"),
    "what looks like a tag of ours": ("{% if %} {# not #} {{ n }}", "{% if %} {# not #} 7"),
    "unique values": ("{{ call.tags | array.uniq | array.join '' }}", "ba"),
    "a part of a list": ("{{ (call.tags | array.limit 2) | array.size }}", "2"),
    "text that holds quotes": ('{{ "it\'s" }}', "it's"),
    "html": ("{{ '<b>' | html.escape }}", "&lt;b&gt;"),
}

REFUSED = {
    "an inclusion": ("{{ include 'x' }}", "line 1: 'include'"),
    "a function of its own": ("a\n{{ func f }}", "line 2: 'func'"),
    "a loop without end": ("\n\n{{ for u in units }}", "line 3: 'for' has no 'end'"),
    "an end of nothing": ("{{ end }}", "'end' ends nothing"),
    "an unknown function": ("{{ n | string.pad_left 5 }}", "there is no 'string.pad_left'"),
    "a filter of ours": ("{{ n | upper }}", "'upper' is no built-in function"),
    "too many arguments": ("{{ n | string.upcase 5 }}", "another number of arguments"),
    "a block that is not closed": ("x {{ n", "'{{' has no '}}'"),
    "an expression that goes on": ("{{ n n }}", "'n' is not expected there"),
    "an expression that stops": ("{{ n + }}", "a value is missing"),
    "a sign that is none": ("{{ n @ 2 }}", "'@' is not of this language"),
    "a value set in a loop": ("{{ for u in units }}{{ x = 1 }}{{ end }}", "set inside a loop"),
    "a word after else": ("{{ if n }}{{ else n }}{{ end }}", "after 'else'"),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("source", "wanted"), RENDERED.values(), ids=RENDERED)
async def test_a_template_gives_what_it_gave(source: str, wanted: str, renderer: Renderer) -> None:
    ours = translated(source)

    assert templates.check(ours) == []
    assert _text(await renderer.render(ours, {"data": DATA})) == wanted


@pytest.mark.parametrize(("source", "why"), REFUSED.values(), ids=REFUSED)
def test_a_template_that_we_cannot_say_is_refused_by_its_line(source: str, why: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translated(source)

    assert why in str(refused.value)


def test_names_stand_under_the_root_that_is_asked_for() -> None:
    assert translated("{{ a.b }}", "trigger.payload") == "{{ trigger.payload.a.b }}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
