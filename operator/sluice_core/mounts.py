"""Which Secrets a runner has mounted, where in its file system, and how it is told.

    <credentials>/<credential>/<field>     a secret field, where the Secret has its key
    <credentials>/<credential>.json        the configuration, which changes without a new pod

The rest goes into the runner's environment, as an object of `Mount` by credential: a pod whose
mounts are not as they should be any more still knows what it has.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import JsonValue

from sluice_core.api.credential import CredentialSpec
from sluice_core.credential_reading import OR
from sluice_core.credentials import TYPES, field_names
from sluice_core.wire import Message

VARIABLE = "SLUICE_CREDENTIALS"


class Mount(Message):
    """A credential as a pod has it: `keys` as in the spec of the WorkflowCredential."""

    type: str
    secret: str
    keys: dict[str, str] = {}

    def key(self, field: str) -> str:
        """The key of the Secret in which a field lies."""
        return self.keys.get(field, field)


def of(spec: CredentialSpec) -> Mount:
    """The mount of a WorkflowCredential."""
    keys = dict(sorted(spec.keys.items()))
    return Mount(type=spec.type, secret=spec.secret_ref.name, keys=keys)


def items(name: str, mount: Mount) -> list[dict[str, str]]:
    """Keys of the Secret and the paths that they are mounted at: all that the type may have."""
    return [{"key": mount.key(field), "path": f"{name}/{field}"} for field in fields(mount)]


def fields(mount: Mount) -> tuple[str, ...]:
    """The secret fields that a credential of its type may have."""
    secret, _ = field_names(TYPES[mount.type])
    return secret


def config_file(name: str) -> str:
    """Where the configuration of a credential lies."""
    return f"{name}.json"


def config(spec: CredentialSpec) -> str:
    """What lies there."""
    return orjson.dumps(plain_config(spec), option=orjson.OPT_SORT_KEYS).decode()


def plain_config(spec: CredentialSpec) -> dict[str, JsonValue]:
    """The configuration as data, without what is not given."""
    return spec.config.model_dump(mode="json", by_alias=True, exclude_none=True)


def encode(mounts: Mapping[str, Mount]) -> str:
    """The value of VARIABLE; equal mounts give equal texts."""
    plain = {name: one.model_dump(by_alias=True) for name, one in sorted(mounts.items())}
    return orjson.dumps(plain).decode()


def decode(text: str) -> dict[str, Mount]:
    """What a pod was given; an empty text is nothing."""
    return {name: Mount.model_validate(one) for name, one in orjson.loads(text or "{}").items()}


def of_pod(manifest: Mapping[str, Any]) -> dict[str, Mount]:
    """What a runner pod has mounted."""
    for container in manifest.get("spec", {}).get("containers", ()):
        for one in container.get("env", ()):
            if one["name"] == VARIABLE:
                return decode(one.get("value", ""))
    return {}


def lacking(name: str, mount: Mount, field: str) -> str:
    """What to do about a field without a value; `field` may be a choice of several."""
    keys = [mount.key(one) for one in field.split(OR)]
    if len(keys) > 1:
        said = f"has none of the keys {', '.join(keys)}"
    else:
        said = f"has no key {keys[0]}, or nothing in it"
    return f"Secret {mount.secret} {said}, which credential {name} ({mount.type}) needs"


def unusable(name: str, mount: Mount, problem: str) -> str:
    """What is wrong with a value that is there."""
    field, _, why = problem.partition(": ")
    return f"Secret {mount.secret}, key {mount.key(field)}, credential {name}: {why}"
