"""Every operation of the API: its noun, its name in a generated client, the rights that it takes.

Names are a promise to those who have generated a client: a changed one breaks their code.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

BELOW = "/api/v1/namespaces/{namespace}"
OWN = "/api/v1"
W, R = "/workflows/{workflow}", "/runs/{run}"

Row = tuple[str, str]
Rows = dict[str, Row]

_TRIGGER = "create workflows/trigger"
_LIST, _GET, _UPDATE = "list workflows", "get workflows", "update workflows"
_CREATE, _DELETE = "create workflows", "delete workflows"
_LIST_RUNS, _GET_RUN, _END = "list workflowruns", "get workflowruns", "update workflowruns"
_SHARE = f"{_UPDATE}, update workflows/share"


class Operation(NamedTuple):
    """`rights` in the order in which they are asked for, as RBAC has them."""

    id: str
    noun: str
    rights: tuple[str, ...]


NOUNS: Mapping[str, str] = {
    "workflows": "Definitions: list, make, read, change, check, copy, delete.",
    "steps": "The steps of a workflow one by one; as nodes they are the same.",
    "connections": "Which step waits for which.",
    "schedules": "When a workflow runs by the clock.",
    "lifecycle": "When the runner of a workflow is up.",
    "versions": "Definitions that a workflow has had.",
    "sharing": "Who sees a workflow, and how its runs went.",
    "triggers": "What sets a workflow off.",
    "runs": "Executions: see, follow, cancel, try again.",
    "events": "What programs publish, and what workflows run for.",
    "templates": "Workflows to start from.",
    "credentials": "What steps prove themselves with; values go in, dots come out.",
    "integrations": "Credentials of one workflow, in another product's words.",
    "actions": "What a step can do.",
    "service": "The gateway itself; needs no token.",
}

# By noun, method and path below a namespace: what it is called, and the rights.
_TABLE: dict[str, Rows] = {
    "workflows": {
        "GET /workflows": ("list_workflows", _LIST),
        "POST /workflows": ("create_workflow", _CREATE),
        f"GET {W}": ("get_workflow", _GET),
        f"PUT {W}": ("replace_workflow", _UPDATE),
        f"PATCH {W}": ("update_workflow", _UPDATE),
        f"DELETE {W}": ("delete_workflow", _DELETE),
        f"PUT {W}/status": ("set_workflow_status", _UPDATE),
        f"POST {W}/duplicate": ("duplicate_workflow", f"{_GET}, {_CREATE}"),
        f"POST {W}/validate": ("validate_workflow", _GET),
        f"POST {W}/layout": ("layout_workflow", _UPDATE),
        f"POST {W}/compute-scopes": ("compute_workflow_scopes", _GET),
        "GET /workflows/stats": ("get_workflow_stats", _LIST),
        "GET /workflows/discover": ("discover_workflows", _LIST),
    },
    "connections": {
        f"POST {W}/connections": ("create_connection", _UPDATE),
        f"DELETE {W}/connections/{{connection}}": ("delete_connection", _UPDATE),
    },
    "schedules": {
        f"GET {W}/schedule": ("get_schedule", _GET),
        f"POST {W}/schedule": ("create_schedule", _UPDATE),
        f"PUT {W}/schedule": ("update_schedule", _UPDATE),
        f"DELETE {W}/schedule": ("delete_schedule", _UPDATE),
    },
    "lifecycle": {
        f"GET {W}/lifecycle": ("get_lifecycle", _GET),
        f"PUT {W}/lifecycle": ("set_lifecycle", _UPDATE),
        f"POST {W}/deploy": ("deploy_workflow", _UPDATE),
        f"POST {W}/undeploy": ("undeploy_workflow", _UPDATE),
        f"POST {W}/start": ("start_runner", _UPDATE),
        f"POST {W}/stop": ("stop_runner", _UPDATE),
    },
    "versions": {
        f"GET {W}/versions": ("list_versions", _GET),
        f"POST {W}/versions": ("tag_version", _UPDATE),
        f"POST {W}/versions/{{number}}/rollback": ("rollback_version", _UPDATE),
    },
    "sharing": {
        f"GET {W}/share": ("list_shares", _GET),
        f"POST {W}/share": ("share_workflow", _SHARE),
        f"DELETE {W}/share/{{user}}": ("unshare_workflow", _SHARE),
        f"GET {W}/health": ("get_workflow_health", _GET),
    },
    "triggers": {
        f"POST {W}/trigger": ("trigger_workflow", _TRIGGER),
        f"POST {W}/run": ("run_workflow", _TRIGGER),
        f"POST {W}/execute": ("execute_workflow", "create workflows/execute"),
        f"POST {W}/test": ("test_workflow", _TRIGGER),
        f"POST {W}/enqueue": ("enqueue_message", _TRIGGER),
        f"POST {W}/email-trigger": ("deliver_email", _TRIGGER),
    },
    "runs": {
        "GET /runs": ("list_runs", _LIST_RUNS),
        "GET /runs/pending": ("list_pending_runs", _LIST_RUNS),
        "POST /runs/clear": ("cancel_all_runs", _END),
        f"GET {W}/runs": ("list_runs_of_workflow", _LIST_RUNS),
        f"GET {R}": ("get_run", _GET_RUN),
        f"GET {W}{R}": ("get_run_of_workflow", _GET_RUN),
        f"GET {W}/executions/{{run}}": ("get_execution_of_workflow", _GET_RUN),
        f"GET {R}/logs": ("get_run_logs", _GET_RUN),
        f"GET {R}/events": ("stream_run_events", _GET_RUN),
        f"POST {R}/cancel": ("cancel_run", _END),
        f"POST {R}/retry": ("retry_run", f"{_GET_RUN}, {_TRIGGER}"),
    },
    "events": {
        "POST /events": ("publish_event", _TRIGGER),
        "GET /event-types": ("list_event_types", _LIST),
    },
    "templates": {
        "GET /templates": ("list_templates", "list workflowtemplates"),
        "POST /templates": (
            "create_workflow_from_template",
            f"{_CREATE}, get workflowtemplates",
        ),
    },
    "credentials": {
        "GET /credentials": ("list_credentials", "list workflowcredentials"),
        "POST /credentials": ("create_credential", "create workflowcredentials"),
        "GET /credentials/{credential}": ("get_credential", "get workflowcredentials"),
        "PUT /credentials/{credential}": ("update_credential", "update workflowcredentials"),
        "DELETE /credentials/{credential}": ("delete_credential", "delete workflowcredentials"),
    },
    "integrations": {
        "GET /integrations": ("list_integrations", "list workflowcredentials"),
        "POST /integrations": ("create_integration", "create workflowcredentials"),
        "PUT /integrations": ("update_integration_by_query", "update workflowcredentials"),
        "DELETE /integrations": ("delete_integration_by_query", "delete workflowcredentials"),
        "PUT /integrations/{integration}": ("update_integration", "update workflowcredentials"),
        "DELETE /integrations/{integration}": ("delete_integration", "delete workflowcredentials"),
    },
    "actions": {"GET /action-catalog": ("list_actions", _LIST)},
}
_STEPS: Rows = {  # under two words, as callers know them
    f"GET {W}/{{nouns}}": ("list_{noun}s", _GET),
    f"POST {W}/{{nouns}}": ("create_{noun}", _UPDATE),
    "GET {one}": ("get_{noun}", _GET),
    "PUT {one}": ("update_{noun}", _UPDATE),
    "DELETE {one}": ("delete_{noun}", _UPDATE),
    "PUT {one}/input-mappings": ("set_{noun}_input_mappings", _UPDATE),
    "PUT {one}/passthrough-values": ("set_{noun}_passthrough_values", _UPDATE),
}
_ROOT: dict[str, Rows] = {
    "triggers": {
        "POST /trigger": ("trigger_workflow_of_host", _TRIGGER),
        "POST /hooks/{namespace}/{workflow}/{trigger}": ("receive_webhook", ""),
    },
    "service": {
        "GET /healthz": ("get_liveness", ""),
        "GET /readyz": ("get_readiness", ""),
        "GET /metrics": ("get_metrics", ""),
        "GET /.well-known/webhook-keys": ("list_webhook_keys", ""),
    },
}
# Other products have these below /workflows; both paths are one endpoint.
_ALSO_BELOW_WORKFLOWS = (
    "/events",
    "/templates",
    "/credentials",
    "/integrations",
    "/action-catalog",
)


def table() -> dict[tuple[str, str], Operation]:
    """Of method and whole path."""
    found = {_key("", where): one for where, one in _operations(_ROOT)}
    for where, one in [*_operations(_TABLE | {"steps": _steps()}), *_aliases()]:
        found[_key(BELOW, where)] = one
        found[_key(OWN, where)] = one._replace(id=f"{one.id}_in_own_namespace")
    return found


def methods(path: str) -> list[str]:
    """Those that are described for a path, by the template that leaves the least open."""
    found = [(open_, method) for open_, pattern, method in _patterns() if pattern.fullmatch(path)]
    least = min((open_ for open_, _ in found), default=0)
    return sorted(method for open_, method in found if open_ == least)


@cache
def _patterns() -> list[tuple[int, re.Pattern[str], str]]:
    """With how many parameters each has."""
    return [
        (path.count("{"), re.compile(re.sub(r"{\w+}", "[^/]+", path)), method)
        for method, path in table()
    ]


def _operations(nouns: Mapping[str, Rows]) -> Iterator[tuple[str, Operation]]:
    for noun, rows in nouns.items():
        for where, (name, rights) in rows.items():
            yield where, Operation(name, noun, tuple(rights.split(", ")) if rights else ())


def _steps() -> Rows:
    made: Rows = {}
    for noun in ("step", "node"):
        one = f"{W}/{noun}s/{{step}}"
        for where, (name, rights) in _STEPS.items():
            path = where.replace("{nouns}", f"{noun}s").replace("{one}", one)
            made[path] = name.format(noun=noun), rights
    return made


def _aliases() -> Iterator[tuple[str, Operation]]:
    for where, one in _operations(_TABLE):
        method, path = where.split()
        if path.startswith(_ALSO_BELOW_WORKFLOWS):
            yield f"{method} /workflows{path}", one._replace(id=f"{one.id}_below_workflows")


def _key(base: str, where: str) -> tuple[str, str]:
    method, path = where.split()
    return method, base + path
