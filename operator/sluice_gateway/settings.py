"""The gateway's settings: the environment, read once, as one frozen object."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from sluice_core.event_types import EventType
from sluice_gateway.limits import CALLER_REQUESTS

_PREFIX = "SLUICE_"
_TYPES = TypeAdapter(tuple[EventType, ...])


class Settings(BaseModel):
    """Each field but the `fixed` is the environment's SLUICE_<FIELD>; absent, it has its default.

    Those are as the chart's pods need them: their port, and an end within their grace period.
    Raises pydantic's ValidationError, naming the field, when a value cannot be meant.
    """

    model_config = ConfigDict(frozen=True)
    fixed: ClassVar[frozenset[str]] = frozenset({"host", "port", "linger_seconds", "drain_seconds"})

    host: str = "0.0.0.0"  # noqa: S104 - a server in a pod; NetworkPolicy decides who reaches it
    port: int = Field(8080, ge=1, le=65535)
    release_namespace: str = "sluice-system"
    cluster_domain: str = "cluster.local"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    audiences: tuple[str, ...] = ()
    credential_namespaces: tuple[str, ...] = ()
    event_types: tuple[EventType, ...] = ()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    max_waiters: int = Field(1000, ge=1)
    caller_requests: int = Field(CALLER_REQUESTS, ge=1)
    sync_seconds: float = Field(300, gt=0, le=300)
    review_seconds: float = Field(10, gt=0, le=10)
    body_bytes: int = Field(1 << 20, ge=1024, le=16 << 20)
    head_seconds: float = Field(10, gt=0, le=60)
    body_seconds: float = Field(30, gt=0, le=3600)
    linger_seconds: float = Field(3, ge=0, le=10)
    drain_seconds: float = Field(15, ge=0, le=25)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Several values are separated by commas, but `event_types` are JSON.

        An empty value counts as absent.
        """
        names = cls.model_fields.keys() - cls.fixed
        given = {name: environment.get(_PREFIX + name.upper(), "") for name in names}
        chosen: dict[str, object] = {name: value for name, value in given.items() if value}
        for name in {"audiences", "credential_namespaces", "trusted_proxies"} & chosen.keys():
            chosen[name] = tuple(filter(None, given[name].replace(" ", "").split(",")))
        if "event_types" in chosen:
            chosen["event_types"] = _TYPES.validate_json(given["event_types"])
        return cls.model_validate(chosen)
