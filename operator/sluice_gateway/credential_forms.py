"""Read a credential's body: our own form, or a type with plain values in `data`.

No value gets into a message, a representation or an exception's cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from sluice_core import names
from sluice_core.api import rules
from sluice_core.api.credential import CredentialConfig, WorkflowCredential
from sluice_core.credential_reading import DEFAULTS
from sluice_core.credentials import TYPES, field_names
from sluice_gateway.forms import metadata
from sluice_gateway.forms.reading import Fields
from sluice_gateway.problems import Fault, not_valid
from sluice_kube.resources import CREDENTIALS, Manifest

MASK = "••••••"
NUMBERED = tuple(TYPES)[:14]  # as another product numbers them, from 0
MOST = 64 * 1024
DATA = "data"

_WORDS = {name.lower(): name for name in TYPES} | {str(n): one for n, one in enumerate(NUMBERED)}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a body asks for. `given` are values by field, `dropped` the fields to be without one.

    `places` lead from fields to where the body has them.
    """

    title: str | None
    type: str
    given: Mapping[str, Any] = field(repr=False)
    dropped: frozenset[str]
    places: Mapping[str, str]
    base: str = DATA

    @property
    def secrets(self) -> frozenset[str]:
        """The fields of the Secret that it speaks of."""
        return frozenset(secret_fields(self.type)) & (self.given.keys() | self.dropped)

    def told(self) -> list[Any]:
        """All but the secret values, whose hash would tell of them."""
        secret = secret_fields(self.type)
        config = {name: value for name, value in self.given.items() if name not in secret}
        return [self.title, self.type, sorted(self.given), config]


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A whole credential that is valid: what lies in the Secret, and what does not."""

    type: str
    secrets: Mapping[str, str] = field(repr=False)
    config: Mapping[str, Any]


def is_own(body: Mapping[str, Any]) -> bool:
    """Whether it is the spec of our own kind, which holds no secret."""
    return "spec" in body


def secret_fields(kind: str) -> tuple[str, ...]:
    """The fields that lie in the Secret; all that may, do."""
    return field_names(TYPES[kind])[0]


def own(body: Mapping[str, Any], namespace: str) -> Manifest:
    """The object that our own form describes; raises Problem 422."""
    fields = Fields(body, "", [])
    spec, kept = fields.mapping("spec"), metadata.read(fields)
    title = fields.text("name")
    for name in ("apiVersion", "kind", "status"):
        fields.take(name)
    fields.close()
    if fields.faults:
        raise not_valid(fields.faults, "InvalidCredential")
    if title:
        kept["annotations"] = {**kept.get("annotations", {}), names.ANNOTATION_TITLE: title}
    return manifest(namespace, kept, spec)


def manifest(namespace: str, about: Mapping[str, Any], spec: Mapping[str, Any]) -> Manifest:
    """A WorkflowCredential; `about` is of its metadata."""
    return {
        "apiVersion": CREDENTIALS.api_version,
        "kind": CREDENTIALS.kind,
        "metadata": {"namespace": namespace, **about},
        "spec": dict(spec),
    }


def read(body: Mapping[str, Any], current: str | None = None, data: str = DATA) -> Wish:
    """A type and its values, in any spelling; for a change the type that it has stays.

    Raises Problem 422 with every fault.
    """
    fields = Fields(body, "", [])
    title = fields.text("name", required=current is None)
    place = fields.at("credentialType" if fields.has("credentialType") else "type")
    kind = fields.word("type", "credentialType", among=_WORDS)
    if kind is None and current is None and not fields.faults:
        fields.fault("type", "is required", f"one of {', '.join(TYPES)}")
    if None not in (kind, current) and kind != current:
        fields.faults.append(Fault(place, f"the credential is of type {current}: make another one"))
    wish = _data(fields, title, kind or current, data)
    fields.close()
    if fields.faults or wish is None:
        raise not_valid(fields.faults, "InvalidCredential")
    return wish


def _data(fields: Fields, title: str | None, kind: str | None, base: str) -> Wish | None:
    data = fields.inner(base) or Fields({}, base, fields.faults)
    if kind is None:  # without it no field of the data is known
        data.rest()
        return None
    given: dict[str, Any] = {}
    dropped, places = set(), {}
    for name in _all_fields(kind):
        if not data.has(name):
            continue
        places[name] = data.at(name)
        value = data.take(name)
        if value is None:
            dropped.add(name)
        elif not is_kept(value):
            given[name] = value
    data.close()
    return Wish(
        title=title, type=kind, given=given, dropped=frozenset(dropped), places=places, base=base
    )


def _all_fields(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*sum(field_names(TYPES[kind]), ()), DEFAULTS)))


def is_kept(value: Any) -> bool:
    """What stands for a value that stays as it is: nothing, or what answers show in its place."""
    return isinstance(value, str) and set(value) <= {MASK[0]}


def merged(wish: Wish, config: Mapping[str, Any], kept: Mapping[str, str]) -> dict[str, Any]:
    """The values of a credential that has some already, after the change."""
    before = {**config, **kept}
    if "headers" in kept:
        before["headers"] = orjson.loads(kept["headers"])
    return {name: one for name, one in before.items() if name not in wish.dropped} | {**wish.given}


def settle(wish: Wish, values: Mapping[str, Any]) -> Settled:
    """`values` are those that the credential has as a whole; raises Problem 422."""
    faults = [
        Fault(wish.places.get(name, f"{wish.base}.{name}"), f"is longer than {MOST} characters")
        for name, value in values.items()
        if isinstance(value, str) and len(value) > MOST
    ]
    try:
        made = TYPES[wish.type].model_validate(dict(values), by_alias=True, by_name=False)
    except ValidationError as error:
        faults += _faults(error, wish)
        made = None
    if faults or made is None:
        raise not_valid(faults, "InvalidCredential")
    secret = secret_fields(wish.type)
    secrets = {name: _plain(value) for name, value in values.items() if name in secret}
    config = {name: value for name, value in values.items() if name not in secret}
    return Settled(type=wish.type, secrets=secrets, config=config)


def _faults(error: ValidationError, wish: Wish) -> list[Fault]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        Fault(
            wish.places.get(str(one["loc"][0]), f"{wish.base}.{one['loc'][0]}")
            if one["loc"]
            else wish.base,
            one["msg"].removeprefix("Value error, "),
        )
        for one in found
    ]


def _plain(value: Any) -> str:
    """As the runner reads it from a file: headers are a JSON object."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def checked(found: Manifest, wish: Wish | None = None) -> Manifest:
    """The object as the API server takes it; raises Problem 422 by the kind's own rules."""
    places = wish.places if wish else {}
    try:
        parsed = WorkflowCredential.parse(
            {**found, "metadata": {"name": "x", **found["metadata"]}, "status": {}}
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        faults = [
            Fault(_place(".".join(map(str, one["loc"])), places), one["msg"]) for one in wrong
        ]
        raise not_valid(faults, "InvalidCredential") from None
    if broken := [Fault(_place(path, places), said) for path, said in rules.broken(parsed)]:
        raise not_valid(broken, "InvalidCredential")
    config = _told(parsed.spec.config)
    spec = {name: value for name, value in found["spec"].items() if name != "config"}
    return {**found, "spec": spec | ({"config": config} if config else {})}


def _told(config: CredentialConfig) -> dict[str, Any]:
    told: dict[str, Any] = config.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude_none=True
    )
    return told


def _place(path: str, places: Mapping[str, str]) -> str:
    """Where the body has what the object has at `path`, as far as it has it."""
    if not places:
        return path
    name = path.removeprefix("spec.config.").partition(".")[0]
    return places.get(name, DATA if path.startswith("spec.config") else path)
