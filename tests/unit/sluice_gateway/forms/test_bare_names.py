"""Names that stand alone in a template mean the data."""

from typing import Any

import pytest

from sluice_gateway.forms.bare_names import qualified

CASES: dict[str, tuple[Any, Any]] = {
    "a name alone": ("No. {{number}}", "No. {{data.number}}"),
    "the first of a path": ("{{ a.b.a }}", "{{ data.a.b.a }}"),
    "not what templates see anyway": ("{{ steps.x.output }} {{ now }}",) * 2,
    "not a filter, a test or a keyword argument": (
        "{{ a | default(b, boolean=1) }}{{ a is defined }}{{ a is not none }}",
        "{{ data.a | default(data.b, boolean=1) }}{{ data.a is defined }}{{ data.a is not none }}",
    ),
    "not a variable of a loop": (
        "{% for row in rows %}{{ row.n }}{{ loop.index }}{% endfor %}",
        "{% for row in data.rows %}{{ row.n }}{{ loop.index }}{% endfor %}",
    ),
    "not what the template sets": ("{% set a = b %}{{ a }}", "{% set a = data.b %}{{ a }}"),
    "not a key or a text": ("{{ {'a': b}['a'] }}", "{{ {'a': data.b}['a'] }}"),
    "deep in a value": ({"x": [{"y": "{{ a }}"}]}, {"x": [{"y": "{{ data.a }}"}]}),
    "nothing in a text without templates": ("a b", "a b"),
    "nothing in what does not parse": ("{{ a", "{{ a"),
    "no number, no null": ([1, None, True], [1, None, True]),
}


@pytest.mark.parametrize(("given", "wanted"), CASES.values(), ids=CASES)
def test_bare_names(given: Any, wanted: Any) -> None:
    assert qualified(given) == wanted
