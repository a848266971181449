"""examples/business lints, and its README tells of every action."""

from pathlib import Path

import pytest

from sluice_cli.main import main

FOLDER = Path(__file__).parents[2] / "examples" / "business"


def test_there_is_nothing_to_complain_of(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in sorted(FOLDER.rglob("*.yaml"))]

    code = main(["lint", "--strict", *files])

    assert (code, capsys.readouterr().out) == (0, "")


def test_a_summary_that_nobody_delivers_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (FOLDER / "forms-digest.yaml").read_text()
    alone = tmp_path / "alone.yaml"
    alone.write_text(text[: text.index("  - name: mail")])

    code = main(["lint", str(alone), str(FOLDER / "actions" / "forms-submission-digest.yaml")])

    assert code == 2
    assert "step digest: steps[0].action: forms-submission-digest must be paired" in (
        capsys.readouterr().out
    )


def test_the_page_tells_of_every_action() -> None:
    page = (FOLDER / "README.md").read_text()

    assert [one.stem for one in (FOLDER / "actions").iterdir() if one.stem not in page] == []
