"""Bodies of five products: what each becomes, and what of it cannot be carried over."""

from typing import Any

import pytest

from sluice_core import validation
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import CATALOG
from sluice_gateway.forms.made import Made
from sluice_gateway.forms.recognised import convert, replacement
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.problems import Problem

AROUND = Surroundings(
    actions=frozenset(
        {
            *CATALOG, "ai.extract", "ai.generate", "document.parse", "email.send",
            "mark-invoices-overdue", "payments-summary", "publish", "s3.upload", "slack.send",
            "sql.query",
        }
    ),
    credentials={"chat": "Slack", "model": "OpenAI", "mail": "Smtp"},
    schemas={"invoice": {"type": "object"}},
    event_types={0: "CallAdded", 8: "DocumentAdded"},
)  # fmt: skip

BUSINESS = {
    "name": "Sweep",
    "schedule": "0 9 * * *",
    "steps": [{"type": "mark_invoices_overdue"}],
}
DEPARTMENTS = {"Name": "On call", "TriggerEventType": 0}
ENTITIES = {
    "name": "Enrich",
    "entityTypeId": "Order Line",
    "steps": [{"type": "ai_generate", "config": {"prompt": "{{ title }}"}}],
}
DOCUMENTS = {
    "name": "Invoices",
    "definition": {
        "steps": [
            {"id": "parse", "type": "parse", "config": {}},
            {"id": "extract", "type": "extract", "config": {"schema_id": "invoice"}},
            {
                "id": "tell",
                "type": "integration",
                "config": {"integration_id": "chat", "template": "No. {{number}}"},
            },
        ]
    },
    "trigger_type": "event",
    "trigger_config": {"event": "document.uploaded", "filters": {"file_type": "pdf"}},
    "enabled": True,
}
NODES = {
    "name": "Load",
    "status": "active",
    "nodes": [
        {"id": "in", "nodeId": "queue-trigger"},
        {
            "id": "node_1",
            "nodeId": "mysql-source",
            "label": "Orders",
            "position": {"x": 100, "y": 200},
            "config": {"dataSource": "ds_001", "query": "SELECT 1"},
        },
        {"id": "node_2", "nodeId": "s3-destination", "config": {"bucket": "b", "key": "k"}},
    ],
    "connections": [
        {"sourceNodeId": "in", "targetNodeId": "node_1"},
        {
            "sourceNodeId": "node_1",
            "sourcePort": "output",
            "targetNodeId": "node_2",
            "targetPort": "input",
        },
    ],
    "config": {},
    "settings": {"timeout": 3600, "retryOnFailure": True, "maxRetries": 3},
    "tags": ["etl"],
}


def made(body: dict[str, Any], **changes: Any) -> Made:
    return convert(body | changes, AROUND)


def refused(body: dict[str, Any], **changes: Any) -> dict[str, str]:
    """The messages by path."""
    with pytest.raises(Problem) as problem:
        convert(body | changes, AROUND)
    assert problem.value.status == 422
    said: dict[str, str] = {}
    for fault in problem.value.faults:
        said[fault.path] = f"{said.get(fault.path, '')} {fault.message}".strip()
    return said


def remarks(one: Made) -> dict[str, str]:
    return {remark.type: remark.path for remark in one.remarks}


FORMS = {
    "business steps": (BUSINESS, "Business"),
    "departments": (DEPARTMENTS, "Departments"),
    "entities": (ENTITIES, "Entities"),
    "documents": (DOCUMENTS, "Documents"),
    "nodes": (NODES, "Nodes"),
    "nodes without any": ({"name": "Empty"}, "Nodes"),
    "our own": ({"spec": {"steps": []}}, "Own"),
}


@pytest.mark.parametrize(("body", "form"), FORMS.values(), ids=FORMS)
def test_a_form_is_known_by_its_fields_and_gives_a_spec_that_the_kind_takes(
    body: dict[str, Any], form: str
) -> None:
    one = made(body)

    manifest = {"metadata": {"name": "x", "namespace": "y"}, "spec": one.spec}
    _, faults = validation.parse(Workflow, manifest)
    assert (one.form, faults) == (form, [])


@pytest.mark.parametrize(("body", "form"), FORMS.values(), ids=FORMS)
def test_a_field_that_is_not_known_is_named(body: dict[str, Any], form: str) -> None:
    assert refused(body, colour="red")["colour"] == "unknown field"


@pytest.mark.parametrize("spelling", ["trigger_type", "triggerType", "TriggerType"])
def test_fields_are_known_in_every_spelling(spelling: str) -> None:
    body = {"name": "x", "steps": BUSINESS["steps"], spelling: "manual"}

    assert made(body).spec["triggers"] == []


def test_a_field_that_is_there_in_two_spellings_is_refused() -> None:
    said = refused(BUSINESS, cron_expression="0 9 * * *", cronExpression="0 8 * * *")

    assert "is there twice" in said["cronExpression"]


# -- business steps


def test_business_steps_run_by_the_clock_one_after_the_other() -> None:
    spec = made(BUSINESS).spec

    assert spec["triggers"] == [
        {"name": "schedule", "schedule": {"cron": "0 9 * * *", "timeZone": "UTC"}}
    ]
    assert spec["concurrency"] == {"minIntervalSeconds": 30}
    assert spec["steps"][0]["action"] == "mark-invoices-overdue"


def test_a_mail_after_a_summary_says_what_the_summary_found() -> None:
    summary = {"step_type": "payments_summary", "step_config": {"date_range": "last_week"}}
    mail = {"step_type": "send_email", "step_config": {"to": "a@example.com", "subject": "Sums"}}

    one = made(BUSINESS, steps=[summary, mail])

    [first, second] = one.spec["steps"]
    assert first["with"] == {"date_range": "last_week"}
    assert second["with"]["text"] == "{{ steps.payments_summary.output.text }}"
    assert (second["needs"], second["credential"]) == (["payments-summary"], "mail")
    assert first["credential"] == "business"
    assert {remark.path for remark in one.remarks} == {"steps[0]", "steps[1]"}


BAD_BUSINESS: dict[str, tuple[dict[str, Any], str]] = {
    "no schedule": ({"schedule": None}, "cron_expression"),
    "a schedule that is none": ({"schedule": "daily"}, "schedule"),
    "by hand and by the clock": ({"trigger_type": "manual"}, "trigger_type"),
    "a long name": ({"name": "x" * 121}, "name"),
    "a long description": ({"description": "x" * 501}, "description"),
    "no steps": ({"steps": []}, "steps"),
    "an unknown step": ({"steps": [{"step_type": "dance"}]}, "steps[0].step_type"),
    "a status that is none": ({"status": "asleep"}, "status"),
    "a step that is a text": ({"steps": ["x"]}, "steps[0]"),
}


@pytest.mark.parametrize(("changes", "path"), BAD_BUSINESS.values(), ids=BAD_BUSINESS)
def test_what_is_wrong_with_business_steps(changes: dict[str, Any], path: str) -> None:
    assert path in refused({k: v for k, v in (BUSINESS | changes).items() if v is not None})


# -- departments


def test_an_event_is_known_by_its_number_and_retries_are_clamped() -> None:
    one = made(DEPARTMENTS, IsEnabled=False, MaxRetryCount=9)

    assert one.spec["triggers"] == [{"name": "event", "event": {"type": "CallAdded"}}]
    assert one.spec["settings"] == {"retry": {"limit": 5, "backoffSeconds": 5}}
    assert (one.spec["state"], remarks(one)) == ("Paused", {"Clamped": "MaxRetryCount"})


def test_a_number_that_no_event_has_is_refused() -> None:
    assert "no event type" in refused(DEPARTMENTS, TriggerEventType=99)["TriggerEventType"]


# -- entities


def test_an_entity_type_becomes_a_label() -> None:
    one = made(ENTITIES)
    spec = one.spec

    assert remarks(one) == {"Renamed": "entityTypeId"}
    assert spec["entityType"] == "order-line"
    assert spec["steps"][0]["with"] == {"prompt": "{{ data.title }}"}


# -- documents


def test_documents_are_parsed_extracted_and_told_of() -> None:
    one = made(DOCUMENTS)

    [parse, extract, tell] = one.spec["steps"]
    assert (parse["action"], parse["needs"]) == ("document.parse", [])
    assert (extract["with"], extract["credential"]) == ({"schema": {"type": "object"}}, "model")
    assert (tell["action"], tell["credential"]) == ("slack.send", "chat")
    assert tell["with"] == {"text": "No. {{data.number}}"}
    assert one.spec["triggers"][0]["event"] == {
        "type": "document.uploaded",
        "match": {"data.file_type": "pdf"},
    }


def test_a_webhook_without_authentication_gets_a_key() -> None:
    one = made(DOCUMENTS, trigger_type="webhook", trigger_config={})

    [trigger] = one.spec["triggers"]
    assert trigger["webhook"]["auth"] == {"type": "Bearer", "secretKey": "webhook"}
    assert one.webhook_keys == ("webhook",)


def _step(kind: str, **config: Any) -> dict[str, Any]:
    return {"definition": {"steps": [{"id": "s", "type": kind, "config": config}]}}


BAD_DOCUMENTS = {
    "an integration that is not there": (_step("integration", integration_id="gone"), "gone"),
    "a schema that is not there": (_step("extract", schema_id="gone"), "gone"),
}


@pytest.mark.parametrize(("changes", "word"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_what_a_document_step_refers_to_must_be_there(changes: dict[str, Any], word: str) -> None:
    assert word in refused(DOCUMENTS, **changes)["definition.steps[0].config"]


# -- nodes


def test_nodes_become_steps_that_need_what_they_are_connected_to() -> None:
    one = made(NODES)

    [orders, load] = one.spec["steps"]
    assert one.spec["triggers"] == [{"name": "in", "queue": {}}]
    assert (orders["action"], orders["credential"], orders["needs"]) == ("sql.query", "ds-001", [])
    assert (orders["title"], orders["position"]) == ("Orders", {"left": 100.0, "top": 200.0})
    assert (load["action"], load["needs"]) == ("s3.upload", ["node_1"])
    assert one.spec["settings"] == {"timeoutSeconds": 3600, "retry": {"limit": 3}}
    assert (one.spec["state"], remarks(one)) == ("Active", {"Renamed": "nodes[1]"})


def test_ports_are_part_of_a_need() -> None:
    nodes = [{"id": name, "nodeId": kind} for name, kind in (("c", "condition"), ("a", "agent"))]
    connection = {
        "sourceNodeId": "c", "targetNodeId": "a", "sourcePort": "true", "targetPort": "tools",
    }  # fmt: skip

    spec = made({"name": "x", "nodes": nodes, "connections": [connection]}).spec

    assert spec["steps"][1]["needs"] == ["c.true:tools"]


def test_a_node_that_nothing_is_connected_to_is_remarked() -> None:
    nodes = [{"id": name, "nodeId": "log"} for name in "abc"]
    connection = {"sourceNodeId": "a", "targetNodeId": "b"}

    one = made({"name": "x", "nodes": nodes, "connections": [connection]})

    assert remarks(one) == {"Disconnected": "nodes.c"}


def test_a_node_whose_id_is_no_name_gets_one() -> None:
    nodes = [{"id": 1, "nodeId": "log"}, {"id": "1 2", "nodeId": "log"}]

    assert made({"name": "x", "nodes": nodes}).steps == {"1": "step_1", "1 2": "step_1_2"}


def test_a_change_speaks_of_what_it_names_alone() -> None:
    one = convert({"description": "new", "settings": {"timeout": 7}}, AROUND, {"steps": []})

    assert one.spec == {"description": "new", "settings": {"timeoutSeconds": 7}}


def test_what_is_told_and_not_set_is_remarked() -> None:
    assert remarks(made(NODES, version=3)) == {"ReadOnly": "version", "Renamed": "nodes[1]"}


BAD_NODES: dict[str, tuple[dict[str, Any], str]] = {
    "configuration of the whole": ({"config": {"a": 1}}, "config"),
    "a node of no known type": (
        {"nodes": [{"id": "a", "nodeId": "mysql-sorce"}]},
        "nodes[0].nodeId",
    ),
    "two of one id": ({"nodes": [{"id": "a", "nodeId": "log"}] * 2}, "nodes[1].id"),
    "a connection from nowhere": (
        {"connections": [{"sourceNodeId": "q", "targetNodeId": "node_1"}]},
        "connections[0].sourceNodeId",
    ),
    "a connection to a trigger": (
        {"connections": [{"sourceNodeId": "node_1", "targetNodeId": "in"}]},
        "connections[0].targetNodeId",
    ),
    "a place that is none": (
        {"nodes": [{"id": "a", "nodeId": "log", "position": {"x": "1"}}]},
        "nodes[0].position",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "path"), BAD_NODES.values(), ids=BAD_NODES)
def test_what_is_wrong_with_nodes(changes: dict[str, Any], path: str) -> None:
    assert path in refused(NODES, **changes)


@pytest.mark.parametrize("where", ["node", "config"])
def test_a_trigger_that_is_switched_off_stays_so(where: str) -> None:
    config = {"cron_expression": "0 9 * * *"}
    node = {"id": "clock", "nodeId": "schedule-trigger", "config": config}
    (node if where == "node" else config)["enabled"] = False  # type: ignore[index]

    assert made(NODES, nodes=[node, *NODES["nodes"]]).spec["triggers"][0]["enabled"] is False


TWICE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "two steps of one id": (
        ENTITIES,
        {"steps": [{"id": "a", "type": "log", "config": {"message": "x"}}] * 2},
        "steps[1].id",
    ),
    "two fields that become one": (
        ENTITIES,
        {"steps": [{"type": "notify", "config": {"message": "x", "body": "y"}}]},
        "steps[0].config",
    ),
    "a credential that is an object": (
        BUSINESS,
        {"steps": [{"type": "send_email", "config": {"to": "a@b.c", "credential": {"id": 1}}}]},
        "steps[0].credential",
    ),
    "two credentials of a node": (
        NODES,
        {
            "nodes": [
                {
                    "nodeId": "mysql-source",
                    "credential": "a",
                    "config": {"dataSource": "b", "query": "SELECT 1"},
                }
            ],
            "connections": [],
        },
        "nodes[0].config",
    ),
}


@pytest.mark.parametrize(("body", "changes", "path"), TWICE.values(), ids=TWICE)
def test_what_would_be_dropped_in_silence_is_refused(
    body: dict[str, Any], changes: dict[str, Any], path: str
) -> None:
    assert path in refused(body, **changes)


def test_ids_in_a_document_are_known_in_both_spellings() -> None:
    steps = [
        {"type": "extract", "config": {"schemaId": "invoice"}},
        {"type": "integration", "config": {"integrationId": "chat", "template": "x"}},
    ]

    extract, tell = made(DOCUMENTS, definition={"steps": steps}).spec["steps"]
    assert (extract["with"]["schema"], tell["credential"]) == ({"type": "object"}, "chat")


CURRENT = {
    "state": "Paused",
    "sharing": {"visibility": "Private"},
    "triggers": [{"name": "hook", "webhook": {"auth": {"type": "None"}}}],
    "steps": [{"name": "say", "action": "log", "with": {"message": "hello"}}],
}
FORMS = {
    "business": (BUSINESS, "Business", {"title", "triggers", "steps", "concurrency"}),
    "departments": (DEPARTMENTS, "Departments", {"title", "triggers", "settings"}),
    "entities": (ENTITIES, "Entities", {"title", "entityType", "steps"}),
    "documents": (DOCUMENTS, "Documents", {"title", "state", "triggers", "steps"}),
    "documents without a trigger": (
        {"name": "Invoices", "definition": {"steps": [{"id": "a", "type": "parse"}]}},
        "Documents",
        {"title", "steps"},
    ),
    "nodes": ({"name": "Load"}, "Nodes", {"title"}),
    "our own": ({"spec": {"steps": []}}, "Own", {"steps"}),
}


@pytest.mark.parametrize(("body", "form", "parts"), FORMS.values(), ids=FORMS)
def test_a_put_takes_every_form_and_leaves_what_it_does_not_name(
    body: dict[str, Any], form: str, parts: set[str]
) -> None:
    made = replacement(body, AROUND, CURRENT)

    assert (made.form, set(made.spec)) == (form, parts)


def test_a_put_says_what_is_wrong_with_its_form() -> None:
    with pytest.raises(Problem) as raised:
        replacement({"Name": "On call", "TriggerEventType": 99}, AROUND, CURRENT)

    assert [fault.path for fault in raised.value.faults] == ["TriggerEventType"]
