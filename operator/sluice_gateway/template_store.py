"""Templates of a namespace, and those that the release brings along."""

from typing import Any

from sluice_core import names
from sluice_gateway.forms import node_view
from sluice_gateway.objects import Api, Objects
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import TEMPLATES, Key, Manifest
from sluice_kube.scope import Scope

MOST = 500
NOT_COPIED = ("sharing", "state", "replicas")


class Templates(Objects):
    """A template of the namespace goes before a shipped one of the same name."""

    def __init__(self, session: Api, release_namespace: str) -> None:
        super().__init__(session, TEMPLATES, no_template)
        self._release = release_namespace

    async def all(self, namespace: str) -> list[Manifest]:
        """By name."""
        found: dict[str, Manifest] = {}
        for place in dict.fromkeys((self._release, namespace)):
            page = await self._session.page(TEMPLATES, Scope(place), limit=MOST, following="")
            found |= {one["metadata"]["name"]: one for one in page.items}
        return [found[name] for name in sorted(found)]

    async def find(self, namespace: str, name: str) -> Manifest:
        """Raises Problem 404."""
        for place in (namespace, self._release):
            try:
                return await self._session.get(TEMPLATES, Key(place, name))
            except errors.NotFound:
                continue
        raise no_template(namespace, name)

    async def keep(self, workflow: Manifest) -> bool:
        """A template of a workflow, under its name; whether there is none of another spec."""
        made = of_workflow(workflow)
        try:
            await self._session.create(TEMPLATES, made)
        except errors.AlreadyExists:
            found = await self._session.get(TEMPLATES, Key.of(made))
            return bool(found["spec"]["workflow"] == made["spec"]["workflow"])
        return True


def of_workflow(workflow: Manifest) -> Manifest:
    """What others may start from: without those it is shared with, and its state."""
    metadata, spec = workflow["metadata"], workflow["spec"]
    about = {name: spec[name] for name in ("title", "description", "tags") if spec.get(name)}
    plain = {name: value for name, value in spec.items() if name not in NOT_COPIED}
    return {
        "apiVersion": TEMPLATES.api_version,
        "kind": TEMPLATES.kind,
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "annotations": {
                names.ANNOTATION_OWNER: metadata["annotations"][names.ANNOTATION_OWNER]
            },
        },
        "spec": {**about, "category": "general", "workflow": plain},
    }


def view(template: Manifest, namespace: str) -> dict[str, Any]:
    """A template as the REST API tells of it."""
    metadata, spec = template["metadata"], template["spec"]
    return {
        "id": metadata["name"],
        "name": spec.get("title") or metadata["name"],
        "description": spec.get("description", ""),
        "category": spec.get("category", "general"),
        "tags": spec.get("tags", []),
        "shipped": metadata["namespace"] != namespace,
        "parameters": spec.get("parameters") or {},
        "nodes": node_view.nodes(spec["workflow"]),
        "connections": node_view.connections(spec["workflow"]),
        "createdAt": metadata.get("creationTimestamp"),
    }


def no_template(namespace: str, name: str) -> Problem:
    """There is none of that name."""
    detail = f'there is no template "{name}" in namespace "{namespace}", and none is shipped'
    return Problem(404, "TemplateNotFound", f"{detail}: GET /templates lists them")
