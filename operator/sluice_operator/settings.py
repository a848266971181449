"""What the operator is told by its environment, read once."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, Json
from pydantic.alias_generators import to_camel


class WatchedKind(BaseModel):
    """A kind whose objects may set runs off."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)

    api_version: str
    kind: str


class Settings(BaseModel):
    """Every field is the environment variable SLUICE_<FIELD>."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    release_namespace: str = "sluice-system"
    runner_image: str
    runner_pull_policy: str = "IfNotPresent"
    runner_cpu_request: str = "10m"
    runner_memory_request: str = "96Mi"
    runner_memory_limit: str = "512Mi"
    container_requests: Json[dict[str, str]] = Field(
        default_factory=dict, description="of a container that a step runs, unless that says"
    )
    container_limits: Json[dict[str, str]] = Field(default_factory=dict)
    gateway_service: str = "sluice-gateway"
    courier: str = Field(default="", description="where it listens; empty where there is none")
    resource_triggers: Json[tuple[WatchedKind, ...]] = Field(
        default=(), description="kinds whose objects may set runs off"
    )
    cluster_domain: str = "cluster.local"
    identity: str = Field(default="", description="the pod's name: who holds the Lease")
    port: int = Field(default=8080, description="of /healthz, /readyz and /metrics")
    log_level: str = "INFO"
    requests_per_second: float = Field(default=0, ge=0, description="0 is unbounded")
    run_minimum_seconds: int = Field(
        default=600, ge=0, description="an ended run is kept at least so long"
    )
    dedupe_seconds: int = Field(default=3600, ge=0, description="and one with a key so long")


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; a variable that does not fit is named in the error."""
    prefix = "SLUICE_"
    given = {
        k.removeprefix(prefix).lower(): v for k, v in environment.items() if k.startswith(prefix)
    }
    return Settings.model_validate(given)
