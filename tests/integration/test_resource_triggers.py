"""Runs that changes of objects set off, on a real API server: each once, over restarts too."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_kube.resources import CONFIG_MAPS, RUNS, WORKFLOWS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.ledger import Ledger
from sluice_operator.resource.access import GOOD_FOR, Problem
from sluice_operator.resource.observed import Kind, Mark, marks
from sluice_operator.resource_triggers import Outside, ResourceTriggers
from testkit.eventually import until

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
LISTED = (Kind("v1", "ConfigMap"), Kind("x.example/v1", "Nothing"), Kind("v1", "Node"))
STEPS = [{"name": "a", "action": "log", "with": {"message": "hello"}}]
SHOP = {"app": "shop"}
OLD = timedelta(seconds=3)  # times of creation have no fractions, and clocks a second of leeway


def a_trigger(name: str = "maps", **fields: Any) -> Manifest:
    asked = {"apiVersion": "v1", "kind": "ConfigMap", "labelSelector": {"matchLabels": SHOP}}
    return {"name": name, "resource": asked | fields}


class Place:
    """A namespace with one workflow. Its object is a draft: an installed operator leaves it."""

    def __init__(self, session: Session, namespace: str) -> None:
        self.session, self.namespace = session, namespace
        self.key = Key(namespace, "etl")
        self.status: dict[str, Any] = {}
        self.uid = ""

    async def fill(self) -> None:
        made = await self.session.create(
            WORKFLOWS, self._manifest() | {"spec": {"steps": STEPS, "state": "Draft"}}
        )
        self.uid = made["metadata"]["uid"]

    def workflow(self, *triggers: Manifest, **spec: Any) -> Workflow:
        manifest = self._manifest()
        manifest["metadata"] |= {"uid": self.uid, "creationTimestamp": "2026-01-05T09:00:00Z"}
        given = {"steps": STEPS, "triggers": list(triggers) or [a_trigger()], **spec}
        return Workflow.model_validate(manifest | {"spec": given})

    async def permit(self) -> None:
        """The workflow's account may watch ConfigMaps."""
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "watch"]}
        account = names.runner(self.key.name)
        subject = {"kind": "ServiceAccount", "name": account, "namespace": self.namespace}
        group = "rbac.authorization.k8s.io"
        role = {"apiGroup": group, "kind": "Role", "name": "watch"}
        about = {
            "apiVersion": f"{group}/v1",
            "metadata": {"name": "watch", "namespace": self.namespace},
        }
        await self.session.create(ROLES, about | {"kind": "Role", "rules": [rule]})
        await self.session.create(
            BINDINGS, about | {"kind": "RoleBinding", "roleRef": role, "subjects": [subject]}
        )

    async def add(self, name: str, labels: dict[str, str] | None = None, text: str = "1") -> None:
        metadata = {"namespace": self.namespace, "name": name, "labels": labels or SHOP}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        await self.session.create(CONFIG_MAPS, manifest | {"data": {"text": text}})

    async def modify(self, name: str, text: str) -> None:
        await self.session.merge_patch(
            CONFIG_MAPS, Key(self.namespace, name), {"data": {"text": text}}
        )

    async def delete(self, name: str) -> None:
        await self.session.delete(CONFIG_MAPS, Key(self.namespace, name))

    async def time(self, name: str) -> datetime:
        """When it was created."""
        found = await self.session.get(CONFIG_MAPS, Key(self.namespace, name))
        return datetime.fromisoformat(found["metadata"]["creationTimestamp"])

    async def runs(self) -> list[Manifest]:
        return [one async for one in self.session.list(RUNS, Scope(self.namespace))]

    async def changes(self) -> Counter[str]:
        """What runs are of."""
        return Counter(
            f"{one['spec']['inputs']['change']} {one['spec']['trigger']['source']}"
            for one in await self.runs()
        )

    def _manifest(self) -> Manifest:
        metadata = {"name": self.key.name, "namespace": self.namespace}
        return {"apiVersion": names.API_VERSION, "kind": "Workflow", "metadata": metadata}


class Leader:
    """One that has just begun, and reads what the one before has stored."""

    def __init__(self, place: Place, session: Session) -> None:
        self.place, self.clock = place, timedelta()
        self.problems: list[tuple[Problem, ...]] = []
        self.ledger = Ledger(lambda _key, _when: None, self.now)
        self.triggers = ResourceTriggers(
            Outside(
                session=session,
                listed=LISTED,
                ledger=self.ledger,
                told=lambda _key, problems: self.problems.append(problems),
                gone=lambda _key, _uid: None,
                leading=lambda: True,
                now=self.now,
            )
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock

    def see(self, workflow: Workflow) -> None:
        self.ledger.open(self.place.key, self.place.uid, None, self.place.status)
        self.triggers.see(workflow, valid=True)

    def store(self) -> None:
        """As the room of workflows does, a minute later."""
        self.ledger.complete()
        self.clock += timedelta(minutes=2)
        self.place.status = self.ledger.shown(self.place.key) or {}
        self.clock = timedelta()

    async def begun(self) -> None:
        await until(lambda: self.mark().version is not None, "the trigger is watched")

    def mark(self) -> Mark:
        return self.ledger.marks(self.place.key).get("maps", Mark())

    def settled_after(self, time: datetime) -> bool:
        settled = self.mark().time
        return settled is not None and settled > time

    def moved(self) -> bool:
        """Whether it is further than what was stored."""
        return self.mark().version != marks(self.place.status)["maps"].version


@asynccontextmanager
async def leading(place: Place, *triggers: Manifest) -> AsyncIterator[Leader]:
    async with Session(place.session.config) as session:
        leader = Leader(place, session)
        leader.see(place.workflow(*triggers))
        task = asyncio.create_task(leader.triggers.run())
        try:
            yield leader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def place(session: Session, namespace: str) -> Place:
    made = Place(session, namespace)
    await made.fill()
    return made


async def come(place: Place, *wanted: str) -> None:
    """Wait for these runs; there are no others."""
    async with asyncio.timeout(20):
        while len(await place.runs()) < len(wanted):  # noqa: ASYNC110 - they are elsewhere
            await asyncio.sleep(0.05)
    assert await place.changes() == Counter(wanted)


async def test_each_change_of_what_is_asked_for_makes_a_run(place: Place) -> None:
    await place.permit()
    await place.add("before")

    async with leading(place) as leader:
        await leader.begun()
        await place.add("other", {"app": "bank"})
        await place.add("prices", text="one")
        await come(place, "Added ConfigMap/prices")
        await place.modify("prices", "two")
        await come(place, "Added ConfigMap/prices", "Modified ConfigMap/prices")
        await place.delete("prices")
        await come(
            place,
            "Added ConfigMap/prices",
            "Modified ConfigMap/prices",
            "Deleted ConfigMap/prices",
        )

    runs = {one["spec"]["inputs"]["change"]: one for one in await place.runs()}
    assert runs["Added"]["spec"]["inputs"]["object"]["data"] == {"text": "one"}
    assert runs["Modified"]["spec"]["inputs"]["object"]["data"] == {"text": "two"}
    assert "managedFields" not in runs["Modified"]["spec"]["inputs"]["object"]["metadata"]
    gone = runs["Deleted"]["spec"]["inputs"]["object"]
    assert (gone["kind"], gone["metadata"]["name"]) == ("ConfigMap", "prices")
    assert {one["metadata"]["ownerReferences"][0]["uid"] for one in runs.values()} == {place.uid}


async def test_only_the_changes_that_are_asked_for(place: Place) -> None:
    await place.permit()

    async with leading(place, a_trigger(events=["Deleted"])) as leader:
        await leader.begun()
        await place.add("prices")
        await place.modify("prices", "2")
        await place.delete("prices")
        await come(place, "Deleted ConfigMap/prices")


async def test_a_restart_makes_no_second_run_and_makes_up_for_what_it_missed(place: Place) -> None:
    await place.permit()
    await place.add("old")
    async with leading(place) as first:
        await first.begun()
        await place.add("prices")
        await come(place, "Added ConfigMap/prices")
        noted = await place.time("prices")
        await until(lambda: first.mark().last is not None, "that the run is noted")
        await until(lambda: first.settled_after(noted), "that it is settled")
        first.store()
    stored = place.status

    async with leading(place) as second:
        await until(lambda: second.problems == [()], "a look")
        second.store()
    restarted, untouched = place.status, await place.changes()
    await place.modify("old", "2")
    await place.add("new")
    async with leading(place):
        await come(place, "Added ConfigMap/prices", "Modified ConfigMap/old", "Added ConfigMap/new")

    assert untouched == Counter(["Added ConfigMap/prices"])
    assert stored["triggers"][0]["watermark"]
    assert restarted == stored, "nothing was to be written"


async def test_that_a_trigger_is_watched_is_told_once_it_is_stored_where_it_begins(
    place: Place,
) -> None:
    await place.permit()
    await place.add("old")
    made = await place.time("old")
    await until(lambda: datetime.now(UTC) - made > OLD, "that it is no new object")

    async with leading(place) as first:
        await until(lambda: first.problems == [()], "it is told")
        place.status = first.ledger.shown(place.key) or {}
    await place.modify("old", "2")
    async with leading(place):
        await come(place, "Modified ConfigMap/old")


async def test_a_leader_that_stored_nothing_leaves_no_second_run(place: Place) -> None:
    await place.permit()
    async with leading(place) as first:
        await first.begun()
        first.store()
        await place.add("prices")
        await come(place, "Added ConfigMap/prices")

    async with leading(place) as second:
        await until(second.moved, "it is found again")
        assert second.mark().last is None, "it made no run"
        await place.add("more")
        await come(place, "Added ConfigMap/prices", "Added ConfigMap/more")


async def test_while_it_is_paused_nothing_is_noted(place: Place) -> None:
    await place.permit()
    async with leading(place) as leader:
        await leader.begun()
        leader.see(place.workflow(state="Paused"))
        await until(lambda: leader.mark().version is None, "the pause")
        await place.add("meanwhile")
        leader.see(place.workflow())
        await leader.begun()
        await place.add("after")
        await come(place, "Added ConfigMap/after")


WRONG = {
    "KindNotListed": (
        {"kind": "Pod"},
        "triggers[0].resource: v1 Pod is not among the kinds that this installation watches",
    ),
    "KindNotServed": (
        {"apiVersion": "x.example/v1", "kind": "Nothing"},
        "triggers[0].resource: this cluster serves no x.example/v1 Nothing",
    ),
    "KindNotNamespaced": (
        {"kind": "Node"},
        "triggers[0].resource: objects of v1 Node are in no namespace",
    ),
}


@pytest.mark.parametrize(("reason", "given"), WRONG.items(), ids=WRONG)
async def test_what_cannot_be_watched_is_told(
    place: Place, reason: str, given: tuple[dict[str, Any], str]
) -> None:
    fields, says = given

    async with leading(place, a_trigger(**fields)) as leader:
        await until(lambda: bool(leader.problems), "what is wrong")

    [[problem]] = leader.problems
    assert problem.reason == reason
    assert problem.message.startswith(says)


async def test_what_the_workflows_account_may_not_watch_sets_nothing_off_until_it_may(
    place: Place,
) -> None:
    async with leading(place) as leader:
        await until(lambda: bool(leader.problems), "what is wrong")
        await place.add("before")
        await place.permit()
        leader.clock += GOOD_FOR
        leader.see(place.workflow(a_trigger(events=["Added"])))
        await leader.begun()
        await place.add("after")
        await come(place, "Added ConfigMap/after")

    [[problem], nothing] = leader.problems
    assert problem.reason == "AccountForbidden"
    assert f"--serviceaccount={place.namespace}:workflow-etl" in problem.message
    assert nothing == ()
