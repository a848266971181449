"""What a runner reads from its environment."""

import pytest
from pydantic import ValidationError

from sluice_runner import settings

REQUIRED = {
    "SLUICE_WORKFLOW": "etl",
    "SLUICE_NAMESPACE": "shop",
    "SLUICE_WORKFLOW_UID": "workflow-uid",
    "SLUICE_POD_NAME": "workflow-etl-x",
    "SLUICE_POD_UID": "pod-uid",
}


def test_five_variables_are_enough() -> None:
    found = settings.from_environment({**REQUIRED, "PATH": "/bin"})

    assert (found.workflow, found.slots, found.port) == ("etl", 10, 8080)
    assert found.audience == "workflow-uid/pod-uid"
    assert found.egress_allow == ()


def test_egress_is_a_json_list() -> None:
    found = settings.from_environment({**REQUIRED, "SLUICE_EGRESS_ALLOW": '["10.20.0.0/16"]'})

    assert found.egress_allow == ("10.20.0.0/16",)


WRONG = {
    "no workflow": ("SLUICE_WORKFLOW", None),
    "no slot": ("SLUICE_SLOTS", "0"),
    "slots in words": ("SLUICE_SLOTS", "ten"),
    "a negative drain": ("SLUICE_DRAIN_SECONDS", "-1"),
    "egress that is no list": ("SLUICE_EGRESS_ALLOW", "10.20.0.0/16"),
}


@pytest.mark.parametrize(("name", "text"), WRONG.values(), ids=WRONG)
def test_what_is_missing_or_wrong_is_named(name: str, text: str | None) -> None:
    environment = {k: v for k, v in {**REQUIRED, name: text}.items() if v is not None}

    with pytest.raises(ValidationError, match=name.removeprefix("SLUICE_").lower()):
        settings.from_environment(environment)
