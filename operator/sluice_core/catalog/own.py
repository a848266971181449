"""Actions of the users' own as rows of the catalogue: what a WorkflowAction says, in its terms."""

from collections.abc import Mapping
from types import MappingProxyType

from sluice_core.api.action import ActionRole, ActionSpec
from sluice_core.catalog import CATALOG, OUTPUT, ActionType, Params
from sluice_core.catalog.action import Role

ROLES: Mapping[ActionRole, Role] = MappingProxyType(
    {"Delivers": "delivers", "Reads": "reads", "Transforms": "transforms"}
)
SAFE = ("GET", "PUT", "DELETE")  # RFC 9110, 9.2.2: a repetition has the effect of one request


class OwnParams(Params, extra="allow"):
    """Whatever the action's own schema admits."""


def row(name: str, spec: ActionSpec, fault: str = "") -> ActionType:
    """The row of one WorkflowAction; a `fault` keeps steps from using it."""
    return ActionType(
        name=name,
        title=spec.title or name,
        category=spec.category,
        role=ROLES[spec.role],
        params=OwnParams,
        sample=dict(spec.sample or {}),
        ports=tuple(port.name for port in spec.ports) or (OUTPUT,),
        failures=(*spec.retry_on, "Permanent"),
        credentials=spec.credential_types,
        repeatable=_repeatable(spec),
        paired_with=ROLES[spec.paired_with] if spec.paired_with else None,
        timeout_seconds=spec.timeout_seconds if spec.http else None,  # a Job keeps its own time
        schema={} if spec.config is None else spec.config,
        fault=fault,
        description=spec.description or "",
    )


def catalogue(
    actions: Mapping[str, ActionSpec], faults: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, ActionType]:
    """The built-in actions and those of the users' own, of which none replaces a built-in one."""
    return {name: row(name, spec, faults.get(name, "")) for name, spec in actions.items()} | {
        **CATALOG
    }


def _repeatable(spec: ActionSpec) -> bool:
    call = spec.http
    return call is not None and (call.method in SAFE or call.idempotency_header is not None)
