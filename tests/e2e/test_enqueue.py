"""Messages and e-mail are taken and carried out, the more urgent first; tests answer whole."""

import pytest

from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.space import Space

TRIGGERS = [{"name": "orders", "queue": {}}, {"name": "inbox", "email": {"to": ["orders@*"]}}]


@pytest.fixture(scope="module", autouse=True)
def _flows(here: Space) -> None:
    say = a_step("say", "transform", template="{{ [trigger.type, data] }}")
    slow = a_step("pause", "wait", seconds=2)
    here.deploy(
        a_workflow("orders", say, triggers=TRIGGERS),
        a_workflow(
            "line", slow, triggers=TRIGGERS[:1], concurrency={"policy": "Queue", "limit": 1}
        ),
        a_workflow("draft", say, triggers=TRIGGERS, state="Active"),
    )


def test_a_message_is_carried_out(here: Space) -> None:
    answer = here.call(here.api("/workflows/orders/enqueue"), {"message": {"order": 7}})

    assert answer.code == 201, answer.body
    assert here.ended(answer.body["executionId"])["output"] == ["Queue", {"order": 7}]


def test_of_those_that_wait_the_higher_priority_goes_first(here: Space) -> None:
    url = here.api("/workflows/line/enqueue")

    names = [
        here.call(url, {"message": {}, "priority": priority}).body["executionId"]
        for priority in (0, -5, 5)
    ]
    begins = [here.ended(name)["startTime"] for name in names]

    assert begins[2] <= begins[1]


def test_an_e_mail_is_carried_out_where_it_is_meant_for_the_workflow(here: Space) -> None:
    url = here.api("/workflows/orders/email-trigger")
    mail = {"from": "ada@example.org", "subject": "Hi", "text": "7"}

    meant = here.call(url, mail | {"to": "orders@shop.example"})
    other = here.call(url, mail | {"to": "sales@shop.example"})

    kind, read = here.ended(meant.body["executionId"])["output"]
    assert (kind, read["subject"], read["body_text"]) == ("Email", "Hi", "7")
    assert (other.code, other.body["type"]) == (422, "urn:sluice:problem:RecipientRefused")


def test_a_test_run_answers_the_whole_run(here: Space) -> None:
    answer = here.call(here.api("/workflows/orders/test"), {"eventPayload": {"order": 1}})

    assert answer.code == 200, answer.body
    assert answer.body["output"] == ["Test", {"order": 1}]
    assert answer.body["steps"][0]["phase"] == "Succeeded"


def test_a_draft_is_tested_and_takes_no_message(here: Space) -> None:
    here.kubectl("patch", "workflow/draft", "--type=merge", "-p", '{"spec":{"state":"Draft"}}')

    tested = here.call(
        here.api("/workflows/draft/test"), {"eventPayload": {"order": 1}}, seconds=120
    )
    queued = here.call(here.api("/workflows/draft/enqueue"), {})

    assert (tested.code, tested.body["status"]) == (200, "succeeded"), tested.body
    assert (queued.code, queued.body["type"]) == (409, "urn:sluice:problem:WorkflowDraft")


def test_a_definition_of_the_callers_is_executed(here: Space) -> None:
    steps = [{"name": "mine", "action": "transform", "with": {"template": "{{ inputs.a }}"}}]
    body = {"definition": {"steps": steps}, "triggerInputs": {"a": 3}}

    answer = here.call(here.api("/workflows/orders/execute"), body)

    assert answer.code == 201, answer.body
    assert here.ended(answer.body["executionId"])["output"] == 3
