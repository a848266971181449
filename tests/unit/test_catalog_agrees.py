"""The catalogue and the runner's table are two views of the same actions."""

import pytest

from sluice_core.catalog import CATALOG
from sluice_runner.actions import ACTIONS


def test_each_row_of_the_catalogue_has_one_implementation_and_no_other_exists() -> None:
    assert {name: action.type for name, action in ACTIONS.items()} == dict(CATALOG)


@pytest.mark.parametrize("name", CATALOG)
def test_a_sample_is_valid(name: str) -> None:
    row = CATALOG[name]

    params = row.params.model_validate(row.sample)

    assert params.model_dump(mode="json", by_alias=True, exclude_unset=True) == row.sample


@pytest.mark.parametrize("name", CATALOG)
def test_a_row_has_a_schema_that_refuses_what_it_does_not_know(name: str) -> None:
    schema = CATALOG[name].params.model_json_schema(by_alias=True)

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
