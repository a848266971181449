"""Which Secrets a runner has mounted, where in its file system, and how it is told.

    <credentials>/<credential>/<field>     a secret field, where the Secret has its key
    <credentials>/<credential>.json        the configuration, which changes without a new pod

The rest goes into the runner's environment, as an object of `Mount` by credential: a pod whose
mounts are not as they should be any more still knows what it has.
"""

from collections.abc import Mapping

import orjson

from sluice_core.api.credential import CredentialSpec
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
    fields, _ = field_names(TYPES[mount.type])
    return [{"key": mount.key(field), "path": f"{name}/{field}"} for field in fields]


def config_file(name: str) -> str:
    """Where the configuration of a credential lies."""
    return f"{name}.json"


def config(spec: CredentialSpec) -> str:
    """What lies there."""
    plain = spec.config.model_dump(mode="json", by_alias=True, exclude_none=True)
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def encode(mounts: Mapping[str, Mount]) -> str:
    """The value of VARIABLE; equal mounts give equal texts."""
    plain = {name: one.model_dump(by_alias=True) for name, one in sorted(mounts.items())}
    return orjson.dumps(plain).decode()


def decode(text: str) -> dict[str, Mount]:
    """What a pod was given; an empty text is nothing."""
    return {name: Mount.model_validate(one) for name, one in orjson.loads(text or "{}").items()}
