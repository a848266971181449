"""Workflows on their way from a body to an object, and to the answer about it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from sluice_core import names
from sluice_core.finding import Finding
from sluice_gateway import naming, workflow_view
from sluice_gateway.auth import Caller
from sluice_gateway.desk import respond
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.objects import etag
from sluice_kube.resources import WORKFLOWS, Key, Manifest

NO_KEYS: Mapping[str, str] = MappingProxyType({})
TEMPLATE_STAYS = {
    "type": "TemplateExists",
    "path": "isTemplate",
    "message": "there is another template of this name, which stays as it is",
}
NO_TEMPLATE = {
    "type": "ReadOnly",
    "path": "isTemplate",
    "message": "a template is made when its workflow is: POST /workflows with isTemplate",
}


def manifest_of(namespace: str, made: Made, caller: Caller) -> Manifest:
    """The object to make, without its name; its owner is who makes it."""
    given = made.metadata.get("annotations", {})
    owner = {names.ANNOTATION_OWNER: caller.user.username}
    if made.template:
        owner[names.ANNOTATION_TEMPLATE] = "true"
    return {
        "apiVersion": WORKFLOWS.api_version,
        "kind": WORKFLOWS.kind,
        "metadata": {
            "namespace": namespace,
            "labels": made.metadata.get("labels", {}),
            "annotations": given | owner,
        },
        "spec": made.spec,
    }


def names_for(made: Made, key: str | None) -> Any:
    """An own name is meant; else one is made of the title."""
    given = made.metadata.get("name")
    title = str(made.spec.get("title") or given or "workflow")
    if key is not None:
        return [given or naming.keyed(title, key)]
    return [given] if given else naming.candidates(title)


def answer_made(
    created: Manifest, made: Made, found: list[dict[str, str]], keys: Mapping[str, str] = NO_KEYS
) -> Response:
    """201, with what was found odd, and the keys of webhooks that were made just now."""
    shown = workflow_view.detail(created)
    shown["workflowId"] = shown["id"]
    shown["warnings"] = [told(one) for one in made.remarks] + found
    if keys:
        shown["webhookKeys"] = dict(keys)
    location = workflow_view.url(Key.of(created))
    return respond(201, shown, location, headers={"ETag": etag(created)})


def found_odd(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """What validation warns of."""
    return [_finding(one) for one in findings]


def told(remark: Remark) -> dict[str, str]:
    """A remark of a converter."""
    return {"type": remark.type, "path": remark.path, "message": remark.message}


def _finding(finding: Finding) -> dict[str, str]:
    return {"type": finding.type, "path": f"spec.{finding.path}", "message": finding.message}
