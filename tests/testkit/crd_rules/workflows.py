"""Rules of Workflow, except those of its triggers."""

from sluice_core.api.workflow import Workflow
from sluice_core.manifest import Manifest
from testkit.crd_rules.row import Row

LABEL = "use lower-case letters, digits and hyphens, beginning and ending with no hyphen"
OFFICE = {"days": [1, 5], "startTime": "09:00", "endTime": "17:00"}


def step(**fields: object) -> Manifest:
    return {"steps": [{"name": "a", "action": "log"} | fields]}


def hours(**fields: object) -> Manifest:
    return {
        "lifecycle": {"policy": "ScheduledWindow", "window": {"windows": [OFFICE | fields]}},
    }


def zoned(zone: str) -> Manifest:
    window = {"timeZone": zone, "windows": [OFFICE]}
    return {"lifecycle": {"policy": "ScheduledWindow", "window": window}}


def env(name: str) -> Manifest:
    return {"runner": {"env": [{"name": name, "value": "1"}]}}


def row(refused: Manifest, accepted: Manifest, says: str) -> Row:
    return Row(model=Workflow, refused=refused, accepted=accepted, says=says)


HOST = "use a host, host:port or CIDR, as in api.example.com:443, *.example.com, 10.20.0.0/16"
ENV = "LD_*, PYTHON*, SSL_*, SLUICE_* and *_PROXY cannot be set here"
IDENTIFIER = "begin with a letter or underscore, then use letters, digits, underscores and hyphens"
WINDOW = "policy ScheduledWindow needs window, and other policies have none"
TIME = "write the time of day as HH:MM, from 00:00 to 23:59"
URL = "use a URL that begins with https:// or http:// and names a host"


def named(refused: str, accepted: str) -> Row:
    return Row(
        model=Workflow,
        refused={},
        accepted={},
        refused_name=refused,
        accepted_name=accepted,
        says=(
            "metadata.name must be a DNS label of at most 50 characters: lower-case letters, "
            "digits and hyphens; a longer name goes to spec.title"
        ),
    )


def notified(url: str) -> Manifest:
    return {"notifications": [{"url": url, "events": ["workflows.run.failed"]}]}


ROWS = {
    "a workflow's name has at most 50 characters": named("a" * 51, "a" * 50),
    "a workflow's name has no dots": named("daily.etl", "daily-etl"),
    "a step's name begins with no digit": row(step(name="1st"), step(name="_1st-x"), IDENTIFIER),
    "a step's name has no dot, which leads to a port": row(
        step(name="a.b"), step(name="a_b"), IDENTIFIER
    ),
    "an action's name is in lower case": row(
        step(action="Log"),
        step(action="http.get"),
        "use the name of an action, such as http.get, in lower case and with dots between words",
    ),
    "a credential's name is a label": row(step(credential="-x"), step(credential="x"), LABEL),
    "maxReplicas is not under replicas": row(
        {"replicas": 3, "runner": {"maxReplicas": 2}},
        {"replicas": 3, "runner": {"maxReplicas": 3}},
        "runner.maxReplicas must be at least replicas, raise it or remove it",
    ),
    "idleTimeoutMinutes is not for AlwaysOn": row(
        {"lifecycle": {"policy": "AlwaysOn", "idleTimeoutMinutes": 5}},
        {"lifecycle": {"policy": "IdleShutdown", "idleTimeoutMinutes": 5}},
        "idleTimeoutMinutes is for policy IdleShutdown, remove it",
    ),
    "idleTimeoutMinutes is for the policy by default": row(
        {"lifecycle": {"policy": "OnDemand", "idleTimeoutMinutes": 5}},
        {"lifecycle": {"idleTimeoutMinutes": 5}},
        "idleTimeoutMinutes is for policy IdleShutdown, remove it",
    ),
    "ScheduledWindow needs a window": row(
        {"lifecycle": {"policy": "ScheduledWindow"}}, hours(), WINDOW
    ),
    "other policies have no window": row(
        hours() | {"lifecycle": {"window": {"windows": [OFFICE]}}}, {"lifecycle": {}}, WINDOW
    ),
    "a window opens at a time of day": row(hours(startTime="9:00"), hours(), TIME),
    "a window closes at a time of day": row(hours(endTime="24:00"), hours(endTime="00:00"), TIME),
    "a window's zone has a zone's form": row(
        zoned("+01"),
        zoned("Etc/GMT+1"),
        "use the name of a time zone, such as Europe/Berlin or UTC",
    ),
    "LD_PRELOAD cannot be set": row(env("LD_PRELOAD"), env("BUILD_PRELOAD"), ENV),
    "PYTHONPATH cannot be set": row(env("PYTHONPATH"), env("MY_PYTHONPATH"), ENV),
    "HTTPS_PROXY cannot be set, in any case": row(env("https_proxy"), env("PROXY"), ENV),
    "SSL_CERT_FILE cannot be set": row(env("SSL_CERT_FILE"), env("MY_SSL_CERT_FILE"), ENV),
    "SLUICE_ANYTHING cannot be set": row(env("SLUICE_LOG"), env("SLUICES"), ENV),
    "a variable's name is one": row(
        env("a-b"),
        env("a_b"),
        "begin with a letter or underscore, then use letters, digits and underscores",
    ),
    "a service account's name is an object's": row(
        {"runner": {"serviceAccountName": "No One"}},
        {"runner": {"serviceAccountName": "no.one"}},
        "use the name of an object: lower-case letters, digits, hyphens and dots",
    ),
    "an egress entry is no URL": row(
        {"egress": {"allow": ["https://api.example.com"]}},
        {"egress": {"allow": ["api.shop.svc.cluster.local:80", "*.example.com", "10.20.0.0/16"]}},
        HOST,
    ),
    "an egress entry has its wildcard in front": row(
        {"egress": {"allow": ["api.*.com"]}}, {"egress": {"allow": ["[fd00::1]:443"]}}, HOST
    ),
    "an egress range is a real one": row(
        {"egress": {"allow": ["10.20.0.300/16"]}},
        {"egress": {"allow": ["fd00::/8"]}},
        "the address range is not valid, write it as 10.20.0.0/16 or fd00::/8",
    ),
    "a notification goes to a URL": row(
        notified("ops.example/hook"), notified("https://ops.example/hook"), URL
    ),
}  # fmt: skip
