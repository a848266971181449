"""What the operator tells a runner through its environment, as one frozen object."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, Json

from sluice_core import names
from sluice_core.mounts import Mount

_PREFIX = "SLUICE_"


class Settings(BaseModel):
    """Each field is `SLUICE_` and its name in capitals; those without a default are required."""

    model_config = ConfigDict(frozen=True)

    workflow: str
    namespace: str
    workflow_uid: str
    pod_name: str
    pod_uid: str
    slots: int = Field(default=10, ge=1, le=1000)
    one_run: str = Field(default="", description="uid/attempt: the process ends with that run")
    port: int = Field(default=names.RUNNER_PORT, ge=0, le=65535)
    drain_seconds: float = Field(default=30, ge=0, description="from SIGTERM to the end")
    keys_dir: Path = Path("/etc/sluice/keys")
    credentials_dir: Path = Path("/etc/sluice/credentials")
    credentials: Json[dict[str, Mount]] = Field(default={}, description="what lies there")
    egress_allow: Json[tuple[str, ...]] = ()
    egress_private: bool = Field(default=True, description="the plan's allowPrivate")
    env_names: Json[tuple[str, ...]] = Field(
        default=(), description="variables that templates see as `env`"
    )

    @property
    def audience(self) -> str:
        """Whom a caller's token must be for."""
        return names.runner_audience(self.workflow_uid, self.pod_uid)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Raises pydantic's ValidationError, which names what is missing or wrong."""
    fields = {name: environment.get(_PREFIX + name.upper()) for name in Settings.model_fields}
    return Settings.model_validate(
        {name: text for name, text in fields.items() if text is not None}
    )
