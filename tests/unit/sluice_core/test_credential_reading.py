"""What a Secret and a configuration make, and how it is told what they lack."""

from typing import Any, get_args

import pytest

from sluice_core import credentials
from sluice_core.api.credential import CredentialConfig
from sluice_core.api.credential_types import FIELDS, CredentialType, SecretField
from sluice_core.credential_reading import Lacking, Unusable, read
from sluice_core.credentials import TYPES

LACKING: dict[str, tuple[str, dict[str, str], dict[str, Any], tuple[str, ...]]] = {
    "a required field": ("HttpBearer", {}, {}, ("token",)),
    "both of two": ("HttpBasic", {}, {}, ("username", "password")),
    "one of two": ("HttpBasic", {"username": "ada"}, {}, ("password",)),
    "an empty value is none": ("HttpBearer", {"token": ""}, {}, ("token",)),
    "any one would do": ("Slack", {}, {}, ("webhookUrl|botToken",)),
    "the other half of a login": ("Smtp", {"password": "secret"}, {"host": "h"}, ("username",)),
    "nothing is required, but a Secret is named": (
        "Smtp",
        {},
        {"host": "h"},
        ("username|password",),
    ),
    "what the configuration does not say either": (
        "Database",
        {},
        {"dialect": "mysql"},
        ("url",),
    ),
    "a refresh token without its client": (
        "Box",
        {"refreshToken": "r-token"},
        {},
        ("clientId", "clientSecret"),
    ),
    "a choice, and another required field": (
        "Sftp",
        {"username": "ada"},
        {"host": "h"},
        ("hostKey", "password|privateKey"),
    ),
}


@pytest.mark.parametrize(("kind", "values", "config", "fields"), LACKING.values(), ids=LACKING)
def test_what_lacks(
    kind: str, values: dict[str, str], config: dict[str, Any], fields: tuple[str, ...]
) -> None:
    with pytest.raises(Lacking) as lacking:
        read(kind, values, config)

    assert lacking.value.fields == fields


def test_a_field_that_the_author_has_mapped_to_a_key_is_needed() -> None:
    with pytest.raises(Lacking) as lacking:
        read("AwsS3", {"accessKeyId": "AKIA", "secretAccessKey": "secret"}, {}, ["sessionToken"])

    assert lacking.value.fields == ("sessionToken",)


UNUSABLE: dict[str, tuple[str, dict[str, str], dict[str, Any], str]] = {
    "too short to be redacted": (
        "HttpBearer",
        {"token": "abc"},
        {},
        "token: is shorter than 4 characters and could not be redacted",
    ),
    "headers that are no object": (
        "Webhook",
        {"headers": "Authorization: x"},
        {},
        "headers: is no JSON object of header names and values",
    ),
    "a configuration that lacks something": (
        "Smtp",
        {"username": "", "password": ""},
        {},
        "host: Field required",
    ),
    "a type of the future": ("Telepathy", {}, {}, "type: Telepathy is of a newer release"),
}


@pytest.mark.parametrize(("kind", "values", "config", "problem"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used(
    kind: str, values: dict[str, str], config: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Unusable) as unusable:
        read(kind, values, config)

    assert str(unusable.value).startswith(problem)
    assert not any(value and value in str(unusable.value) for value in values.values())


def test_a_login_may_be_left_out_on_purpose() -> None:
    made = read("Smtp", {"username": "", "password": ""}, {"host": "h", "tls": "None"})

    assert made == credentials.Smtp(host="h", tls="None")


def test_secret_and_configuration_make_one_and_foreign_fields_are_ignored() -> None:
    config = {"header": "X-Key", "region": "eu", "defaults": {"query": {"v": 1}}}

    made = read("HttpApiKey", {"key": "secret", "token": "other"}, config)

    assert isinstance(made, credentials.HttpApiKey)
    assert (made.key.get_secret_value(), made.header) == ("secret", "X-Key")
    assert made.fills() == {"query": {"v": 1}}


def test_an_address_in_the_secret_goes_before_that_of_the_configuration() -> None:
    values = {"url": "https://in.secret/x", "headers": '{"X-Key": "k"}'}

    made = read("Webhook", values, {"url": "https://in.config/x", "defaults": {"json": 1}})

    assert made.fills() == {"url": "https://in.secret/x", "json": 1}
    assert "in.secret" not in repr(made)


def test_each_type_and_field_of_the_api_is_one_that_actions_know() -> None:
    known = {field for fields in FIELDS.values() for field in fields.config}
    spelt = {field.alias for field in CredentialConfig.model_fields.values()}

    assert set(TYPES) == set(get_args(CredentialType))
    assert {field for one in FIELDS.values() for field in one.secret} == set(get_args(SecretField))
    assert spelt == known | {"defaults"}
