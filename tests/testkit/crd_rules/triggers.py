"""Rules of the triggers of a Workflow."""

from sluice_core.api.workflow import Workflow
from sluice_core.manifest import Manifest
from testkit.crd_rules.row import Row

ONE_KIND = "a trigger has exactly one of schedule, webhook, event, queue, email, resource"
CRON = "a cron expression has five fields: minute, hour, day of month, month, day of week"
CRON_OR_CRONS = "set either cron or crons"
NEVER = "that month has no such day, so it would never come: correct the expression"
NEEDS_KEY = "this type needs secretKey, a key of the Secret sluice-webhooks"
FOR_HMAC = "header, prefix, encoding and algorithm are for type Hmac, remove them"
CATCH_UP = "maxCatchUp bounds catchUp: All, remove it or set catchUp to All"
VALUES = "In and NotIn need values, Exists and DoesNotExist have none"
NOON = "0 12 * * *"
HMAC = {"type": "Hmac", "secretKey": "hook", "header": "X-Signature"}
GITHUB = {"type": "GitHub", "secretKey": "hook"}


def trigger(**fields: object) -> Manifest:
    return {"triggers": [{"name": "t"} | fields]}


def schedule(**fields: object) -> Manifest:
    return trigger(schedule=fields)


def auth(**fields: object) -> Manifest:
    return trigger(webhook={"auth": fields})


def resource(api_version: str, kind: str) -> Manifest:
    return trigger(resource={"apiVersion": api_version, "kind": kind})


def selecting(operator: str, *values: str) -> Manifest:
    asked: Manifest = {"key": "app", "operator": operator}
    selector = {"matchExpressions": [asked | ({"values": list(values)} if values else {})]}
    watched = {"apiVersion": "v1", "kind": "ConfigMap", "labelSelector": selector}
    return trigger(resource=watched)


def row(refused: Manifest, accepted: Manifest, says: str) -> Row:
    return Row(model=Workflow, refused=refused, accepted=accepted, says=says)


ROWS = {
    "a trigger has a kind": row(trigger(), trigger(queue={}), ONE_KIND),
    "a label's value is one of some": row(selecting("In"), selecting("In", "shop"), VALUES),
    "a label that exists has any value": row(
        selecting("Exists", "shop"), selecting("Exists"), VALUES
    ),
    "a trigger has no two kinds": row(trigger(queue={}, email={}), trigger(email={}), ONE_KIND),
    "a trigger's name is a label": row(
        trigger(name="On_Time", queue={}),
        trigger(name="on-time", queue={}),
        "use lower-case letters, digits and hyphens, beginning and ending with no hyphen",
    ),
    "a schedule has times": row(schedule(), schedule(cron=NOON), CRON_OR_CRONS),
    "a schedule has either cron or crons": row(
        schedule(cron=NOON, crons=[NOON]), schedule(crons=[NOON, "0 0 * * *"]), CRON_OR_CRONS
    ),
    "cron has no seconds": row(schedule(cron=f"0 {NOON}"), schedule(cron=NOON), CRON),
    "cron has no nicknames": row(
        schedule(cron="@midnight"), schedule(cron="*/5 9-17 * JAN MON-FRI"), CRON
    ),
    "a time comes": row(schedule(cron="0 0 31 2 *"), schedule(cron="0 0 31 1 *"), NEVER),
    "a day comes in one of its months": row(
        schedule(cron="0 0 31 feb,11 *"), schedule(cron="0 0 31 2,3 *"), NEVER
    ),
    "a day of the week comes in every month": row(
        schedule(crons=[NOON, "0 0 30,31 02 *"]), schedule(crons=[NOON, "0 0 30 2 MON"]), NEVER
    ),
    "each of crons has five fields": row(
        schedule(crons=[NOON, "12 * * * * *"]), schedule(crons=[NOON]), CRON
    ),
    "a schedule's zone is a name": row(
        schedule(cron=NOON, timeZone="UTC+1 h"),
        schedule(cron=NOON, timeZone="America/Argentina/Buenos_Aires"),
        "use the name of a time zone, such as Europe/Berlin or UTC",
    ),
    "maxCatchUp is not for Last": row(
        schedule(cron=NOON, catchUp="Last", maxCatchUp=3),
        schedule(cron=NOON, catchUp="All", maxCatchUp=3),
        CATCH_UP,
    ),
    "maxCatchUp is not for the catchUp by default": row(
        schedule(cron=NOON, maxCatchUp=3), schedule(cron=NOON), CATCH_UP
    ),
    "a signature needs a key": row(auth(type="GitHub"), auth(**GITHUB), NEEDS_KEY),
    "a bearer token needs a key": row(
        auth(type="Bearer"), auth(type="Bearer", secretKey="hook"), NEEDS_KEY
    ),
    "a key is none without a check": row(
        auth(type="None", secretKey="hook"),
        auth(type="None"),
        "type None checks nothing, remove secretKey or choose a type that uses it",
    ),
    "Hmac needs a header": row(
        auth(type="Hmac", secretKey="hook"),
        auth(**HMAC, prefix="sha256=", encoding="Base64", algorithm="Sha512"),
        "Hmac needs header, the name of the header that carries the signature",
    ),
    "GitHub brings its own header": row(auth(**GITHUB, header="X-Sig"), auth(**GITHUB), FOR_HMAC),
    "a key of a Secret is one": row(
        auth(type="GitHub", secretKey="a/b"),
        auth(type="GitHub", secretKey="a.b_C-1"),
        "use a key of a Secret: letters, digits, hyphens, underscores, dots",
    ),
    "Secrets trigger nothing": row(
        resource("v1", "Secret"),
        resource("v1", "ConfigMap"),
        "Secrets cannot trigger a workflow, choose another kind",
    ),
    "runs trigger nothing as objects": row(
        resource("sluice.dev/v1alpha1", "WorkflowRun"),
        resource("apps/v1", "Deployment"),
        "objects of Sluice cannot trigger a workflow, use an event trigger",
    ),
}
