"""Steps of departments: actions by number, configuration as JSON in a text, texts in Scriban."""

from typing import Any

import pytest

from sluice_core.catalog import CATALOG, aliases
from sluice_gateway.forms import departments
from sluice_gateway.forms.made import Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

AROUND = Surroundings()
MAIL = {
    "ActionType": 0,
    "StepOrder": 2,
    "OutputTemplate": "<p>{{ call.name | string.upcase }}</p>",
    "ActionConfig": '{"To": "{{ call.mail }}", "Subject": "New call"}',
    "WorkflowCredentialId": 7,
}


def read(**changes: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    fields = Fields(MAIL | changes, "", [])
    order, step = departments.step(fields, AROUND, [])
    return order, step, {fault.path: fault.message for fault in fields.faults}


def test_a_step_is_read_with_its_texts_translated() -> None:
    order, step, faults = read()

    assert (order, faults) == (2, {})
    assert step == {
        "name": "step_2",
        "action": "email.send",
        "credential": "7",
        "with": {
            "to": "{{ inputs.call.mail }}",
            "subject": "New call",
            "html": "<p>{{ (inputs.call.name | upper) }}</p>",
        },
    }


@pytest.mark.parametrize(("number", "action"), list(enumerate(aliases.NUMBERED)))
def test_each_number_stands_for_an_action(number: int, action: str) -> None:
    _, step, faults = read(ActionType=number, ActionConfig=None)

    field = departments.TEXT_OF[action]
    assert (step["action"], faults) == (action, {})
    assert set(step["with"]) == ({field} if field else set())


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no such number": ({"ActionType": 15}, "ActionType", "from 0 to 14"),
    "no order": ({"StepOrder": None}, "StepOrder", "required"),
    "no template": ({"OutputTemplate": None}, "OutputTemplate", "required"),
    "a template too long": ({"OutputTemplate": "x" * 65537}, "OutputTemplate", "65536 at most"),
    "a template that we cannot say": (
        {"OutputTemplate": "a\n{{ include 'b' }}"},
        "OutputTemplate",
        "line 2",
    ),
    "configuration that is no JSON": ({"ActionConfig": "{"}, "ActionConfig", "is not JSON"),
    "configuration that is a list": ({"ActionConfig": "[]"}, "ActionConfig", "an object"),
    "a text within that we cannot say": (
        {"ActionConfig": '{"To": "{{ end }}"}'},
        "ActionConfig.To",
        "ends nothing",
    ),
    "a text that is given twice": ({"ActionConfig": '{"Html": "x"}'}, "ActionConfig", "html"),
    "a field in two spellings": (
        {"ActionConfig": '{"CC": "x@y.z", "Cc": "a@b.c"}'},
        "ActionConfig.Cc",
        "twice",
    ),
    "an unknown field": ({"Colour": 1}, "Colour", "unknown field"),
}


@pytest.mark.parametrize(("changes", "path", "why"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_step(changes: dict[str, Any], path: str, why: str) -> None:
    _, _, faults = read(**changes)

    assert why in faults[path]


def test_fields_of_an_action_are_known_in_capitals() -> None:
    _, step, _ = read(ActionConfig='{"TO": "a@b.c", "CC": "x@y.z", "Subject": "s"}')

    assert step["with"].keys() == {"to", "cc", "subject", "html"}


def test_a_text_that_is_sent_nowhere_is_remarked() -> None:
    remarks = list[Remark]()

    departments.step(Fields(MAIL | {"ActionType": 2}, "", []), AROUND, remarks)

    assert ("NotSent", "OutputTemplate") in [(one.type, one.path) for one in remarks]


@pytest.mark.parametrize(("action", "field"), departments.TEXT_OF.items())
def test_the_text_of_a_step_goes_to_a_field_that_its_action_has(action: str, field: str) -> None:
    params = CATALOG[action].params.model_fields

    assert not field or field in {one.alias or name for name, one in params.items()}


def test_every_alias_leads_to_an_action() -> None:
    assert {*aliases.ACTIONS.values(), *aliases.NUMBERED} <= CATALOG.keys()
