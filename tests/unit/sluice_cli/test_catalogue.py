import json
from pathlib import Path

import pytest

from sluice_cli.main import main
from sluice_core.catalog import CATALOG

OWN = """\
apiVersion: sluice.dev/v1alpha1
kind: WorkflowAction
metadata: {name: remind}
spec:
  title: Send a reminder
  description: Reminds of an invoice.
  category: invoicing
  role: Delivers
  http: {url: "https://api.example.com/{{ config.invoice }}"}
  config:
    type: object
    required: [invoice]
    properties:
      invoice: {type: string, description: its number}
      tone: {enum: [friendly, firm], default: firm}
  sample: {invoice: i-1}
  ports: [{name: gone, when: "{{ response.status == 404 }}"}, {name: sent}]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "remind.yaml"
    path.write_text(OWN)
    return str(path)


def test_all_are_listed_a_line_each_those_of_the_users_own_last(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["actions", "-f", file])

    head, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert (code, head) == (0, ["NAME", "CATEGORY", "ROLE", "TITLE"])
    assert {row[0] for row in rows} == {*CATALOG, "remind"}
    assert rows[-1] == ["remind", "invoicing", "delivers", "Send", "a", "reminder"]


def test_one_is_told_in_full(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["actions", "remind", "-f", file])

    assert capsys.readouterr().out == (
        "remind  Send a reminder (invoicing, delivers)\n"
        "\nReminds of an invoice.\n"
        "\nWith:\n"
        "  invoice: text (required; its number)\n"
        "  tone: `friendly`, `firm` (default `firm`)\n"
        "\nPorts: gone, sent\nFailures: Permanent\nSeconds: 60\n"
        "\naction: remind\nwith:\n  invoice: i-1\n"
    )


def test_json_has_the_schema_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    main(["actions", "-o", "json"])

    shown = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert shown.keys() == CATALOG.keys()
    assert shown["switch"]["portsNamedBy"] == ["cases", "default"]
    assert all(one["schema"]["type"] == "object" for one in shown.values())


def test_yaml_is_of_one_too(capsys: pytest.CaptureFixture[str]) -> None:
    main(["actions", "wait", "-o", "yaml"])

    assert capsys.readouterr().out.startswith("- name: wait\n")


def test_one_that_cannot_be_used_says_why(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text(OWN.replace("config.invoice", "data.invoice"))

    main(["actions", "remind", "-f", file])

    assert "Cannot be used: http.url: there is no 'data'; known: config" in capsys.readouterr().out


def test_a_name_that_is_none_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["actions", "http.gett"])

    assert code == 2
    assert capsys.readouterr().err == (
        "error: no action is named 'http.gett'; did you mean 'http.get'?\n"
    )
