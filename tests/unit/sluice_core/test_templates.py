"""What validation finds in a template without rendering it."""

import pytest

from sluice_core import templates

GOOD = {
    "plain text": "no template",
    "an expression": "{{ inputs.day }}",
    "a loop with a condition": "{% for r in rows if r.ok %}{{ loop.index }}{% else %}-{% endfor %}",
    "set, with, filter, raw": "{% set a = 1 %}{% with b = a %}{{ b }}{% endwith %}"
    "{% filter upper %}x{% endfilter %}{% raw %}{{ x }}{% endraw %}",
    "methods of data": "{{ inputs.items() }}{{ name.upper() }}{{ loop.cycle('a', 'b') }}",
    "a key with one underscore": "{{ data._id }}",
}

BAD = {
    "an unclosed tag": ("a\n{{ x", "Syntax", 2, "end of print statement"),
    "an unknown tag": ("{% do x %}", "Syntax", 1, "'do'"),
    "an unknown filter": ("{{ x|uper }}", "Syntax", 1, "did you mean 'upper'?"),
    "an unknown test": ("{{ x is definde }}", "Syntax", 1, "did you mean 'defined'?"),
    "an unknown function": ("{{ rnage(3) }}", "Forbidden", 1, "did you mean 'range'?"),
    "an unknown method": ("{{ x.uper() }}", "Forbidden", 1, "did you mean 'upper'?"),
    "a macro": ("{% macro a() %}{% endmacro %}", "Forbidden", 1, "'macro'"),
    "a block": ("{% block a %}{% endblock %}", "Forbidden", 1, "'block'"),
    "an import": ("{% import 'a' as a %}", "Forbidden", 1, "'import'"),
    "an include": ("{% include 'a' %}", "Forbidden", 1, "'include'"),
    "a parent": ("{% extends 'a' %}", "Forbidden", 1, "'extends'"),
    "a recursive loop": ("{% for a in b recursive %}{% endfor %}", "Forbidden", 1, "recursive"),
    "a name of Python's": ("{{ x.__class__ }}", "Forbidden", 1, "__class__"),
    "a name of Jinja's": ("{{ self }}", "Forbidden", 1, "self"),
    "arguments from a list": ("{{ range(*x) }}", "Forbidden", 1, "*"),
    "a call of a result": ("{{ (a or b)() }}", "Forbidden", 1, "only functions"),
    "a number beyond JSON": ("{{ 0x" + "f" * 20 + " }}", "Syntax", 1, "64 bits"),
    "a number without end": ("{{ " + "9" * 5000 + " }}", "Syntax", 1, "digits"),
    "an infinite number": ("{{ 1e999 }}", "Syntax", 1, "too large"),
    "brackets without end": ("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "TooDeep", 1, "50"),
    "a chain without end": ("{{ 1" + " + 1" * 60 + " }}", "TooDeep", 1, "50"),
    "loops in loops": ("{% for a in b %}" * 11 + "{% endfor %}" * 11, "TooDeep", 1, "10"),
    "too long a source": ("x" * 65_537, "SourceTooLong", 1, "65536"),
    "too many parts": ("{{a}}" * 13_000, "SourceTooLong", 1, "10000"),
}

REFERENCES = {
    "a dotted path, whole": ("{{ steps.orders.output.rows }}", {"steps.orders.output.rows"}),
    "a quoted key": ("{{ steps['my-step'].output }}", {"steps.my-step.output"}),
    "up to a computed key, which counts itself": (
        "{{ steps[inputs.which].output }}",
        {"steps", "inputs.which"},
    ),
    "up to an index": ("{{ data.rows[0].id }}", {"data.rows"}),
    "without a method's name": ("{{ inputs.day.upper() }}", {"inputs.day"}),
    "not what a loop names": (
        "{% for r in data.rows %}{{ r.id }}{{ loop.index }}{% endfor %}", {"data.rows"},
    ),
    "not what the template sets": ("{% set a = item.x %}{{ a.y }}", {"item.x"}),
    "not functions": ("{{ range(inputs.n) }}", {"inputs.n"}),
    "arguments of filters": ("{{ a|default(b.c) }}", {"a", "b.c"}),
}  # fmt: skip


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_nothing_is_wrong_with(source: str) -> None:
    assert templates.check(source) == []


@pytest.mark.parametrize(("source", "kind", "line", "part"), BAD.values(), ids=BAD)
def test_refused(source: str, kind: str, line: int, part: str) -> None:
    problem = templates.check(source)[0]

    assert (problem.kind, problem.line) == (kind, line)
    assert part in problem.message


def test_all_problems_are_told_in_the_order_of_lines() -> None:
    problems = templates.check("{{ a|uper }}\n{{ self }}\n{{ b|lowr }}")

    assert [problem.line for problem in problems] == [1, 2, 3]


@pytest.mark.parametrize(("source", "paths"), REFERENCES.values(), ids=REFERENCES)
def test_references(source: str, paths: set[str]) -> None:
    assert templates.references(source) == paths


def test_only_text_with_a_tag_is_a_template() -> None:
    texts = ["{{ a }}", "{% if a %}", "{# a #}", "{ a }", "a }}", ""]

    assert [templates.is_template(text) for text in texts] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
