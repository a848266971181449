"""What a run waits for is asked of the API server until it answers, however long it is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sluice_core.definition import Definition
from sluice_kube import retry
from sluice_kube.sending import Settings
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.observed import read
from sluice_operator.run.pinning import pin
from sluice_operator.run.stored import Stored
from sluice_operator.solo_pods import SoloPods
from testkit.dispatching import FLOW, a_manifest
from testkit.scripted_api import Answer, ScriptedApi, says

AWAY = says(503, {"reason": "ServiceUnavailable"})
ONCE = Settings(retries=retry.NEVER)  # a session's own patience is over after some seconds


@asynccontextmanager
async def an_api(*answers: Answer) -> AsyncIterator[tuple[Session, ScriptedApi]]:
    async with ScriptedApi(list(answers)) as api, Session(api.config, ONCE) as session:
        yield session, api


def leads() -> bool:
    return True


async def test_whether_a_run_goes_on() -> None:
    run = a_manifest(status={"phase": "Retrying"})
    async with an_api(AWAY, says(200, run)) as (session, _):
        there = await Stored(session, StatusWriter(session), leads).is_undecided(read(run))

    assert there


async def test_which_version_a_run_is_pinned_to() -> None:
    raw = Definition().model_dump(mode="json", by_alias=True)
    async with an_api(AWAY, says(200, {"data": raw})) as (session, _):
        found = await pin(session, Insisting(leads), FLOW, 2)

    assert found is not None
    assert found.version == 2


async def test_that_the_pod_of_a_run_goes() -> None:
    async with an_api(AWAY, says(200)) as (session, api):
        await SoloPods(session, lambda _: None, leads).remove(read(a_manifest()), 1)

    assert [method for method, _, _ in api.asked] == ["DELETE", "DELETE"]
