"""What a custom resource definition says beyond its schema: names, columns, list types."""

from dataclasses import dataclass
from typing import Any, Literal

GROUP = "sluice.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

Extra = dict[str, Any]

KEYED_BY_NAME: Extra = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
}
KEYED_BY_TYPE: Extra = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}
A_SET: Extra = {"x-kubernetes-list-type": "set"}
ANY_JSON: Extra = {"x-kubernetes-preserve-unknown-fields": True}
NULLABLE: Extra = {"nullable": True}
INT_OR_STRING: Extra = {"x-kubernetes-int-or-string": True}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of `kubectl get`."""

    name: str
    path: str
    type: Literal["string", "integer", "date"] = "string"
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How the API server names, prints and selects one of our kinds."""

    name: str
    plural: str
    short: str
    scope: Literal["Namespaced", "Cluster"] = "Namespaced"
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()
    scalable: bool = False
