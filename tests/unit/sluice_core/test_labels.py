"""Label selectors as Kubernetes has them."""

from typing import Any

import pytest

from sluice_core import labels
from sluice_core.api.triggers import LabelSelector

SHOP = {"app": "shop", "tier": "web"}


def asks(operator: str, *values: str, key: str = "tier") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


CASES: dict[str, tuple[dict[str, Any], dict[str, str], bool]] = {
    "nothing is asked for": ({}, {}, True),
    "the label is that": ({"matchLabels": {"app": "shop"}}, SHOP, True),
    "the label is another": ({"matchLabels": {"app": "bank"}}, SHOP, False),
    "one of two labels is not there": ({"matchLabels": {"app": "shop", "x": ""}}, SHOP, False),
    "the value is among those": (asks("In", "web", "db"), SHOP, True),
    "the value is not among those": (asks("In", "db"), SHOP, False),
    "In holds for no label that is not there": (asks("In", "web"), {}, False),
    "the value is none of those": (asks("NotIn", "db"), SHOP, True),
    "the value is one of those": (asks("NotIn", "web"), SHOP, False),
    "NotIn holds for a label that is not there": (asks("NotIn", "web"), {}, True),
    "the label exists": (asks("Exists"), SHOP, True),
    "the label does not exist": (asks("Exists"), {}, False),
    "no such label is there, as asked": (asks("DoesNotExist"), {}, True),
    "such a label is there": (asks("DoesNotExist"), SHOP, False),
    "labels match and expressions do not": (
        {"matchLabels": {"app": "shop"}} | asks("DoesNotExist"),
        SHOP,
        False,
    ),
}


@pytest.mark.parametrize(("asked", "given", "holds"), CASES.values(), ids=CASES)
def test_labels(asked: dict[str, Any], given: dict[str, str], holds: bool) -> None:
    assert labels.matches(LabelSelector.model_validate(asked), given) is holds
