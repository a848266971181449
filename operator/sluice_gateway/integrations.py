"""Integrations of workflows: credentials that belong to one, with defaults for what is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice_core import names
from sluice_core.credential_reading import DEFAULTS
from sluice_gateway import credential_view
from sluice_gateway.forms.reading import Fields
from sluice_gateway.problems import Fault, not_valid
from sluice_kube.resources import Manifest

KINDS = {"slack": "Slack", "email": "Smtp", "webhook": "Webhook"}
CONFIG = "config"
MAIL = {"to": "to", "subject": "subject", "template": "text"}  # theirs: in the `with` of email.send

_BY_TYPE = {ours: theirs for theirs, ours in KINDS.items()}
_SPELT = {"webhookUrl": "webhook_url", "signingSecret": "signing_secret", "botToken": "bot_token"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a body says; None where a change says nothing of it."""

    workflow: str | None
    name: str | None
    type: str | None
    config: Mapping[str, Any] = field(repr=False)

    def as_credential(self) -> dict[str, Any]:
        """The same as the body of a credential, whose values are in `config`."""
        about = {"name": self.name, "type": self.type}
        return {name: one for name, one in about.items() if one} | {CONFIG: dict(self.config)}


def read(body: Mapping[str, Any], current: Manifest | None = None) -> Wanted:
    """Raises Problem 422 with every fault; an integration stays with its workflow and type."""
    fields = Fields(body, "", [])
    is_new = current is None
    workflow = fields.text("workflow_id", longest=50, required=is_new)
    kind = fields.word("integration_type", among=KINDS)
    if is_new and kind is None and not fields.faults:
        fields.fault("integration_type", "is required", f"one of {', '.join(KINDS)}")
    if current is not None:
        _check_same(fields, workflow, kind, current)
    name = fields.text("name", required=is_new)
    wanted = Wanted(workflow=workflow, name=name, type=kind, config=fields.mapping(CONFIG))
    fields.close()
    if fields.faults:
        raise not_valid(fields.faults, "InvalidIntegration")
    return wanted


def _check_same(fields: Fields, workflow: str | None, kind: str | None, found: Manifest) -> None:
    own = found["metadata"]["labels"][names.LABEL_INTEGRATION_OF]
    for given, stays, place in (
        (workflow, own, "workflow_id"),
        (kind, found["spec"]["type"], "integration_type"),
    ):
        if given not in (None, stays):
            fields.fault(place, f"stays {stays}: make another integration")


def mail_spec(base: Manifest, config: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of a credential for the same mail server, with what a mail says by default."""
    fields = Fields(config, CONFIG, [])
    fields.take("credential")
    given = {ours: fields.text(theirs, longest=10_000) for theirs, ours in MAIL.items()}
    fields.close()
    if fields.faults:
        raise not_valid(fields.faults, "InvalidIntegration")
    before = base["spec"].get(CONFIG, {})
    told = {name: value for name, value in given.items() if value is not None}
    defaults = before.get(DEFAULTS, {}) | told
    return {**base["spec"], CONFIG: before | ({DEFAULTS: defaults} if defaults else {})}


def mail_server(config: Mapping[str, Any], found: list[Manifest]) -> Manifest:
    """The credential named, or the namespace's only one for mail; raises Problem 422."""
    servers = {
        one["metadata"]["name"]: one
        for one in found
        if one["spec"]["type"] == "Smtp"
        and names.LABEL_INTEGRATION_OF not in one["metadata"].get("labels", {})
    }
    named = config.get("credential") or (next(iter(servers)) if len(servers) == 1 else None)
    if not isinstance(named, str) or named not in servers:
        hint = "make one first: POST /credentials with type Smtp"
        message = "names no credential of type Smtp, and the namespace has not just one"
        raise not_valid([Fault(f"{CONFIG}.credential", message, hint)], "InvalidIntegration")
    return servers[named]


def view(credential: Manifest) -> dict[str, Any]:
    """An integration as its product tells of it; what is secret are dots."""
    metadata, kind = credential["metadata"], credential["spec"]["type"]
    data = credential_view.detail(credential)["data"]
    defaults = data.pop(DEFAULTS, {})
    config = {_SPELT.get(name, name): value for name, value in data.items()}
    if kind == "Smtp":
        config = {theirs: defaults[ours] for theirs, ours in MAIL.items() if ours in defaults}
    return {
        "id": metadata["name"],
        "workflow_id": metadata["labels"][names.LABEL_INTEGRATION_OF],
        "name": credential_view.title(credential),
        "integration_type": _BY_TYPE.get(kind, kind),
        "config": config,
        "created_at": metadata.get("creationTimestamp"),
    }


def is_one(credential: Manifest) -> bool:
    """Whether it belongs to a workflow."""
    return names.LABEL_INTEGRATION_OF in credential["metadata"].get("labels", {})
