"""Rules of WorkflowCredential: what fits each type."""

from sluice_core.api.credential import WorkflowCredential
from sluice_core.api.credential_types import FIELDS, CredentialType
from sluice_core.manifest import Manifest
from testkit.crd_rules.row import Row

VALUES: Manifest = {
    "host": "h.example.com", "port": 1, "tls": "Tls", "from": "a@example.com", "region": "eu",
    "endpoint": "https://e.example.com", "pathStyle": True, "header": "X-Key", "query": "key",
    "channel": "c", "account": "a", "dialect": "mysql", "database": "d",
    "baseUrl": "https://b.example.com", "model": "m", "url": "https://u.example.com",
    "method": "PUT", "headers": {"X-A": "1"},
}  # fmt: skip
NEEDED: dict[CredentialType, Manifest] = {
    "Smtp": {"host": "h"},
    "Ftp": {"host": "h"},
    "Sftp": {"host": "h"},
    "Database": {"dialect": "postgresql"},
    "HttpApiKey": {"header": "X-Key"},
}
HOST = "config.host is needed, the host of the server"
KEY_PLACE = "set config.header or config.query, the place that carries the key"


def credential(kind: CredentialType, keys: Manifest | None = None, **config: object) -> Manifest:
    spec = {"type": kind, "secretRef": {"name": "x"}, "config": NEEDED.get(kind, {}) | config}
    return spec | ({"keys": keys} if keys else {})


def row(refused: Manifest, accepted: Manifest, says: str) -> Row:
    return Row(model=WorkflowCredential, refused=refused, accepted=accepted, says=says)


def without_config(kind: CredentialType) -> Manifest:
    return {"type": kind, "secretRef": {"name": "x"}}


def own_and_foreign_keys(kind: CredentialType) -> Row:
    own = FIELDS[kind].secret
    foreign = "apiKey" if kind != "OpenAI" else "token"
    return row(
        credential(kind, keys={foreign: "k"}),
        credential(kind, keys=dict.fromkeys(own, "k")),
        f"the secret fields of {kind} are {', '.join(own)}",
    )


def own_and_foreign_config(field: str) -> Row:
    owners = [kind for kind, fields in FIELDS.items() if field in fields.config]
    owner = owners[-1]
    # A key is carried in one place: for query the header has to make room.
    accepted = credential(owner, **{field: VALUES[field]})
    if field == "query":
        del accepted["config"]["header"]
    return row(
        credential("HttpBasic", **{field: VALUES[field]}),
        accepted,
        f"config.{field} is for {', '.join(owners)}, remove it",
    )


ROWS = {
    **{f"keys of {kind} are its own": own_and_foreign_keys(kind) for kind in FIELDS},
    **{f"config.{field} is for some types": own_and_foreign_config(field) for field in VALUES},
    "Smtp needs a host": row(without_config("Smtp"), credential("Smtp"), HOST),
    "Sftp needs a host": row(without_config("Sftp"), credential("Sftp"), HOST),
    "a database has a dialect": row(
        without_config("Database"),
        credential("Database"),
        "config.dialect is needed: postgresql or mysql",
    ),
    "an API key is carried somewhere": row(
        without_config("HttpApiKey"), credential("HttpApiKey"), KEY_PLACE
    ),
    "an API key is carried in one place": row(
        credential("HttpApiKey", query="key"), credential("HttpApiKey"), KEY_PLACE
    ),
}
