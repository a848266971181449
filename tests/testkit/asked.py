"""Objects for every operation of the API to be about, and the request that OpenAPI describes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sluice_core import names
from sluice_gateway.described import examples, walked
from sluice_gateway.forms.connections import Connection
from sluice_kube.resources import (
    CONTROLLER_REVISIONS,
    RUNS,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from testkit.gateway_process import Answer, World

Schema = dict[str, Any]
STEPS: list[Manifest] = [
    {"name": "say", "action": "log", "with": {"message": "hello"}},
    {"name": "again", "action": "log", "with": {"message": "hello"}, "needs": ["say"]},
    {"name": "orders", "action": "log", "with": {"message": "hello"}, "needs": ["say"]},
    {"name": "load", "action": "log", "with": {"message": "hello"}, "needs": ["say"]},
]
TRIGGERS: list[Manifest] = [
    {"name": "hook", "webhook": {"auth": {"type": "None"}}},
    {"name": "queue", "queue": {}},
    {"name": "inbox", "email": {}},
    {"name": "user", "event": {"type": "user.created"}},
]
SCHEDULE = {"name": "schedule", "schedule": {"cron": "0 9 * * 1-5"}}


FAILED = {"phase": "Failed", "error": {"reason": "StepFailed", "message": "it did not go"}}
PHASES: dict[str, Manifest] = {"retry_run": FAILED, "cancel_run": {"phase": "Running"}}
BEARER = {"type": "HttpBearer", "data": {"token": "s3cr3t-token"}}
SLACK = {"integration_type": "slack", "config": {"webhook_url": "https://hooks.slack.com/x"}}


@dataclass(frozen=True)
class Described:
    """A request as the schema has it: with one of its examples, or without a body."""

    operation: str
    method: str
    path: str
    media: str | None
    example: Any
    needs: tuple[str, ...]
    answers: Mapping[str, Any]

    @property
    def plain(self) -> str:
        """The operation's name, in whichever namespace."""
        return self.operation.removesuffix("_in_own_namespace")


def requests(schema: Schema) -> Iterator[Described]:
    """One for each example of the schema; `needs` are parameters that a query has to have."""
    for path, method, operation in walked(schema):
        content = operation.get("requestBody", {}).get("content", {None: {}})
        needs = tuple(
            one["name"]
            for one in operation.get("parameters", ())
            if one.get("in") == "query" and one["required"]
        )
        for media, body in content.items():
            for example in examples(body):
                yield Described(
                    operation["operationId"],
                    method.upper(),
                    path,
                    media,
                    example,
                    needs,
                    operation["responses"],
                )


async def stage(world: World, token: str, name: str, plain: str) -> dict[str, str]:
    """What the operation needs, under names of its own; answers the parameters of its path."""
    triggers = [*TRIGGERS, *([] if plain == "create_schedule" else [SCHEDULE])]
    users = {"visibility": "Tenant", "users": ["bob"]}
    made = await world.workflow(name, steps=STEPS, triggers=triggers, sharing=users)
    await _revision(world, made)
    run = await _make(world, RUNS, f"{name}-run", spec={"workflow": name})
    status = PHASES.get(plain, {"phase": "Succeeded"})
    await world.session.merge_patch(RUNS, Key.of(run), {"status": status}, "status")
    found = {"credential": "none", "integration": "none"}
    if "credential" in plain:
        wish = {"name": name, **BEARER}
        found["credential"] = (await world.ask("POST", "/credentials", token, wish)).body["id"]
    if "integration" in plain:
        wish = {"name": name, "workflow_id": name, **SLACK}
        found["integration"] = (await world.ask("POST", "/integrations", token, wish)).body["id"]
    return found | {
        "namespace": world.namespace,
        "workflow": name,
        "run": f"{name}-run",
        "step": "say",
        "user": "bob",
        "number": "1",
        "trigger": "hook",
        "connection": Connection("say", "again").identity,
        "appId": "shop",
        "id": found["integration"],
    }


async def ask(world: World, token: str, asked: Described, known: Mapping[str, str]) -> Answer:
    """What the gateway says; `known` are the parameters."""
    path = asked.path.format_map({name: quote(value) for name, value in known.items()})
    headers = {"Authorization": f"Bearer {token}"}
    if asked.path == "/trigger":
        headers["Host"] = f"workflow-{known['workflow']}.{world.namespace}.svc"
    body: dict[str, Any] = {}
    if asked.media is not None:
        headers["Content-Type"] = asked.media
        example = asked.example
        if isinstance(example, dict) and "metadata" in example:  # one name would be taken twice
            example = example | {"metadata": {"name": f"{known['workflow']}-made"}}
        is_text = isinstance(example, str | bytes)
        body = {"data": example if is_text else json.dumps(example)}
    query = {name: known[name] for name in asked.needs}
    async with world.http.request(
        asked.method, world.url + path, params=query, headers=headers, **body
    ) as answer:
        text = await answer.text()
        told = json.loads(text) if "json" in answer.content_type else text
        return Answer(answer.status, answer.headers, told)


async def _revision(world: World, workflow: Manifest) -> None:
    """The version of the workflow as it is, as the operator makes it."""
    metadata = workflow["metadata"]
    label, _, value = names.selector(metadata["name"]).partition("=")
    owner = {"apiVersion": WORKFLOWS.api_version, "kind": "Workflow", "name": metadata["name"]}
    await _make(
        world,
        CONTROLLER_REVISIONS,
        f"{metadata['name']}-1",
        {"labels": {label: value}, "ownerReferences": [{**owner, "uid": metadata["uid"]}]},
        revision=1,
        data={"steps": STEPS},
    )
    status = {"observedGeneration": metadata["generation"], "version": 1}
    await world.session.merge_patch(WORKFLOWS, Key.of(workflow), {"status": status}, "status")


async def _make(
    world: World, kind: Resource, name: str, more: Manifest | None = None, **content: Any
) -> Manifest:
    meta = {"name": name, "namespace": world.namespace, **(more or {})}
    manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    return await world.session.create(kind, manifest | content)
