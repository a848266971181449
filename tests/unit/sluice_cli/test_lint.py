import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice_cli.main import main

Write = Callable[..., str]

GOOD = "{name: a, action: log, with: {message: hi}}"
ODD = "{name: b, action: log, credential: smtp, with: {message: hi}}"
BAD = "{name: c, action: lgo, with: {message: hi}}"

CODES = {
    "clean": ([GOOD], [], 0),
    "clean and strict": ([GOOD], ["--strict"], 0),
    "warnings": ([ODD], [], 0),
    "warnings and strict": ([ODD], ["--strict"], 1),
    "errors": ([BAD], [], 2),
    "errors and warnings and strict": ([ODD, BAD], ["--strict"], 2),
}


@pytest.mark.parametrize(("steps", "options", "code"), CODES.values(), ids=CODES)
def test_exit_codes(write: Write, steps: list[str], options: list[str], code: int) -> None:
    assert main(["lint", write(*steps), *options]) == code


def test_a_message_has_file_line_severity_step_path_and_type(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(GOOD, BAD)

    main(["lint", file])

    assert capsys.readouterr().out == (
        f"{file}:9: error: step c: steps[1].action: no action is named 'lgo'; "
        "did you mean 'log'? [UnknownAction]\n"
    )


def test_the_line_is_that_of_the_field(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(GOOD, "name: b\n    action: log\n    with:\n      message: |\n        {{ nope }}")

    main(["lint", file])

    assert capsys.readouterr().out.startswith(f"{file}:12: error: step b: steps[1].with.message: ")


SCHEDULED = """\
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: demo}
spec:
  triggers: [{name: t, schedule: {%s}}]
  steps:
"""
IMPOSSIBLE = {
    "as the API server sees it too": ('cron: "0 0 31 2 *"', "cron"),
    "among others": ('crons: ["0 9 * * *", "0 0 30 feb *"]', "crons[1]"),
    "written so that only we see it": ('cron: "0 0 31,30 2 *"', "cron"),
}


@pytest.mark.parametrize(("schedule", "field"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_day_that_never_comes_is_said_once(
    write: Write, capsys: pytest.CaptureFixture[str], schedule: str, field: str
) -> None:
    main(["lint", write(GOOD, head=SCHEDULED % schedule)])

    [said] = capsys.readouterr().out.splitlines()
    assert f": error: triggers[0].schedule.{field}: " in said
    assert "there is no such day" in said


def test_json_for_programs(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(BAD)

    code = main(["lint", file, "-o", "json"])

    [found] = json.loads(capsys.readouterr().out)
    assert code == 2
    assert (found["file"], found["line"], found["severity"]) == (file, 8, "error")
    assert (found["type"], found["step"]) == ("UnknownAction", "c")
    assert (found["path"], found["hint"]) == ("steps[0].action", "did you mean 'log'?")


def test_json_of_a_clean_file_is_an_empty_list(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["lint", write(GOOD), "-o", "json"])

    assert json.loads(capsys.readouterr().out) == []


def test_all_files_and_all_documents_are_checked(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    one = write(BAD, name="one.yaml")
    two = write(GOOD, name="two.yaml")
    text = Path(two).read_text()
    bad = text.replace("action: log", "action: lgo")
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
    Path(two).write_text(f"---\n{text}---\n{other}---\n{bad}---\n")

    code = main(["lint", one, two])

    lines = capsys.readouterr().out.splitlines()
    assert code == 2
    assert [line.split(": ")[0] for line in lines] == [f"{one}:8", f"{two}:22"]


def test_objects_of_our_other_kinds_are_checked_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "apiVersion: sluice.dev/v1alpha1\nkind: WorkflowRun\nmetadata: {name: r}\n"
        "spec:\n  workflow: demo\n  inptus: {n: 1}\n"
    )

    code = main(["lint", str(file)])

    assert code == 2
    assert capsys.readouterr().out == (
        f"{file}:6: error: inptus: there is no field 'inptus'; did you mean 'inputs'? "
        "[UnknownField]\n"
    )


UNREADABLE = {
    "no YAML": ("a: [", "flow.yaml:1: expected the node content, but found '<stream end>'"),
    "a list": ("- a", "flow.yaml:1: not an object"),
    "a key that is given twice": ("a: 1\nb: {c: 1, c: 2}", "flow.yaml:2: 'c' is given twice"),
    "nothing of ours": ("kind: Pod", "flow.yaml: there is no object of a kind of Sluice in it"),
    "nothing": ("", "flow.yaml: there is no object of a kind of Sluice in it"),
    "a bomb of aliases": (
        "a: &a [x]\nb: [" + ", ".join(["*a"] * 101) + "]",
        "flow.yaml: no YAML: 101 aliases; at most 100 are read",
    ),
    "a tag of Python": (
        "kind: !!python/object/apply:os.system [id]",
        (
            "flow.yaml:1: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.system'"
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text(text)

    code = main(["lint", str(file)])

    assert code == 2
    assert capsys.readouterr().err == f"error: {tmp_path}/{message}\n"


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "/nope/flow.yaml"]) == 2
    assert capsys.readouterr().err == "error: /nope/flow.yaml: No such file or directory\n"


def test_bytes_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flow.yaml"
    file.write_bytes(b"kind: \xff")

    assert main(["lint", str(file)]) == 2
    assert capsys.readouterr().err == f"error: {file}: not UTF-8 at byte 6\n"


def test_times_stay_text_as_in_json(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    file = write("{name: a, action: wait, with: {until: 2026-01-31T09:00:00Z}}")

    assert main(["lint", file]) == 0
    assert capsys.readouterr().out == ""


OWN = """\
apiVersion: sluice.dev/v1alpha1
kind: WorkflowAction
metadata: {name: remind}
spec:
  http: {url: "https://api.example.com/{{ config.invoice }}"}
  config: {type: object, required: [invoice]}
"""


def test_actions_in_the_same_files_may_be_named(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = write("{name: a, action: remind, with: {invoice: 5}}")
    (tmp_path / "remind.yaml").write_text(OWN)

    alone, together = main(["lint", flow]), main(["lint", flow, str(tmp_path / "remind.yaml")])

    assert (alone, together) == (2, 0)
    assert "no action is named 'remind'" in capsys.readouterr().out


def test_what_is_wrong_with_an_action_is_said_at_its_line_and_where_it_is_used(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow, remind = write("{name: a, action: remind}"), tmp_path / "remind.yaml"
    remind.write_text(OWN.replace("config.invoice }}", "confg }}"))

    code = main(["lint", flow, str(remind)])

    said = capsys.readouterr().out
    assert code == 2
    assert f"{remind}:5: error: http.url: there is no 'confg'; did you mean 'config'?" in said
    assert "the WorkflowAction remind cannot be used: http.url: there is no 'confg'" in said
