from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from sluice_cli.main import main

Write = Callable[..., str]

STEPS = (
    "{name: get-it, action: http.get, with: {url: https://example.com}}",
    '{name: check, action: condition, with: {if: "{{ data.body }}"}}',
    '{name: "yes", title: "a < b & c", action: log, needs: [check.true], with: {message: x}}',
    '{name: "no", action: log, needs: [check.false], with: {message: x}}',
)


def test_text(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    main(["graph", write(*STEPS)])

    assert capsys.readouterr().out.splitlines() == [
        "  1  get-it  (http.get)",
        "  2  check  (condition)  after get-it",
        "  3  yes  (log)  after check.true",
        "  3  no  (log)  after check.false",
    ]


def test_mermaid(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    main(["graph", write(*STEPS), "-o", "mermaid"])

    assert capsys.readouterr().out.splitlines() == [
        "flowchart LR",
        '  s0["get-it<br/>http.get"]',
        '  s1["check<br/>condition"]',
        '  s2["yes<br/>log"]',
        '  s3["no<br/>log"]',
        "  s0 --> s1",
        "  s1 -->|true| s2",
        "  s1 -->|false| s3",
    ]


def test_svg_is_well_formed_and_holds_every_step_once(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["graph", write(*STEPS), "-o", "svg"])

    root = ET.fromstring(capsys.readouterr().out)
    names = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{names}rect")) == 4
    assert len(root.findall(f"{names}path")) == 3
    texts = [element.text for element in root.findall(f"{names}text")]
    assert texts.count("a < b & c") == 1
    assert texts.count("true") == 1


WRONG = {
    "a cycle": ("{name: a, action: log, needs: [a], with: {message: x}}", "a → a"),
    "no such field": ("{name: a, action: log, wiht: {}}", "there is no field 'wiht'"),
}


@pytest.mark.parametrize(("step", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_drawn(
    write: Write, capsys: pytest.CaptureFixture[str], step: str, message: str
) -> None:
    code = main(["graph", write(step)])

    assert code == 2
    assert message in capsys.readouterr().err
