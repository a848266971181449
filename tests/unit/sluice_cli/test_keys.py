"""API keys: what is asked for, which objects that makes, and how they are shown."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_cli import key_objects, keys
from sluice_cli.main import main
from sluice_core import names
from testkit import chart

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ACCOUNT = {"metadata": {"name": "caller", "namespace": "shop", "uid": "a1"}}

TIMES = {
    "90d": timedelta(days=90),
    "12h": timedelta(hours=12),
    "10m": timedelta(minutes=10),
    "3650d": timedelta(days=3650),
}


@pytest.mark.parametrize(("text", "time"), TIMES.items())
def test_a_time(text: str, time: timedelta) -> None:
    assert keys.duration(text) == time


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5d", "9m", "3651d", "1w", "1d "])
def test_what_is_no_time_of_a_key(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        keys.duration(text)


@pytest.mark.parametrize("text", ["", "Ci", "-ci", "ci-", "c" * 51, "c i", "ci/x"])
def test_what_is_no_name_of_a_key(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        keys.name(text)


INCOMPLETE = {
    "no command": ["keys"],
    "nobody to act as": ["keys", "create", "ci"],
    "two to act as": ["keys", "create", "ci", "--role", "view", "--service-account", "caller"],
    "a role that there is not": ["keys", "create", "ci", "--role", "root"],
    "no name to revoke": ["keys", "revoke"],
}


@pytest.mark.parametrize("words", INCOMPLETE.values(), ids=INCOMPLETE)
def test_a_command_that_is_not_complete_asks_no_cluster(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2


def test_the_secret_is_empty_and_goes_with_the_account() -> None:
    secret = key_objects.make_secret("ci", ACCOUNT)

    assert not {"data", "stringData"} & secret.keys()
    assert secret["type"] == "sluice.dev/api-key"
    assert secret["metadata"]["name"] == "sluice-key-ci"
    [owner] = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("ServiceAccount", "caller", "a1")


def test_the_token_is_for_the_gateway_and_bound_to_the_secret() -> None:
    secret = {"metadata": {"name": "sluice-key-ci", "uid": "s1"}}

    spec = key_objects.make_request(secret, timedelta(hours=1))["spec"]

    assert spec == {
        "audiences": [names.GATEWAY_AUDIENCE],
        "expirationSeconds": 3600,
        "boundObjectRef": {
            "apiVersion": "v1",
            "kind": "Secret",
            "name": "sluice-key-ci",
            "uid": "s1",
        },
    }


def test_an_account_that_is_made_for_a_key_has_the_role_and_no_token_in_pods() -> None:
    account = key_objects.make_account("ci")
    account["metadata"] |= {"namespace": "shop", "uid": "a2"}

    [binding] = key_objects.make_bindings("ci", "trigger", account)

    assert account["automountServiceAccountToken"] is False
    assert binding["roleRef"]["name"] == "sluice-trigger"
    [subject] = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == ("sluice-key-ci", "shop")
    assert binding["metadata"]["ownerReferences"][0]["uid"] == "a2"


MAY = {
    "view sees and changes nothing": ("view", "get", "update"),
    "edit sees what it changes": ("edit", "update", None),
    "admin sees and changes": ("admin", "update", None),
}


@pytest.mark.parametrize(("role", "may", "may_not"), MAY.values(), ids=MAY)
def test_a_role_holds_the_lesser_ones(role: str, may: str, may_not: str | None) -> None:
    bound = key_objects.make_bindings("ci", role, ACCOUNT)

    rules = [
        r for one in bound for r in chart.found("ClusterRole", one["roleRef"]["name"])["rules"]
    ]
    ours = [one for one in rules if {"workflows", "*"} & set(one["resources"])]
    verbs = {verb for one in ours for verb in one["verbs"]}
    assert {"get", "list", may} <= verbs
    assert may_not not in verbs
    assert len({one["metadata"]["name"] for one in bound}) == len(bound)


def a_secret(account: str, **notes: str) -> dict[str, Any]:
    made = key_objects.make_secret("ci", {"metadata": {"name": account, "uid": "a1"}})
    made["metadata"] |= {"creationTimestamp": "2026-01-01T00:00:00Z"}
    made["metadata"]["annotations"] |= notes
    return made


@pytest.mark.parametrize(
    ("expires", "over"), [("2026-01-31T12:00:01Z", False), ("2026-01-31T12:00:00Z", True)]
)
def test_a_key_is_shown_with_its_account_and_end(expires: str, over: bool) -> None:
    secret = a_secret("caller", **{names.ANNOTATION_KEY_EXPIRES: expires})

    shown = key_objects.described(secret, NOW)
    lines = key_objects.table([shown]).splitlines()

    assert (shown["name"], shown["serviceAccount"], shown["expired"]) == ("ci", "caller", over)
    assert lines[0].split() == ["NAME", "SERVICE", "ACCOUNT", "CREATED", "EXPIRES"]
    assert lines[1].split()[:4] == ["ci", "caller", "2026-01-01T00:00:00Z", expires]
    assert lines[1].endswith("(over)") is over


def test_an_end_that_somebody_has_written_is_shown_as_it_is() -> None:
    secret = a_secret("caller", **{names.ANNOTATION_KEY_EXPIRES: "tomorrow"})

    assert key_objects.described(secret, NOW)["expires"] == "tomorrow"


@pytest.mark.parametrize(("role", "own"), [("view", True), (None, False)])
def test_only_an_account_that_was_made_for_the_key_goes_with_it(
    role: str | None, own: bool
) -> None:
    account = {"metadata": {"name": "sluice-key-ci", "uid": "a1"}}

    assert key_objects.has_own_account(key_objects.make_secret("ci", account, role)) is own
