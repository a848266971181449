"""What the gateway keeps of a workflow's triggers: those that something outside sets off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheme:
    """How the sender of a webhook proves who it is, with the defaults filled in."""

    type: str
    secret_key: str = ""
    header: str = ""
    prefix: str = ""
    encoding: str = "Hex"
    algorithm: str = "Sha256"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A trigger by name; one that is not enabled is known, so that it can be told apart."""

    name: str
    enabled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook(Listener):
    """A webhook."""

    scheme: Scheme
    with_result: bool
    id_header: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription(Listener):
    """An event trigger, as `sluice_core.events` matches it."""

    type: str
    match: Mapping[str, Any]
    filter: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue(Listener):
    """A trigger for messages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox(Listener):
    """A trigger for e-mail; `to` are recipients with wildcards, all when empty."""

    to: tuple[str, ...]


AnyListener = TypeVar("AnyListener", bound=Listener)


def read(spec: Mapping[str, Any]) -> tuple[Listener, ...]:
    """The triggers of a live Workflow's spec that the gateway serves."""
    found = (_listener(trigger) for trigger in spec.get("triggers", ()))
    return tuple(one for one in found if one is not None)


def named(
    listeners: tuple[Listener, ...], kind: type[AnyListener], name: str
) -> AnyListener | None:
    """The trigger of that kind and name."""
    return next((one for one in of_kind(listeners, kind) if one.name == name), None)


def of_kind(listeners: tuple[Listener, ...], kind: type[AnyListener]) -> tuple[AnyListener, ...]:
    """All triggers of that kind."""
    return tuple(one for one in listeners if isinstance(one, kind))


def _listener(trigger: Mapping[str, Any]) -> Listener | None:
    for field, make in _MAKERS.items():
        if field in trigger:
            rest = make(trigger[field])
            return rest(name=trigger["name"], enabled=trigger.get("enabled", True))
    return None


def _hook(webhook: Mapping[str, Any]) -> Callable[..., Listener]:
    return partial(
        Hook,
        scheme=_scheme(webhook["auth"]),
        with_result=webhook.get("respond") == "Result",
        id_header=webhook.get("idHeader"),
    )


def _subscription(event: Mapping[str, Any]) -> Callable[..., Listener]:
    return partial(
        Subscription,
        type=event["type"],
        match=event.get("match", {}),
        filter=event.get("filter"),
    )


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Callable[..., Listener]]] = {
    "webhook": _hook,
    "event": _subscription,
    "queue": lambda _: Queue,
    "email": lambda email: partial(Mailbox, to=tuple(email.get("to", ()))),
}


def _scheme(auth: Mapping[str, Any]) -> Scheme:
    given = {field: auth[field] for field in _SCHEME if field in auth}
    return Scheme(type=auth["type"], secret_key=auth.get("secretKey", ""), **given)


_SCHEME = ("header", "prefix", "encoding", "algorithm")
