"""What the chart says and what the code says, where both have to say the same."""

import re
from typing import Any, TypeAlias

import pytest
import yaml

from sluice_core import names
from sluice_core.api.run import RunSpec
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.release import RELEASE
from sluice_courier import main as courier
from sluice_courier import settings as courier_settings
from sluice_gateway.settings import Settings as GatewaySettings
from sluice_kube import resources
from sluice_kube.resources import Resource
from sluice_operator import main, settings
from sluice_operator.settings import Settings as OperatorSettings
from sluice_operator.workflow.observed import Reach, RunAttempt
from sluice_operator.workflow.resources.deployment import make_template
from sluice_operator.workflow.resources.job import make_job
from sluice_operator.workflow.room import CHILDREN
from sluice_runner import settings as runner_settings
from testkit import chart
from testkit.builders import a_workflow
from testkit.seen import an_installation

Right: TypeAlias = tuple[str, str, str]  # verb, group, resource

READ = ("get", "list", "watch")
OWN = (*READ, "create", "patch", "delete")


def test_chart_and_code_are_of_one_release() -> None:
    about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())

    tags = [values["images"][name].rpartition(":")[2] for name in ("operator", "runner")]
    assert {about["version"], about["appVersion"], *tags} == {RELEASE}


# -- admission policies

POLICIES: dict[str, tuple[type[Any], set[str]]] = {
    "runs": (RunSpec, {"cancel", "priority"}),
    "workflows": (WorkflowSpec, {"state"}),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_guards_each_field_of_the_spec_but_those_that_may_change(name: str) -> None:
    model, free = POLICIES[name]
    text = (chart.CHART / "templates" / "policies" / f"{name}.yaml").read_text()

    guarded = re.findall(r'"(\w+)"', text.splitlines()[0])

    fields = {field.alias or name for name, field in model.model_fields.items()}
    assert len(guarded) == len(set(guarded))
    assert set(guarded) == fields - free


# -- rights


def rights(*verbs: str, to: tuple[Resource, ...], part: str = "") -> set[Right]:
    return {
        (verb, one.group, one.plural + (f"/{part}" if part else "")) for verb in verbs for one in to
    }


OPERATOR = (
    rights(*OWN, to=tuple(CHILDREN.values()))
    | rights(*READ, to=(resources.WORKFLOWS, resources.PLANS, resources.RUNS))
    | rights(*READ, to=(resources.PODS, resources.NAMESPACES))
    | rights(*READ, to=(resources.CREDENTIALS, resources.TEMPLATES, resources.ACTIONS))
    | rights("create", "list", "watch", to=(resources.EVENTS,))
    | rights("patch", to=(resources.PODS,))
    | rights("create", "patch", "delete", to=(resources.RUNS,))  # child runs, and retention
    | rights("patch", to=(resources.WORKFLOWS, resources.RUNS), part="status")
    | rights("patch", to=(resources.ACTIONS, resources.PLANS), part="status")
    | rights("patch", to=(resources.CREDENTIALS,), part="status")
    | rights(*READ, "create", "delete", to=(resources.JOBS,))  # of single runs, and of steps
    | rights("get", to=(resources.PODS,), part="log")
    | rights(*READ, to=(resources.CONFIG_MAPS,))  # of the default of resourceTriggers
    | rights("create", to=(resources.SUBJECT_ACCESS_REVIEWS,))
)
GATEWAY = (
    rights(*READ, to=(resources.WORKFLOWS, resources.RUNS))
    | rights("create", "update", "delete", to=(resources.WORKFLOWS,))
    | rights("update", to=(resources.WORKFLOWS,), part="share")
    | rights("list", to=(resources.ACTIONS,))
    | rights("get", "list", "create", to=(resources.TEMPLATES,))
    | rights("get", "list", "create", "update", "delete", to=(resources.CREDENTIALS,))
    | rights("list", "patch", to=(resources.CONTROLLER_REVISIONS,))
    | rights(*READ, to=(resources.NAMESPACES, resources.PLANS))
    | rights("create", "get", "patch", to=(resources.CONFIG_MAPS,))  # one name, see below
    | rights("create", "patch", to=(resources.RUNS,))
    | rights("create", to=(resources.TOKEN_REVIEWS, resources.SUBJECT_ACCESS_REVIEWS))
    | rights("create", to=(resources.WORKFLOWS,), part="execute")
    | rights("get", to=(resources.SECRETS,))  # one name, see SECRETS
)
COURIER = rights("get", to=(resources.SECRETS,))  # one name, see SECRETS
SECRETS = {
    "sluice-operator": {main.SECRET},
    "sluice-gateway": {names.WEBHOOKS_SECRET},
    names.COURIER: {names.WEBHOOKS_SECRET, courier.SECRET},
}
GRANTED = {"sluice-operator": OPERATOR, "sluice-gateway": GATEWAY, names.COURIER: COURIER}
SECRETS_ROLE = "sluice-gateway-secrets"
OWN_OBJECTS = {
    ("create", "coordination.k8s.io", "leases", ""),
    ("get", "coordination.k8s.io", "leases", names.LEASE),
    ("patch", "coordination.k8s.io", "leases", names.LEASE),
    ("create", "", "secrets", ""),
    ("get", "", "secrets", main.SECRET),
    ("patch", "", "secrets", main.SECRET),
}


def granted(role: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (verb, group, resource, name)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }


@pytest.mark.parametrize("name", GRANTED)
def test_a_process_may_do_in_the_cluster_what_it_does_and_nothing_else(name: str) -> None:
    given = granted(chart.found("ClusterRole", name))

    assert {(verb, group, resource) for verb, group, resource, _ in given} == GRANTED[name]
    unbound = {one for one in given if one[2] not in ("secrets", "configmaps")}
    assert {name for *_, name in unbound} <= {""}


WATCHED = (
    'resourceTriggers=[{"apiVersion": "apps/v1", "kind": "Deployment"}, '
    '{"apiVersion": "gateway.example/v1", "kind": "Policy", "plural": "policies"}]'
)


def test_the_operator_may_watch_the_kinds_of_the_list_and_is_told_them() -> None:
    less = granted(chart.found("ClusterRole", "sluice-operator", "resourceTriggers=[]"))
    more = granted(chart.found("ClusterRole", "sluice-operator", WATCHED))

    [container] = chart.pods(WATCHED)["sluice-operator"]["spec"]["containers"]
    told = {one["name"]: str(one.get("value", "from the pod")) for one in container["env"]}
    added = {(verb, group, kind) for verb, group, kind, _ in more - less}
    assert added == {(verb, "gateway.example", "policies") for verb in READ}
    assert ("watch", "apps", "deployments", "") in more
    assert [one.kind for one in settings.load(told).resource_triggers] == ["Deployment", "Policy"]


def test_the_gateway_changes_one_config_map_of_a_namespace() -> None:
    given = granted(chart.found("ClusterRole", "sluice-gateway"))

    changed = {name for verb, _, kind, name in given if (verb, kind) == ("patch", "configmaps")}
    assert changed == {names.ADMISSION}


def test_the_operator_has_a_lease_and_one_secret_in_its_own_namespace() -> None:
    assert granted(chart.found("Role", "sluice-operator")) == OWN_OBJECTS


def test_the_courier_has_a_key_of_its_own_and_publishes_one_half() -> None:
    given = granted(chart.found("Role", names.COURIER))

    assert {(verb, kind, name) for verb, _, kind, name in given} == {
        ("create", "secrets", ""),
        ("create", "configmaps", ""),
        *((verb, "secrets", courier.SECRET) for verb in ("get", "patch")),
        *((verb, "configmaps", names.COURIER_KEYS) for verb in ("get", "patch")),
    }


def test_the_gateway_writes_secrets_in_the_namespaces_that_are_named_and_no_others() -> None:
    none = [one for one in chart.rendered() if one["metadata"]["name"] == SECRETS_ROLE]
    named = [
        one
        for one in chart.rendered('gateway.credentialNamespaces=["shop","bank"]')
        if one["metadata"]["name"] == SECRETS_ROLE
    ]

    roles = [one for one in named if one["kind"] == "Role"]
    bindings = [one for one in named if one["kind"] == "RoleBinding"]
    account = {"kind": "ServiceAccount", "name": "sluice-gateway", "namespace": chart.NAMESPACE}
    assert (none, len(named)) == ([], 4)
    assert {one["metadata"]["namespace"] for one in roles} == {"shop", "bank"}
    assert [one["subjects"] for one in bindings] == [[account]] * 2
    assert granted(roles[0]) == {
        (verb, "", "secrets", "") for verb in ("create", "get", "patch", "delete")
    }


def test_no_process_may_write_the_spec_or_labels_of_a_users_object() -> None:
    kinds = ("workflows", "workflowcredentials", "workflowtemplates", "workflowactions")

    writes = {one for one in OPERATOR if one[2] in kinds and one[0] not in READ}

    assert writes == set()


@pytest.mark.parametrize("kind", ["ClusterRole", "Role"])
def test_no_process_has_a_wildcard_or_reads_secrets_of_others(kind: str) -> None:
    processes = [
        one
        for one in chart.rendered()
        if one["kind"] == kind and one["metadata"]["name"] in GRANTED
    ]

    assert processes
    for role in processes:
        for verb, group, resource, name in granted(role):
            assert "*" not in (verb, group, resource)
            own = SECRETS[role["metadata"]["name"]]
            assert resource != "secrets" or verb == "create" or name in own


@pytest.mark.parametrize("name", GRANTED)
def test_a_role_is_bound_to_its_process_alone(name: str) -> None:
    bindings = [
        one
        for one in chart.rendered()
        if one["kind"] in ("ClusterRoleBinding", "RoleBinding") and one["roleRef"]["name"] == name
    ]

    account = {"kind": "ServiceAccount", "name": name, "namespace": chart.NAMESPACE}
    assert bindings
    assert all(one["subjects"] == [account] for one in bindings)


# -- environments


def env(process: str) -> dict[str, str]:
    [container] = chart.pods()[process]["spec"]["containers"]
    return {one["name"]: str(one.get("value", "from the pod")) for one in container["env"]}


@pytest.mark.parametrize(
    ("process", "known"),
    [
        ("sluice-operator", OperatorSettings),
        ("sluice-gateway", GatewaySettings),
        (names.COURIER, courier_settings.Settings),
    ],
)
def test_a_variable_of_the_chart_is_a_setting(process: str, known: type[Any]) -> None:
    named = {name.removeprefix("SLUICE_").lower() for name in env(process)}

    required = {name for name, field in known.model_fields.items() if field.is_required()}
    assert required <= named <= known.model_fields.keys()


def test_every_setting_of_the_gateway_is_a_value_of_the_chart_with_the_same_default() -> None:
    named = {name.removeprefix("SLUICE_").lower() for name in env("sluice-gateway")}

    assert named == GatewaySettings.model_fields.keys() - GatewaySettings.fixed
    assert GatewaySettings.of(env("sluice-gateway")) == GatewaySettings(
        release_namespace=chart.NAMESPACE
    )


def test_a_large_number_reaches_the_gateway_as_it_is_written() -> None:
    settings = ("gateway.bodyBytes=16777216", "gateway.maxWaiters=2000000")
    [container] = chart.pods(*settings)["sluice-gateway"]["spec"]["containers"]
    given = {one["name"]: one["value"] for one in container["env"]}

    read = GatewaySettings.of(given)

    assert (read.body_bytes, read.max_waiters) == (16 << 20, 2_000_000)


def test_what_the_chart_sets_can_be_read() -> None:
    operator = settings.load(env("sluice-operator"))
    gateway = GatewaySettings.of(env("sluice-gateway"))
    carrier = courier_settings.of(env(names.COURIER))

    assert operator.release_namespace == gateway.release_namespace == chart.NAMESPACE
    assert (carrier.release_namespace, carrier.egress_allow) == (chart.NAMESPACE, ())
    assert operator.courier == f"http://{names.COURIER}.{chart.NAMESPACE}.svc.cluster.local"
    assert operator.runner_image.endswith(f":{RELEASE}")


def test_what_a_runner_is_told_can_be_read() -> None:
    a_run = RunAttempt(name="etl-1", uid="u", attempt=2)
    made = make_template(
        a_workflow(runner={"concurrency": 7, "env": [{"name": "STAGE", "value": "x"}]}),
        an_installation(),
        reach=Reach(("db.example.com:5432",), private=True),
    )
    [container] = make_job(a_workflow(), made, a_run)["spec"]["template"]["spec"]["containers"]
    given = {one["name"]: str(one.get("value", "from the pod")) for one in container["env"]}

    read = runner_settings.from_environment(given)

    named = {name.removeprefix("SLUICE_").lower() for name in given if name.startswith("SLUICE_")}
    assert named <= runner_settings.Settings.model_fields.keys()
    assert (read.one_run, read.slots, read.egress_allow, read.env_names) == (
        "u/2",
        1,
        ("db.example.com:5432",),
        ("STAGE",),
    )
    assert read.egress_private is True


def test_ports_and_labels_are_those_of_the_code() -> None:
    rules = chart.found(
        "NetworkPolicy", "sluice-operator", 'networkPolicy.apiServerCIDRs=["1.2.3.4/32"]'
    )
    service = chart.found("Service", OperatorSettings.model_fields["gateway_service"].default)

    [*_, to_runners] = rules["spec"]["egress"]
    peer = to_runners["to"][0]["podSelector"]["matchLabels"]
    assert to_runners["ports"] == [{"port": names.RUNNER_PORT, "protocol": "TCP"}]
    assert peer == {names.LABEL_COMPONENT: "runner"}
    assert service["spec"]["ports"][0]["port"] == 80
    assert chart.pods()["sluice-operator"]["metadata"]["labels"][names.LABEL_NAME] == "sluice"
