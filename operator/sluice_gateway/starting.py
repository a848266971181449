"""Make a run, once, and answer that it exists or wait for its end: what all triggers share."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from sluice_gateway import answers, waiting
from sluice_gateway.desk import respond
from sluice_gateway.flows import Flow
from sluice_gateway.idempotency import Claim
from sluice_gateway.inputs import check_inputs
from sluice_gateway.plans import Begun
from sluice_gateway.problems import Problem
from sluice_gateway.refusals import check_takes_runs
from sluice_gateway.runs import Runs
from sluice_gateway.waiting import Waiting, has_ended
from sluice_kube.resources import Key, Manifest


@dataclass(frozen=True)
class Starter:
    """Makes runs. `sync_seconds` is how long one is waited for."""

    runs: Runs
    waiting: Waiting
    sync_seconds: float

    async def create(self, flow: Flow, run: Manifest, claim: Claim) -> Begun:
        """The run as it exists. What was accepted once is not refused when it is repeated."""
        try:
            now = datetime.now(UTC)
            check_takes_runs(flow, run["spec"], now)
            check_inputs(flow, run["spec"])
            await self.runs.check_apart(flow, run, now)
        except Problem:
            earlier = await self.runs.find_equal(Key.of(run), claim)
            if earlier is None:
                raise
            return Begun(earlier)
        return await self.runs.create(run, claim)

    async def accept(self, flow: Flow, run: Manifest, claim: Claim) -> Response:
        """202, it exists."""
        return _accepted(await self.create(flow, run, claim))

    async def result(self, flow: Flow, run: Manifest, claim: Claim, request: Request) -> Response:
        """200 and how it ended, or 202 when that takes too long, or who asks hangs up."""
        begun, last = await self.end(flow, run, claim, request)
        if last is None:
            return _accepted(begun)
        return respond(200, answers.ended(last), headers=begun.headers)

    async def end(
        self, flow: Flow, run: Manifest, claim: Claim, request: Request
    ) -> tuple[Begun, Manifest | None]:
        """The run as it began and as it ended, which is None where it goes on.

        Raises Problem 410 when it is deleted.
        """
        with self.waiting.expect(Key.of(run)) as outcome:
            begun = await self.create(flow, run, claim)
            if has_ended(begun.run):
                return begun, begun.run
            last = await waiting.wait(outcome, self.sync_seconds, request.receive)
        if last is not None and not has_ended(last):
            name = last["metadata"]["name"]
            raise Problem(410, "RunDeleted", f'the run "{name}" was deleted before it ended')
        return begun, last


def _accepted(begun: Begun) -> Response:
    key = Key.of(begun.run)
    content = answers.started(key, begun.run["spec"]["workflow"])
    return respond(202, content, answers.url(key), begun.headers)
