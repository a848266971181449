"""Which events a trigger answers to, and why it does not."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import events
from sluice_core.api.triggers import Event
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.validation.check import check

EVENT: dict[str, Any] = {
    "id": "7",
    "source": "platform",
    "type": "document.uploaded",
    "data": {"file_type": "pdf", "pages": 3, "tags": ["a", "b"], "owner": None, "draft": True},
}


def refusal(event: Any = None, **trigger: Any) -> str | None:
    said = {"type": "document.uploaded", **trigger}
    return events.Match(event or EVENT).refusal(Event.model_validate(said))


MATCHES: dict[str, dict[str, Any]] = {
    "the type alone": {},
    "a value": {"match": {"data.file_type": "pdf"}},
    "a number, however it is written": {"match": {"data.pages": 3.0}},
    "null": {"match": {"data.owner": None}},
    "a place in a list": {"match": {"data.tags.1": "b"}},
    "a whole list": {"match": {"data.tags": ["a", "b"]}},
    "what is beside the data": {"match": {"source": "platform"}},
    "a comparison": {"filter": "event.data.pages < 100"},
    "has": {"filter": "!has(event.data.size) && event.data.file_type in ['pdf', 'png']"},
    "a function of a text": {"filter": "event.data.file_type.startsWith('p')"},
    "both": {"match": {"data.pages": 3}, "filter": "size(event.data.tags) == 2"},
    "a time": {"filter": "timestamp('2026-01-01T00:00:00Z').getFullYear() == 2026"},
    "a text that names a macro": {"filter": "event.data.file_type != 'a map of all'"},
}


@pytest.mark.parametrize("trigger", MATCHES.values(), ids=MATCHES)
def test_matches(trigger: dict[str, Any]) -> None:
    assert refusal(**trigger) is None


MISSES: dict[str, tuple[dict[str, Any], str]] = {
    "another type": ({"type": "document.processed"}, "it waits for document.processed"),
    "another value": ({"match": {"data.file_type": "png"}}, "match: data.file_type has another"),
    "true is not 1": ({"match": {"data.draft": 1}}, "match: data.draft has another"),
    "a text is not a number": ({"match": {"data.pages": "3"}}, "match: data.pages has another"),
    "nothing there": ({"match": {"data.size": None}}, "match: the event has no data.size"),
    "beyond a list": ({"match": {"data.tags.2": "b"}}, "match: the event has no data.tags.2"),
    "into a text": ({"match": {"type.0": "d"}}, "match: the event has no type.0"),
    "false": ({"filter": "event.data.pages > 100"}, "filter: it is false"),
    "no truth value": ({"filter": "event.data.pages"}, "filter: it is not true or false"),
    "a missing field": ({"filter": "event.data.size > 1"}, "filter: the event has no size"),
    "types that do not compare": ({"filter": "event.data.pages + 'x' == 'y'"}, "filter: No such"),
    "division by zero": ({"filter": "1 / (event.data.pages - 3) > 0"}, "filter: division by zero"),
    "does not compile": ({"filter": "event.data.pages <"}, "filter: at 19: mismatched input"),
}


@pytest.mark.parametrize(("trigger", "reason"), MISSES.values(), ids=MISSES)
def test_does_not_match_and_says_why(trigger: dict[str, Any], reason: str) -> None:
    assert (refusal(**trigger) or "").startswith(reason)


BAD: dict[str, tuple[str, str]] = {
    "cut off": ("event.data.pages <", "at 19"),
    "an unknown name": ("data.pages < 100", "there is no 'data', a filter sees 'event' alone"),
    "an unknown function": ("lower(event.type) == 'a'", "the function 'lower' is not available"),
    "a regular expression": ("event.type.matches('a+')", "the function 'matches'"),
    "a loop": ("event.data.tags.all(x, x != '')", "all(…) is not available"),
    "a loop with a comment in between": (
        "event.data.tags.exists // really\n (x, true)",
        "exists(…) is not available",
    ),
    "a loop that hides its variable": ("event.data.tags.map(event, 1) == []", "map(…)"),
    "a bound name": ("cel.bind(x, event, x == 1)", "there is no 'cel'"),
    "deeper than the parser goes": ("(" * 400 + "true" + ")" * 400, "at"),
}


@pytest.mark.parametrize(("source", "message"), BAD.values(), ids=BAD)
def test_a_filter_that_cannot_be_used_is_found_before_it_is(source: str, message: str) -> None:
    trigger = {"name": "up", "event": {"type": "x", "filter": source}}
    step = {"name": "a", "action": "log", "with": {"message": "x"}}
    spec = WorkflowSpec.model_validate({"triggers": [trigger], "steps": [step]})

    [finding] = check(spec).errors

    assert (finding.type, finding.path) == ("InvalidValue", "triggers[0].event.filter")
    assert finding.message.startswith(message)


def test_a_runner_does_not_need_the_library() -> None:
    code = "import sys, sluice_core.validation; sys.exit('cel' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
paths = st.lists(st.text("ab01.", max_size=3), min_size=1, max_size=4).map(".".join)


@given(json)
def test_a_value_is_the_same_as_itself_and_matches_itself(value: Any) -> None:
    event = {"type": "document.uploaded", "data": value}

    assert events.same(value, value)
    assert refusal(event, match={"data": value}) is None
    assert refusal(event, filter="event.data == event.data") is None


@given(json, json)
def test_same_is_symmetric_and_tells_types_apart(one: Any, other: Any) -> None:
    assert events.same(one, other) == events.same(other, one)
    assert not events.same(one, [one])


@given(json, paths, json)
def test_no_path_is_beyond_the_matcher(data: Any, path: str, wanted: Any) -> None:
    event = {"type": "document.uploaded", "data": data}

    said = refusal(event, match={f"data.{path}": wanted})

    assert said is None or said.startswith("match: ")


@given(st.text("event.data()[]{}?:&|!=<>+-*/%'\"0123456789abin \n,", min_size=1, max_size=60))
def test_no_expression_is_beyond_the_matcher(source: str) -> None:
    said = refusal(filter=source)

    assert (events.problem(source) == "") or (said or "").startswith("filter: ")
