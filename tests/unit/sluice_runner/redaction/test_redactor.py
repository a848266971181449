"""No spelling of a secret gets out, and nothing else is changed."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from pydantic_core import to_json

from sluice_core import plain, wire
from sluice_runner.redaction import MASK, Redactor

SHOWN = f"before {MASK} after"
SECRETS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=4, max_size=60),
    st.text("abcdefghijklmnop0123456789+/=-_", min_size=4, max_size=4000),
).filter(lambda secret: secret not in SHOWN)
ESCAPED = Environment(autoescape=True).from_string("{{ s }}")
SPELT: dict[str, Callable[[str], str]] = {
    "as it is": lambda s: s,
    "base64": lambda s: b64encode(s.encode()).decode(),
    "base64 without its end": lambda s: b64encode(s.encode()).decode().rstrip("="),
    "base64 for URLs": lambda s: urlsafe_b64encode(s.encode()).decode(),
    "a login in base64": lambda s: b64encode(f"user:{s}".encode()).decode(),
    "in base64 after one byte and before three": lambda s: b64encode(f"a{s}xyz".encode()).decode(),
    "in base64 after two bytes and before one": lambda s: b64encode(f"ab{s}x".encode()).decode(),
    "in base64 after three bytes and before two": lambda s: b64encode(
        f"abc{s}xy".encode()
    ).decode(),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "a part of a path": lambda s: quote(s, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "a query": lambda s: urlencode({"key": s}),
    "a query with small letters": lambda s: re.sub(
        "%..", lambda m: m[0].lower(), quote(s, safe="")
    ),
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON with its own letters": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda s: json.dumps(json.dumps(s))[3:-3],
    "JSON in JSON in JSON": lambda s: json.dumps(json.dumps(json.dumps(s)))[7:-7],
    "JSON of Go": lambda s: (
        json.dumps(s, ensure_ascii=False)[1:-1]
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
    ),
    "HTML": html.escape,
    "HTML of templates": lambda s: ESCAPED.render(s=s),
}


def traces(secret: str, text: str) -> list[str]:
    """The ways in which the secret can be read in the text."""
    return [name for name, spell in SPELT.items() if spell(secret) in text]


@pytest.mark.parametrize("spell", SPELT.values(), ids=SPELT)
@settings(max_examples=25, deadline=None)
@given(secret=SECRETS)
def test_a_secret_is_replaced_however_it_is_spelt(spell: Callable[[str], str], secret: str) -> None:
    redactor = Redactor()
    redactor.learn([secret])

    shown = redactor.text(f"before {spell(secret)} after")

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert MASK in shown
    assert traces(secret, shown) == []


@pytest.mark.parametrize("padding", range(6))
def test_in_base64_no_letter_is_left_that_holds_bits_of_it(padding: int) -> None:
    secret, around = "s3cr3t-t0ken", "#" * 9
    redactor = Redactor()
    redactor.learn([secret])
    encoded = b64encode(f"{around[:padding]}{secret}{around}".encode()).decode().rstrip("=")

    before, after = redactor.text(encoded).split(MASK)

    end_of_secret = -(-8 * (padding + len(secret)) // 6)
    assert before == encoded[: 8 * padding // 6]
    assert after == encoded[end_of_secret:]


def test_lines_of_a_key_and_parts_of_an_address_are_secrets_too() -> None:
    redactor = Redactor()
    redactor.learn(
        [
            "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n",
            "https://hooks.example.com/services/T0/B0/abc?sig=0a1b2c3d",
            "postgresql://ada:p%40ssword@db.example.com/orders",
        ]
    )

    said = redactor.text("| MIIEvQIBADANBg | POST hooks.example.com/services/T0/B0/abc | p@ssword")

    assert said == f"| {MASK} | POST hooks.example.com{MASK} | {MASK}"


def test_what_is_too_short_to_be_told_from_words_is_left() -> None:
    redactor = Redactor()
    redactor.learn(["abc", "abcd"])

    assert redactor.text("abc abcd") == f"abc {MASK}"


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    redactor = Redactor()
    redactor.learn(["abcdef", "defghi", "cd-e"])

    assert redactor.text("<abcdefghi>") == f"<{MASK}>"


STEP: dict[str, Any] = {"step": "hunter22", "phase": "Failed", "started": 1, "duration_ms": 1}
EVENTS: dict[str, wire.Happening] = {
    "a line": wire.Log(step="s", message="it is hunter22"),
    "an output": wire.StepFinished(**STEP, output={"a": [{"hunter22": "x"}, "hunter22"]}),
    "what a step was given": wire.StepFinished(**STEP, rendered_output='{"a":"hunter22"}'),
    "numbers about a step": wire.StepFinished(**STEP, result={"id": "hunter22"}),
    "an error": wire.StepFinished(**STEP, error=wire.StepError(reason="X", message="no hunter22")),
    "an entity's error": wire.EntityFinished(
        entity="e", phase="Failed", error=wire.StepError(reason="X", message="hunter22")
    ),
    "a request": wire.Request(request="1", step="s", kind="Publish", body={"data": "hunter22"}),
    "the end": wire.Finished(phase="Failed", reason="X", message="hunter22", output=["hunter22"]),
}


@pytest.mark.parametrize("what", EVENTS.values(), ids=EVENTS)
def test_an_event_is_told_without_it(what: wire.Happening) -> None:
    redactor = Redactor()
    redactor.learn(["hunter22"])

    told = redactor.happening(what)

    raw = to_json(told, exclude={"step"}).decode()
    assert "hunter22" not in raw
    assert MASK in raw


def test_names_of_steps_stay_or_nobody_could_follow_the_run() -> None:
    redactor = Redactor()
    redactor.learn(["load"])

    told = redactor.happening(wire.StepFinished(**{**STEP, "step": "load"}, output="load"))

    assert isinstance(told, wire.StepFinished)
    assert (told.step, told.output) == ("load", MASK)


def test_digits_of_a_secret_are_found_in_numbers() -> None:
    redactor = Redactor()
    redactor.learn(["481516"])

    assert redactor.data({"pin": 481516, "other": 42}) == {"pin": MASK, "other": 42}


@pytest.mark.parametrize("letters", range(1, 12))
def test_a_text_that_was_cut_inside_of_a_secret_does_not_end_with_its_beginning(
    letters: int,
) -> None:
    redactor = Redactor()
    redactor.learn(["tok-0123456789abcdef"])
    message = plain.cut("#" * 40 + "tok-0123456789abcdef" + "#" * 40, 40 + letters + 3)

    told = redactor.happening(wire.Log(step="s", message=message))

    assert isinstance(told, wire.Log)
    assert told.message == "#" * 40 + MASK + "…"


def test_without_secrets_in_it_an_event_is_passed_on_as_it_is() -> None:
    redactor = Redactor()
    redactor.learn(["hunter22"])
    what = wire.StepFinished(**{**STEP, "step": "s"}, output={"rows": [1, "x", None]})

    assert redactor.happening(what) is what


def test_half_a_surrogate_pair_hides_nothing() -> None:
    redactor = Redactor()
    redactor.learn(["hunter22"])

    told = redactor.happening(wire.Log(step="s", message="\ud800 hunter22"))

    assert isinstance(told, wire.Log)
    assert told.message == f"\ud800 {MASK}"
