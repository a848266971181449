"""Deliver notifications about runs until they have arrived, or an hour is over.

What is due lies in the run's status, written with its end, so that the next leader goes on with
it. How it went costs a write for each round of attempts at a run's letters, and nothing for a run
without any. Each letter is delivered at least once, always under the same id.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

from pydantic import TypeAdapter, ValidationError

from sluice_core import wire
from sluice_core.api.workflow import Notification
from sluice_kube.resources import Manifest
from sluice_operator.deadlines import Deadlines
from sluice_operator.run import letters
from sluice_operator.run.letters import Letter, Told
from sluice_operator.run.mail import Mail
from sluice_operator.run.observed import Name, Run, has_ended, read
from sluice_operator.run.tasks import Tasks

log = logging.getLogger(__name__)

AT_ONCE = 64
OF_NAMESPACE = 16  # of these, so that receivers that never answer hold up no other's
TO_RECEIVER = 4
NOTIFICATIONS = TypeAdapter(tuple[Notification, ...])
WITHDRAWN = wire.Delivery(
    outcome="Refused", message="the workflow does not have this notification any more"
)


class Store(Protocol):
    """Where a run's deliveries are kept; see sluice_operator.run.stored."""

    def write_notifications(
        self, name: Name, uid: str, entries: list[dict[str, Any]]
    ) -> Awaitable[bool]:
        """Write them; False where the run is gone."""


class Post(Protocol):
    """Who carries letters; see sluice_operator.courier."""

    def deliver(self, letter: wire.Letter) -> Awaitable[wire.Delivery]:
        """What came of one attempt."""


class Key(NamedTuple):
    """Of a letter: uid of the run, and its own id."""

    uid: str
    id: str


class Deliveries:
    """`post` is None where there is no courier: then nothing is due to anybody."""

    def __init__(self, post: Post | None, store: Store, now: Callable[[], datetime]) -> None:
        self._post, self._store, self._now = post, store, now
        self._receivers: dict[Name, tuple[Notification, ...]] = {}
        self._mail: dict[str, Mail] = {}
        self._times: Deadlines[Key] = Deadlines(self._due, now)
        self._tasks = Tasks()
        self._all = asyncio.Semaphore(AT_ONCE)
        self._some: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def run(self) -> None:
        """Deliver what is due, until cancelled."""
        await self._times.run()

    def look(self) -> None:
        """Deliver what is due now."""
        for key in self._times.pop_due():
            self._due(key)

    async def close(self) -> None:
        """Deliver nothing any more; the next leader will."""
        await self._tasks.close()

    def needs(self, uid: str) -> bool:
        """Whether a run has letters that have not arrived."""
        return uid in self._mail

    # -- what happens

    def see(self, flow: Name, manifest: Manifest | None) -> None:
        """A workflow as it is now; None for one that is gone."""
        raw = manifest.get("spec", {}).get("notifications") if manifest and self._post else None
        self._receivers.pop(flow, None)
        if not raw:
            return
        try:
            self._receivers[flow] = NOTIFICATIONS.validate_python(raw)
        except ValidationError as error:  # older than the CRDs, which its status says
            log.warning("notifications of %s: %s", flow, error)

    def found(self, manifest: Manifest) -> None:
        """A run that an earlier leader knew; costs a look where it has no notifications."""
        status = manifest.get("status", {})
        if not status.get("notifications") or self._post is None:
            return
        run = read(manifest)
        mail = Mail(run.name, run.uid, run.workflow, is_over=has_ended(manifest))
        mail.letters = {one.id: one for one in letters.stored(run, status)}
        mail.written = mail.shown
        if run.uid in self._mail or (mail.is_over and mail.is_settled):
            return
        self._mail[run.uid] = mail
        self._plan(mail)

    def saw(self, run: Run, what: wire.Happening) -> None:
        """Something happened in a run on its runner."""
        if run.workflow not in self._receivers or _is_a_test(run):
            return
        match what:
            case wire.Accepted() if run.attempt == 1:
                self._add(run, letters.begun(run))
            case wire.StepFinished(phase="Failed", step=step):
                self._add(run, letters.step_failed(run, what), step)
            case _:
                return
        if (mail := self._mail.get(run.uid)) is not None:
            self._plan(mail)

    def ending(self, run: Run, status: dict[str, Any]) -> None:
        """A run ends as that status has it, which is not stored yet: say there what is due."""
        if run.workflow in self._receivers and not _is_a_test(run):
            told = letters.ended(run, status)
            if told is not None:
                self._add(run, told)
        mail = self._mail.get(run.uid)
        if mail is not None:
            status["notifications"] = mail.written = mail.shown

    def ended(self, run: Run) -> None:
        """A run's end is stored: what is due then goes out."""
        mail = self._mail.get(run.uid)
        if mail is not None:
            mail.is_over, mail.live = True, None
            self._plan(mail)
            self._settle(mail)

    def left(self, uid: str) -> None:
        """A run is not undecided any more: it has ended, or was deleted."""
        mail = self._mail.get(uid)
        if mail is not None:
            mail.is_left = True
            self._settle(mail)

    # -- letters

    def _add(self, run: Run, told: Told, step: str | None = None) -> None:
        """Those that are new; an entry for the end of the run is kept free for each receiver."""
        receivers = self._receivers[run.workflow]
        made = list(letters.addressed(told, receivers, self._now(), step))
        if not made:
            return
        mail = self._mail.setdefault(run.uid, Mail(run.name, run.uid, run.workflow))
        mail.live = run
        is_end = told.event["type"] in letters.ENDS
        room = letters.MOST - (0 if is_end else len(receivers))
        for letter in made:
            if letter.id in mail.letters:
                continue
            if len(mail.letters) >= room:
                log.warning("run %s: no room to tell of step %s", run.name, step)
                continue
            mail.letters[letter.id] = letter
        mail.show()

    def _plan(self, mail: Mail) -> None:
        for letter in mail.waiting():
            self._times.set(Key(mail.uid, letter.id), letter.next or self._now())

    def _due(self, key: Key) -> None:
        mail = self._mail.get(key.uid)
        if mail is not None and key.id not in mail.in_flight:
            mail.in_flight.add(key.id)
            self._tasks.spawn(self._attempt(mail, key.id))

    async def _attempt(self, mail: Mail, id_: str) -> None:
        letter = mail.letters[id_]
        namespace = mail.name.namespace
        to = self._turns(f"{namespace}/{letters.mark(letter)}", TO_RECEIVER)
        of = self._turns(namespace, OF_NAMESPACE)
        async with to, of, self._all:
            came = await self._sent(mail, letter)
        mail.letters[id_] = letters.after(letter, came, self._now(), random.random())  # noqa: S311
        mail.in_flight.discard(id_)
        mail.show()
        self._plan(mail)
        self._settle(mail)

    def _turns(self, what: str, at_once: int) -> asyncio.Semaphore:
        """Those who wait for it keep it."""
        return self._some.setdefault(what, asyncio.Semaphore(at_once))

    async def _sent(self, mail: Mail, letter: Letter) -> wire.Delivery:
        receiver = letters.receiver(letter, self._receivers.get(mail.workflow, ()))
        if receiver is None or self._post is None:
            return WITHDRAWN
        return await self._post.deliver(
            wire.Letter(
                id=letter.id,
                namespace=mail.name.namespace,
                url=receiver.url,
                secret_key=receiver.secret_key,
                body=letter.text,
            )
        )

    def _settle(self, mail: Mail) -> None:
        """Write how it went once no letter of the run is on its way, and forget it at the end."""
        if mail.in_flight or mail.is_writing:
            return
        if mail.is_over and mail.shown != mail.written:
            mail.is_writing = True
            self._tasks.spawn(self._write(mail))
        elif mail.is_done:
            self._mail.pop(mail.uid, None)

    async def _write(self, mail: Mail) -> None:
        entries = mail.shown
        is_there = await self._store.write_notifications(mail.name, mail.uid, entries)
        mail.written, mail.is_writing = entries, False
        if is_there:
            self._settle(mail)
        else:
            self._mail.pop(mail.uid, None)


def _is_a_test(run: Run) -> bool:
    return bool(run.spec.get("trigger", {}).get("type") == "Test")
