"""Make, read, change and delete credentials on a caller's behalf, their Secrets along with them."""

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Protocol

from sluice_core import names
from sluice_gateway import credential_forms, credential_secrets, naming
from sluice_gateway.credential_forms import Wish
from sluice_gateway.credential_secrets import CredentialSecrets
from sluice_gateway.idempotency import Once
from sluice_gateway.objects import Api as ObjectsApi
from sluice_gateway.objects import Objects
from sluice_gateway.problems import Problem
from sluice_kube.resources import CREDENTIALS, Manifest

NO_LABELS: Mapping[str, str] = MappingProxyType({})


class Api(ObjectsApi, credential_secrets.Api, Protocol):
    """What is needed of a `sluice_kube.session.Session`."""


class Credentials(Objects):
    """The credentials of all namespaces; whoever asks was let in before."""

    def __init__(self, session: Api, secrets: CredentialSecrets) -> None:
        super().__init__(session, CREDENTIALS, no_credential)
        self.secrets = secrets

    async def make(
        self, namespace: str, wish: Wish, claim: Once, labels: Mapping[str, str] = NO_LABELS
    ) -> Manifest:
        """A credential and its Secret; raises Problem 409 or 422."""
        settled = credential_forms.settle(wish, wish.given)
        title = wish.title or wish.type
        metadata = {"labels": dict(labels), "annotations": {names.ANNOTATION_TITLE: title}}
        spec = {
            "type": wish.type,
            "keys": {name: name for name in settled.secrets},
            "config": dict(settled.config),
        }
        made = await self._create_first(namespace, metadata, spec, wish, claim)
        await self.secrets.make(made, settled)
        return made

    async def _create_first(
        self, namespace: str, metadata: Manifest, spec: Manifest, wish: Wish, claim: Once
    ) -> Manifest:
        """Under the first name that is free; the Secret's name is made of it."""
        *wished, last = _wished(str(wish.title), claim)
        for name in (*wished, last):
            reference = {"secretRef": {"name": names.credential_secret(name)}}
            plain = credential_forms.manifest(namespace, metadata, spec | reference)
            try:
                return await self.create(credential_forms.checked(plain, wish), [name], claim)
            except Problem as problem:
                if problem.reason != "NameTaken" or name == last:
                    raise
        raise AssertionError("the last name ends the loop")  # pragma: no cover


def changed(found: Manifest, wish: Wish) -> Manifest:
    """The object after a change; raises Problem 422 for what its kind does not take."""
    spec, secret = found["spec"], credential_forms.secret_fields(wish.type)
    before = spec.get("config", {})
    config = {
        name: value
        for name, value in credential_forms.merged(wish, before, {}).items()
        if name not in secret or (name in before and name not in wish.given)
    }
    made = {**spec, "config": config} | _keys(found, wish)
    metadata = found["metadata"]
    if wish.title:
        notes = metadata.get("annotations", {}) | {names.ANNOTATION_TITLE: wish.title}
        metadata = {**metadata, "annotations": notes}
    return credential_forms.checked({**found, "metadata": metadata, "spec": made}, wish)


def replaced(found: Manifest, wanted: Manifest) -> Manifest:
    """The object with another spec, and with the labels and notes that come with that."""
    given, metadata = wanted["metadata"], found["metadata"]
    more = {
        name: {**metadata.get(name, {}), **given[name]}
        for name in ("labels", "annotations")
        if given.get(name)
    }
    return {**found, "metadata": {**metadata, **more}, "spec": wanted["spec"]}


def _keys(found: Manifest, wish: Wish) -> Manifest:
    """Of a Secret of our own they tell which fields it has."""
    if not credential_secrets.is_own(found):
        return {}
    kept = found["spec"].get("keys", {}).items()
    given = {name: name for name in credential_forms.secret_fields(wish.type) if name in wish.given}
    return {"keys": {name: key for name, key in kept if name not in wish.dropped} | given}


def _wished(title: str, claim: Once) -> list[str]:
    if claim.key is not None:
        return [naming.keyed(title, claim.key, kind="credential")]
    return list(naming.candidates(title, "credential"))


def no_credential(namespace: str, name: str) -> Problem:
    """There is none of that name."""
    detail = f'there is no credential "{name}" in namespace "{namespace}"'
    return Problem(404, "CredentialNotFound", detail)


def not_written(namespace: str, wish: Wish) -> Problem:
    """The gateway has no right to Secrets there; says how it is done without one."""
    fields = credential_forms.secret_fields(wish.type)
    wanted = [name for name in fields if name in wish.given] or fields[:1]
    literals = " ".join(f"--from-literal={name}=…" for name in wanted)
    detail = (
        f'the gateway writes no Secrets in namespace "{namespace}", which is not among the chart '
        f"value gateway.credentialNamespaces: kubectl -n {namespace} create secret generic NAME "
        f'{literals}; then send {{"metadata": {{"name": …}}, "spec": {{"type": "{wish.type}", '
        '"secretRef": {"name": "NAME"}, "config": {…}}}'
    )
    return Problem(403, "SecretsNotWritten", detail)


def in_use(name: str, users: Set[str], hidden: Set[str]) -> Problem:
    """Names the workflows, and counts those that the caller must not see."""
    more = len(users & hidden)
    words = [*sorted(users - hidden), *([f"{more} that you do not see"] if more else [])]
    detail = f'the credential "{name}" is used by {", ".join(words)}: delete it with force=true'
    return Problem(409, "CredentialInUse", detail)
