"""docs/custom-resources.md is what the models say."""

from pathlib import Path

from sluice_core.catalog import page
from sluice_core.crd import reference

PAGE = Path(__file__).parents[3] / "docs" / "custom-resources.md"


def test_the_page_equals_the_models() -> None:
    assert PAGE.read_text("utf-8") == reference.rendered()


def test_a_row_tells_type_bounds_default_and_meaning() -> None:
    rows = reference.rendered().splitlines()

    assert (
        "| `spec.history.successfulRuns` | integer 0 to 1000 | `20` | Succeeded runs to keep. |"
        in rows
    )
    assert "| `spec.title` | text ≤ 250 |  | What people call the workflow. |" in rows
    assert any(row.startswith("| `spec.tags` | list ≤ 50 of text ≤ 63 |") for row in rows)
    assert any(row.startswith("| `spec.state` | `Draft`, `Active`, ") for row in rows)


def test_the_page_about_actions_equals_the_catalogue() -> None:
    found = PAGE.with_name("actions.md").read_text("utf-8")

    assert found == page.rendered(), "run `make crds`"
