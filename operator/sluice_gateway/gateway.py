"""The whole gateway as one running thing: its watches, its application, its way to end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from starlette.types import ASGIApp

from sluice_core import event_types, names
from sluice_core.event_types import EventType
from sluice_gateway import flows
from sluice_gateway.app import Routes, in_front, make_api
from sluice_gateway.auth import Gate
from sluice_gateway.cached import Cached
from sluice_gateway.credential_secrets import CredentialSecrets
from sluice_gateway.credentials import Credentials
from sluice_gateway.desk import Desk
from sluice_gateway.editor import Editor
from sluice_gateway.emitting import Emitter
from sluice_gateway.flows import Flows
from sluice_gateway.judging import Judge
from sluice_gateway.key_maker import KeyMaker
from sluice_gateway.limits import Limits
from sluice_gateway.metrics import Metrics
from sluice_gateway.plans import Plans, cut_namespace
from sluice_gateway.routes.catalogue import SeeActions
from sluice_gateway.routes.credentials import SeeCredentials
from sluice_gateway.routes.design import Design
from sluice_gateway.routes.events import Events
from sluice_gateway.routes.health import Published, Service
from sluice_gateway.routes.hooks import Hooks
from sluice_gateway.routes.integrations import SeeIntegrations
from sluice_gateway.routes.lifecycle import SeeLifecycle
from sluice_gateway.routes.messages import Messages
from sluice_gateway.routes.parts import Parts
from sluice_gateway.routes.run_verbs import RunVerbs
from sluice_gateway.routes.runs import SeeRuns
from sluice_gateway.routes.schedule import SeeSchedule
from sluice_gateway.routes.sharing import SeeSharing
from sluice_gateway.routes.templates import SeeTemplates
from sluice_gateway.routes.trials import Trials
from sluice_gateway.routes.triggers import Triggers
from sluice_gateway.routes.versions import SeeVersions
from sluice_gateway.routes.workflows import SeeWorkflows
from sluice_gateway.runs import Runs
from sluice_gateway.settings import Settings
from sluice_gateway.starting import Starter
from sluice_gateway.subscriptions import Subscriptions
from sluice_gateway.template_store import Templates
from sluice_gateway.waiting import ENDED, Waiting
from sluice_gateway.webhook_keys import WebhookKeys
from sluice_gateway.workflows import Workflows
from sluice_kube import review, signing
from sluice_kube.admission import Counters
from sluice_kube.config import ClusterConfig
from sluice_kube.follow import follow
from sluice_kube.informer import Informer
from sluice_kube.resources import NAMESPACES, PLANS, RUNS, SECRETS, WORKFLOWS, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session

KEYS_SECONDS = 60.0


class Informers(NamedTuple):
    """What is known of the cluster from memory."""

    workflows: Informer[Manifest]
    namespaces: Informer[Manifest]
    plans: Informer[Manifest]


@dataclass
class Readiness:
    """Whether the gateway can do its work."""

    waiting: Waiting
    informers: Informers
    draining: bool = False

    def missing(self) -> list[str]:
        """What a trigger needs and is not there yet, or not any more."""
        lacks = {
            "the list of workflows": not self.informers.workflows.has_synced,
            "the list of namespaces": not self.informers.namespaces.has_synced,
            "the list of plans": not self.informers.plans.has_synced,
            "the watch of runs": not self.waiting.following,
            "nothing: it is about to end": self.draining,
        }
        return [what for what, lacking in lacks.items() if lacking]


@dataclass(frozen=True)
class Gateway:
    """`app` serves well as soon as `readiness` misses nothing."""

    app: ASGIApp
    waiting: Waiting
    readiness: Readiness
    describe: Callable[[], dict[str, Any]]


@asynccontextmanager
async def running(settings: Settings, config: ClusterConfig) -> AsyncIterator[Gateway]:
    """A gateway whose watches run until the block is left; ends them also when one fails."""
    metrics = Metrics()
    async with Session(config, on_request=metrics.api_request) as session:
        subscriptions = Subscriptions()
        informer = Informer(
            session, WORKFLOWS, on_change=subscriptions.changed, transform=flows.cut
        )
        namespaces = Informer(session, NAMESPACES, transform=cut_namespace)
        plans = Informer[Manifest](session, PLANS)
        informers = Informers(informer, namespaces, plans)
        gateway = _make(settings, session, informers, subscriptions, metrics)
        async with asyncio.TaskGroup() as watches:
            tasks = [
                *(watches.create_task(one.run()) for one in informers),
                watches.create_task(
                    follow(
                        session,
                        RUNS,
                        gateway.waiting.saw,
                        gateway.waiting.missed,
                        Scope(fields=ENDED),
                    )
                ),
                watches.create_task(gateway.waiting.look_again()),
            ]
            yield gateway
            for task in tasks:
                task.cancel()


def _make(
    settings: Settings,
    session: Session,
    informers: Informers,
    subscriptions: Subscriptions,
    metrics: Metrics,
) -> Gateway:
    counters = Counters(session, lambda: datetime.now(UTC))
    plans = Plans(informers.namespaces, informers.plans, counters)
    runs = Runs(session, plans)
    waiting = Waiting(lambda key: session.get(RUNS, key), settings.max_waiters)
    metrics.watch_waiting(lambda: len(waiting))
    audiences = (names.GATEWAY_AUDIENCE, *settings.audiences)
    gate = Gate(
        lambda token: review.authenticate(session, token, audiences),
        lambda who, what: review.authorize(session, who, what),
        settings.review_seconds,
    )
    desk = Desk(
        gate,
        Flows(informers.workflows, lambda key: session.get(WORKFLOWS, key)),
        Limits(
            body_bytes=settings.body_bytes,
            body_seconds=settings.body_seconds,
            sync_seconds=settings.sync_seconds,
        ),
    )
    starter = Starter(runs, waiting, settings.sync_seconds)
    keys = WebhookKeys(lambda key: session.get(SECRETS, key))
    hooks = Hooks(
        desk.flows,
        keys,
        starter,
        desk.limits,
        settings.trusted_proxies,
    )
    see_runs = SeeRuns(desk, runs)
    readiness = Readiness(waiting, informers)
    known = (*event_types.KNOWN, *settings.event_types)
    triggers = Triggers(desk, starter, settings.cluster_domain)
    api = make_api(
        triggers,
        hooks,
        Service(readiness.missing, metrics, _published(settings, session)),
        Events(desk, Emitter(subscriptions, starter), known),
        Messages(desk, starter),
        Trials(desk, starter, {one.name: one for one in known}),
        RunVerbs(see_runs, starter, session),
        see_runs,
        *_about_credentials(settings, session, desk, plans),
        *_about_workflows(settings, session, desk, plans, keys, known),
    )
    app = in_front(api, triggers, metrics, settings.caller_requests)
    return Gateway(app, waiting, readiness, api.openapi)


def described() -> dict[str, Any]:
    """OpenAPI, as the application tells of itself; nothing is asked of a cluster for it."""
    metrics, subscriptions = Metrics(), Subscriptions()
    session = Session(ClusterConfig("https://cluster.invalid"))
    informers = Informers(*(Informer(session, one) for one in (WORKFLOWS, NAMESPACES, PLANS)))
    made = _make(Settings(), session, informers, subscriptions, metrics)
    return made.describe()


def _published(settings: Settings, session: Session) -> Published:
    """The courier's public keys, asked for once a minute at most."""
    known: Cached[str, dict[str, str]] = Cached(KEYS_SECONDS, 1)
    return lambda: known.get(
        names.COURIER_KEYS,
        lambda: signing.public_keys(session, settings.release_namespace, names.COURIER_KEYS),
    )


def _about_credentials(
    settings: Settings, session: Session, desk: Desk, plans: Plans
) -> tuple[SeeCredentials, SeeIntegrations]:
    secrets = CredentialSecrets(session, settings.credential_namespaces)
    see = SeeCredentials(desk, Credentials(session, secrets), plans)
    return see, SeeIntegrations(see)


def _about_workflows(
    settings: Settings,
    session: Session,
    desk: Desk,
    plans: Plans,
    keys: WebhookKeys,
    known: Sequence[EventType],
) -> list[Routes]:
    judge = Judge(session, event_types.numbered(known))
    templates = Templates(session, settings.release_namespace)
    maker = KeyMaker(session, settings.credential_namespaces)
    editor = Editor(desk, Workflows(session), judge, plans)
    return [
        SeeActions(desk, judge),
        SeeTemplates(editor, templates),
        Design(editor, settings.cluster_domain),
        SeeWorkflows(editor, keys, maker, templates),
        Parts(editor),
        SeeSchedule(editor),
        SeeLifecycle(editor),
        SeeVersions(editor, session),
        SeeSharing(editor),
    ]
