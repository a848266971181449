"""The environment as settings."""

import pytest
from pydantic import ValidationError

from sluice_gateway.settings import Settings

WRONG = {
    "SLUICE_HEAD_SECONDS": "0",
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
    assert Settings.of({"SLUICE_MAX_WAITERS": "", "MAX_WAITERS": "1"}).max_waiters == 1000


def test_where_it_listens_and_how_it_ends_are_not_of_the_environment() -> None:
    assert Settings.of({"SLUICE_PORT": "1", "SLUICE_DRAIN_SECONDS": "25"}) == Settings()


def test_audiences_are_separated_by_commas() -> None:
    settings = Settings.of({"SLUICE_AUDIENCES": "https://a.example, b,"})

    assert settings.audiences == ("https://a.example", "b")


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_meant_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match=name.removeprefix("SLUICE_").lower()):
        Settings.of({name: WRONG[name]})
