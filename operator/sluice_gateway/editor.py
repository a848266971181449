"""Make and change workflows on a caller's behalf: whatever way it is asked, it is judged first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastapi import Request

from sluice_core import caps, names
from sluice_gateway import making
from sluice_gateway.auth import GET_CONFIG_MAP, SHARE_FLOW, Caller
from sluice_gateway.desk import Desk
from sluice_gateway.forms.made import Made
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.idempotency import Once, once
from sluice_gateway.judging import Judge
from sluice_gateway.objects import TRIES, changed_all_the_time
from sluice_gateway.plans import Plans, over
from sluice_gateway.workflows import (
    NO_METADATA,
    Workflows,
    is_shared_alike,
    with_metadata,
    with_spec,
)
from sluice_kube.resources import Key, Manifest

Edit: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class _OvertakenError(Exception):
    """The spec is not any more what a change was made of."""


@dataclass(frozen=True)
class Editor:
    """What all endpoints share that make or change a workflow."""

    desk: Desk
    workflows: Workflows
    judge: Judge
    plans: Plans

    async def create_once(self, request: Request, manifest: Manifest, made: Made) -> Manifest:
        """The workflow as it exists: made by this request, or by an equal one before.

        Raises Problem 403 where it is beyond the plan.
        """
        metadata = manifest["metadata"]
        owner = metadata["annotations"][names.ANNOTATION_OWNER]
        claim = once(request.headers, manifest, metadata["namespace"], owner)
        self.plans.check_spec(metadata["namespace"], manifest["spec"])
        await self._check_room(metadata["namespace"], claim)
        return await self.workflows.create(manifest, making.names_for(made, claim.key), claim)

    async def _check_room(self, namespace: str, claim: Once) -> None:
        """Raises Problem 403 where the plan admits no more workflows."""
        plan = self.plans.of(namespace)
        if plan is None or plan.spec.max_workflows is None:
            return
        found = await self.workflows.within(namespace)
        beyond = caps.workflows(plan.spec, plan.name, len(found))
        if beyond and not any(claim.made(one) for one in found):
            raise over(beyond)

    async def around(self, caller: Caller, namespace: str, body: Any) -> Surroundings:
        """What a body may refer to, as far as the caller may see it."""

        async def may_read(name: str) -> None:
            await self.desk.gate.admit(caller, GET_CONFIG_MAP, namespace, name)

        return await self.judge.around(namespace, body, may_read)

    async def shown(self, caller: Caller, key: Key) -> Manifest:
        """The workflow as it is; raises Problem 404 also where this caller must not see it."""
        await self.desk.flow(caller, *key)
        return await self.workflows.get(key)

    async def edit(
        self,
        request: Request,
        caller: Caller,
        key: Key,
        edit: Edit,
        metadata: Mapping[str, Any] = NO_METADATA,
    ) -> Manifest:
        """Change a workflow's spec by a function, judged before it is written.

        Raises Problem 422 for a spec that is not valid, 403 for sharing without the right to it.
        """
        for _ in range(TRIES):
            try:
                return await self._edit_judged(request, caller, key, edit, metadata)
            except _OvertakenError:
                continue
        raise changed_all_the_time(key)

    async def _edit_judged(
        self, request: Request, caller: Caller, key: Key, edit: Edit, metadata: Mapping[str, Any]
    ) -> Manifest:
        """Raises _OvertakenError when somebody else was faster: what was judged is past then."""
        current = await self.shown(caller, key)
        spec = edit(current["spec"])
        await self.judge.check(spec, key.namespace)
        self.plans.check_spec(key.namespace, spec, current["spec"])
        if not is_shared_alike(spec, current["spec"]):
            await self.desk.gate.admit(caller, SHARE_FLOW, *key)

        def edited(found: Manifest) -> Manifest:
            if found["spec"] != current["spec"]:
                raise _OvertakenError
            return with_metadata(with_spec(found, spec), metadata)

        return await self.workflows.change(key, edited, request.headers.get("if-match"))
