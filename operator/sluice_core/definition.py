"""What a version of a workflow holds and a runner executes, with the bytes that its hash covers."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Self

from pydantic import Field, ValidationError

from sluice_core import graph
from sluice_core.api import steps
from sluice_core.api.action import ActionSpec
from sluice_core.api.bounds import ActionName, LabelName
from sluice_core.api.steps import Step
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.finding import Finding
from sluice_core.graph import Graph

NO_ACTIONS: Mapping[str, ActionSpec] = MappingProxyType({})


class InvalidDefinition(ValueError):  # noqa: N818 - named as it is said
    """Bytes or values that are no definition."""


class Definition(steps.Definition):
    """Inputs, steps and settings of a workflow, what its entities are, and what actions mean.

    A WorkflowAction is held as it was when the version was made: a runner has no other source.
    """

    entity_type: LabelName | None = Field(None, description="What the entities of its runs are.")
    actions: dict[ActionName, ActionSpec] = Field(
        default_factory=dict, description="The WorkflowActions that its steps use."
    )

    @classmethod
    def of(cls, spec: WorkflowSpec, actions: Mapping[str, ActionSpec] = NO_ACTIONS) -> Self:
        """The part of a workflow that makes up a version; `actions` are those that there are."""
        return cls(
            inputs=spec.inputs,
            steps=spec.steps,
            settings=spec.settings,
            entity_type=spec.entity_type,
        ).using(actions)

    def using(self, actions: Mapping[str, ActionSpec]) -> Self:
        """The same steps, with what `actions` say of those that they use, and with nothing else."""
        used = sorted(actions.keys() & {step.action for step in self.steps})
        return self.model_copy(update={"actions": {name: actions[name].executed for name in used}})

    def encode(self) -> bytes:
        """Canonical JSON. Defaults are left out, so that a new field changes no old hash."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        try:
            return json.dumps(
                plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
            ).encode()
        except ValueError as error:  # NaN, an infinity, half a surrogate pair
            raise InvalidDefinition(f"not expressible in JSON: {error}") from error

    @cached_property
    def graph(self) -> Graph:
        """The order of the steps; InvalidGraph where they have none."""
        return graph.build(self.steps)

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """Each step under its name."""
        return {step.name: step for step in self.steps}


def digest(raw: bytes) -> str:
    """The name of a definition: sha256 of its bytes, hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


@lru_cache(maxsize=256)
def decode(raw: bytes) -> Definition:
    """Read what `encode` wrote; the result is shared and must not be changed."""
    try:
        return Definition.model_validate_json(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidDefinition(str(error)) from error


def exceeds(override: steps.Definition, base: steps.Definition) -> list[Finding]:
    """What a definition that a run brings along uses, and the version that it replaces does not.

    Egress is not a definition's to say: that of the workflow holds for both.
    """
    actions = {step.action for step in base.steps}
    credentials = {step.credential for step in base.steps}
    found = []
    for index, step in enumerate(override.steps):
        if step.action not in actions:
            found.append(_exceeding(index, step, "action", step.action))
        if step.credential is not None and step.credential not in credentials:
            found.append(_exceeding(index, step, "credential", step.credential))
    return found


def _exceeding(index: int, step: Step, field: str, name: str) -> Finding:
    return Finding(
        type="NotInVersion",
        step=step.name,
        path=f"steps[{index}].{field}",
        message=f"the version that this definition replaces uses no {field} '{name}'",
    )
