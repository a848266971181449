"""What the courier is told by its environment, read once."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Json, field_validator

from sluice_runner.egress.rules import parsed

_PREFIX = "SLUICE_"


class Settings(BaseModel):
    """Every field is the environment variable SLUICE_<FIELD>."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    release_namespace: str = "sluice-system"
    port: int = 8080
    keys_dir: Path = Path("/etc/sluice/keys")
    egress_allow: Json[tuple[str, ...]] = ()
    log_level: str = "INFO"

    @field_validator("egress_allow")
    @classmethod
    def _readable(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for entry in entries:
            parsed(entry)
        return entries


def of(environment: Mapping[str, str]) -> Settings:
    """Raises pydantic's ValidationError, which names the variable that is wrong."""
    fields = {name: environment.get(_PREFIX + name.upper()) for name in Settings.model_fields}
    return Settings.model_validate({k: v for k, v in fields.items() if v is not None})
