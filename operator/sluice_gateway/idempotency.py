"""Give a request that must be done once the one name that its run can have."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sluice_core import names
from sluice_gateway.problems import Fault, Problem
from sluice_kube.resources import Manifest

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_RANDOM_CHARACTERS = 10
_LABEL_CHARACTERS = 40


@dataclass(frozen=True)
class Claim:
    """A run's name; with a key also the hashes that tell a repeated request from another one.

    `header` is where the key was found.
    """

    name: str
    key_hash: str | None = None
    body_hash: str | None = None
    header: str = HEADER


def claim(workflow: str, *scope: str, key: str | None, body: Any, header: str = HEADER) -> Claim:
    """`scope` is what the key is unique in: the workflow's uid, the trigger, the caller.

    `body` is the request's as it was understood: spaces and the order of keys do not matter.
    Without a key the name is random, and each request makes a run. Raises Problem 400 for a key
    that is not 1 to 255 printable characters.
    """
    if key is None:
        return Claim(f"{workflow}-{_random()}")
    check(key, header)
    whole = (*scope, key)
    return Claim(
        names.keyed_run(workflow, *whole),
        hashlib.sha256("\x00".join(whole).encode()).hexdigest(),
        hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        header,
    )


def check(key: str, header: str = HEADER) -> None:
    """Raises Problem 400 as `claim` does."""
    if not _KEY.fullmatch(key):
        fault = Fault(header, "use 1 to 255 printable ASCII characters", "a UUID serves well")
        raise Problem(400, "InvalidIdempotencyKey", f"{header} is not valid", [fault])


def hashed(id_: str) -> str:
    """A key for what identifies itself by a text of any form."""
    return hashlib.sha256(id_.encode()).hexdigest()


@dataclass(frozen=True)
class Once:
    """A request that makes another object than a run; with a key, the object tells whose it is."""

    key: str | None = None
    mark: str = ""

    @property
    def label(self) -> str:
        """By which the object of the key is found, whatever the body was."""
        return self.mark[:_LABEL_CHARACTERS]

    def marked(self, manifest: Manifest) -> Manifest:
        """The object, telling whose it is."""
        if self.key is None:
            return manifest
        metadata = manifest["metadata"]
        more = {
            "labels": {**metadata.get("labels", {}), names.LABEL_REQUEST: self.label},
            "annotations": {
                **metadata.get("annotations", {}),
                names.ANNOTATION_REQUEST: self.mark,
            },
        }
        return {**manifest, "metadata": {**metadata, **more}}

    def made(self, existing: Manifest) -> bool:
        """Whether a request with this key made the object."""
        found = existing["metadata"].get("annotations", {}).get(names.ANNOTATION_REQUEST, "")
        return self.key is not None and found.partition(".")[0] == self.mark.partition(".")[0]

    def check(self, existing: Manifest) -> None:
        """Raises Problem 422 when the key was used with another body, 409 when it was not used."""
        metadata = existing["metadata"]
        found = metadata.get("annotations", {}).get(names.ANNOTATION_REQUEST, "")
        if found == self.mark:
            return
        if found.partition(".")[0] != self.mark.partition(".")[0]:
            raise Problem(409, "NameTaken", f'the name "{metadata["name"]}" is taken')
        fault = Fault(HEADER, "was used with another body", "use a new one for each request")
        detail = f'this {HEADER} belongs to "{metadata["name"]}", whose request was another'
        raise Problem(422, "IdempotencyKeyReused", detail, [fault])


def once(headers: Mapping[str, str], body: Any, *scope: str) -> Once:
    """Raises Problem 400 as `claim` does; `scope` is what the key is unique in."""
    key = headers.get(HEADER)
    if key is None:
        return Once()
    made = claim("x", *scope, key=key, body=body)
    return Once("\x00".join((*scope, key)), f"{made.key_hash}.{made.body_hash}")


def check_same(claim: Claim, existing: Manifest) -> None:
    """Raises Problem 422 when the key was used with another body, 409 when the name is not ours."""
    spec = existing["spec"]
    if claim.key_hash is None or spec.get("keyHash") != claim.key_hash:
        detail = f"a run of the name {claim.name} exists already, and is not of this request"
        raise Problem(409, "NameTaken", detail)
    if spec.get("bodyHash") != claim.body_hash:
        fault = Fault(claim.header, "was used with another body", "use a new one for each request")
        detail = f"this {claim.header} belongs to the run {claim.name}, whose request was another"
        raise Problem(422, "IdempotencyKeyReused", detail, [fault])


def _random() -> str:
    return base64.b32encode(secrets.token_bytes(7)).decode()[:_RANDOM_CHARACTERS].lower()
