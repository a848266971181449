"""What the gateway keeps of a workflow's triggers: those that something outside sets off."""

from collections.abc import Mapping
from dataclasses import dataclass
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


AnyListener = TypeVar("AnyListener", bound=Listener)


def read(spec: Mapping[str, Any]) -> tuple[Listener, ...]:
    """The triggers of a live Workflow's spec that the gateway serves."""
    found = (_listener(trigger) for trigger in spec.get("triggers", ()))
    return tuple(one for one in found if one is not None)


def named(
    listeners: tuple[Listener, ...], kind: type[AnyListener], name: str
) -> AnyListener | None:
    """The trigger of that kind and name."""
    mine = (one for one in listeners if isinstance(one, kind))
    return next((one for one in mine if one.name == name), None)


def _listener(trigger: Mapping[str, Any]) -> Listener | None:
    name, enabled = trigger["name"], trigger.get("enabled", True)
    if "webhook" in trigger:
        webhook = trigger["webhook"]
        return Hook(
            name=name,
            enabled=enabled,
            scheme=_scheme(webhook["auth"]),
            with_result=webhook.get("respond") == "Result",
            id_header=webhook.get("idHeader"),
        )
    return None


def _scheme(auth: Mapping[str, Any]) -> Scheme:
    given = {field: auth[field] for field in _SCHEME if field in auth}
    return Scheme(type=auth["type"], secret_key=auth.get("secretKey", ""), **given)


_SCHEME = ("header", "prefix", "encoding", "algorithm")
