import pytest
from pydantic import ValidationError

from sluice_operator import settings

LEAST = {"SLUICE_RUNNER_IMAGE": "runner:1"}


def test_the_environment_is_read_by_the_names_of_the_fields() -> None:
    given = {**LEAST, "SLUICE_DEDUPE_SECONDS": "5", "SLUICE_GATEWAY_PORT": "tcp://x", "PATH": "/"}

    read = settings.load(given)

    assert (read.runner_image, read.dedupe_seconds) == ("runner:1", 5)
    assert read.release_namespace == "sluice-system"


WRONG = {
    "the image is missing": ({}, "runner_image"),
    "a number that is none": ({**LEAST, "SLUICE_PORT": "http"}, "port"),
    "a time below zero": ({**LEAST, "SLUICE_DEDUPE_SECONDS": "-1"}, "dedupe_seconds"),
}


@pytest.mark.parametrize(("given", "named"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        settings.load(given)
