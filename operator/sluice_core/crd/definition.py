"""One CustomResourceDefinition for each kind: names, columns, subresources and schema."""

from sluice_core.api.action import WorkflowAction
from sluice_core.api.credential import WorkflowCredential
from sluice_core.api.kind import GROUP, VERSION, Column, Kind
from sluice_core.api.meta import Resource
from sluice_core.api.plan import WorkflowPlan
from sluice_core.api.run import WorkflowRun
from sluice_core.api.template import WorkflowTemplate
from sluice_core.api.workflow import Workflow
from sluice_core.crd import structural
from sluice_core.manifest import Manifest

KINDS: tuple[type[Resource], ...] = (
    Workflow,
    WorkflowRun,
    WorkflowCredential,
    WorkflowTemplate,
    WorkflowAction,
    WorkflowPlan,
)


def file_name(model: type[Resource]) -> str:
    """The name of the kind's file under crds/."""
    return f"{model.kind_info.plural}.yaml"


def make_definition(model: type[Resource]) -> Manifest:
    """The CustomResourceDefinition of a kind."""
    kind = model.kind_info
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short],
                "categories": ["sluice"],
            },
            "scope": kind.scope,
            "versions": [_version(model)],
        },
    }


def _version(model: type[Resource]) -> Manifest:
    kind = model.kind_info
    version: Manifest = {"name": VERSION, "served": True, "storage": True}
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in kind.selectable]
    version["additionalPrinterColumns"] = [_column(column) for column in kind.columns]
    version["subresources"] = _subresources(kind)
    version["schema"] = {"openAPIV3Schema": _schema(model)}
    return version


def _column(column: Column) -> Manifest:
    made: Manifest = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return made | ({"priority": 1} if column.wide else {})


def _subresources(kind: Kind) -> Manifest:
    made: Manifest = {"status": {}}
    if kind.scalable:
        made["scale"] = {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        }
    return made


def _schema(model: type[Resource]) -> Manifest:
    """The schema of the whole object, whose metadata is the API server's own to check.

    What the operator left out of a status stays out: else it would never equal what was written.
    """
    schema = structural.schema_of(model)
    inside = schema["properties"]
    for _, field in structural.fields(inside["status"]):
        field.pop("default", None)
    schema["properties"] = {
        "apiVersion": {"type": "string", "description": "Version of this schema."},
        "kind": {"type": "string", "description": f"Always {model.kind_info.name}."},
        "metadata": {"type": "object"},
        "spec": inside["spec"],
        "status": inside["status"],
    }
    return schema | {"required": ["spec"]}
