"""The environment as settings."""

import pytest
from pydantic import ValidationError

from sluice_gateway.settings import Settings

WRONG = {
    "SLUICE_PORT": "0",
    "SLUICE_MAX_WAITERS": "many",
    "SLUICE_SYNC_SECONDS": "301",
    "SLUICE_REVIEW_SECONDS": "11",
    "SLUICE_LOG_LEVEL": "loud",
}


def test_an_empty_environment_has_defaults() -> None:
    settings = Settings.of({})

    assert (settings.port, settings.cluster_domain, settings.audiences) == (
        8080,
        "cluster.local",
        (),
    )


def test_an_empty_value_counts_as_absent() -> None:
    assert Settings.of({"SLUICE_PORT": "", "PORT": "1"}).port == 8080


def test_audiences_are_separated_by_commas() -> None:
    settings = Settings.of({"SLUICE_AUDIENCES": "https://a.example, b,"})

    assert settings.audiences == ("https://a.example", "b")


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_meant_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match=name.removeprefix("SLUICE_").lower()):
        Settings.of({name: WRONG[name]})
