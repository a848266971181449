"""The chart without a cluster: what it renders, and which values it refuses."""

from typing import Any

import pytest
import yaml

from sluice_core.api.action import WorkflowAction
from testkit import chart
from testkit.chart import Manifest

ALL_ON = (
    "operator.replicas=3",
    'operator.nodeSelector={"disk": "ssd"}',
    'operator.tolerations=[{"key": "a", "operator": "Exists"}]',
    'gateway.affinity={"nodeAffinity": {}}',
    'gateway.audiences=["one", "two"]',
    'gateway.service={"type": "LoadBalancer", "annotations": {"a": "b"}}',
    'images.pullSecrets=[{"name": "pull"}]',
    'networkPolicy.apiServerCIDRs=["10.0.0.1/32"]',
    'serviceMonitor={"enabled": true, "interval": "5s", "labels": {"release": "prometheus"}}',
    "crds.keep=false",
    'courier.egress=["10.0.0.0/8:443"]',
)
ALL_OFF = (
    "crds.install=false",
    "networkPolicy.enabled=false",
    "podDisruptionBudget.enabled=false",
    "plans.presets=false",
    "operator.replicas=1",
    "gateway.replicas=1",
)
VALUES = {"as it comes": (), "all on": ALL_ON, "all off": ALL_OFF}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
each_values = pytest.mark.parametrize("settings", VALUES.values(), ids=VALUES)


def test_helm_finds_nothing_to_lint() -> None:
    assert "0 chart(s) failed" in chart.run("lint", "--strict", str(chart.CHART))


@each_values
def test_every_object_is_one_and_no_two_are_the_same(settings: tuple[str, ...]) -> None:
    seen = [_identity(one) for one in chart.rendered(*settings)]

    assert all(all(part for part in one[:3]) for one in seen)
    assert len(seen) == len(set(seen))


def _identity(one: Manifest) -> tuple[str, str, str, str]:
    meta = one["metadata"]
    return one["apiVersion"], one["kind"], meta["name"], meta.get("namespace", "")


@each_values
def test_no_value_changes_a_name(settings: tuple[str, ...]) -> None:
    kinds = ("Deployment", "Service", "ServiceAccount", "ClusterRole", "Role")

    names = {_identity(one) for one in chart.rendered(*settings) if one["kind"] in kinds}

    assert names == {_identity(one) for one in chart.rendered() if one["kind"] in kinds}


@each_values
def test_pods_are_restricted(settings: tuple[str, ...]) -> None:
    for name, pod in chart.pods(*settings).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert [one["securityContext"] for one in spec["containers"]] == [RESTRICTED], name
        assert {"hostNetwork", "hostPID", "hostIPC", "initContainers"}.isdisjoint(spec), name


@each_values
def test_images_have_a_tag_that_does_not_move(settings: tuple[str, ...]) -> None:
    images = [
        container["image"]
        for pod in chart.pods(*settings).values()
        for container in pod["spec"]["containers"]
    ]

    assert images
    assert all(":" in one and not one.endswith(":latest") for one in images)


def test_a_deployment_can_be_watched_and_bounded() -> None:
    for name in ("sluice-operator", "sluice-gateway", "sluice-courier"):
        [container] = chart.pods()[name]["spec"]["containers"]
        assert {"livenessProbe", "readinessProbe"} <= container.keys(), name
        assert container["resources"]["limits"]["memory"], name
        assert "cpu" not in container["resources"]["limits"], name


def test_selectors_do_not_change_with_the_release() -> None:
    for name in ("sluice-operator", "sluice-gateway", "sluice-courier"):
        deployment = chart.found("Deployment", name)
        wanted = deployment["spec"]["selector"]["matchLabels"]
        assert set(wanted) == {"app.kubernetes.io/name", "app.kubernetes.io/component"}, name
        assert wanted.items() <= deployment["spec"]["template"]["metadata"]["labels"].items(), name


TWO = ("podDisruptionBudget.enabled=true", "operator.replicas=2")
ON: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a PodMonitor": (('serviceMonitor={"enabled": true}',), "PodMonitor", "sluice-operator"),
    "a budget for two replicas": (TWO, "PodDisruptionBudget", "sluice-operator"),
    "network policies": (("networkPolicy.enabled=true",), "NetworkPolicy", "sluice-gateway"),
    "plans": (("plans.presets=true",), "WorkflowPlan", "free"),
    "business actions": (("businessActions.enabled=true",), "WorkflowAction", "create-invoice"),
    "the courier's policy": (("networkPolicy.enabled=true",), "NetworkPolicy", "sluice-courier"),
    "CRDs": (("crds.install=true",), "CustomResourceDefinition", "workflows.sluice.dev"),
}


@pytest.mark.parametrize(("settings", "kind", "name"), ON.values(), ids=ON)
def test_what_a_value_brings_and_without_it_is_not_there(
    settings: tuple[str, ...], kind: str, name: str
) -> None:
    without = {one["kind"] for one in chart.rendered(*ALL_OFF)}

    assert chart.found(kind, name, *ALL_OFF, *settings)
    assert kind not in without


BUSINESS = (
    "businessActions.enabled=true",
    'businessActions.endpoint="http://books.shop.svc.cluster.local/v2/"',
    'businessActions.credentialType="HttpApiKey"',
)


def test_business_actions_call_where_the_values_say_with_what_they_say() -> None:
    made = [one for one in chart.rendered(*BUSINESS) if one["kind"] == "WorkflowAction"]

    urls = {one["metadata"]["name"]: one["spec"]["http"]["url"] for one in made}
    assert len(urls) == len(list((chart.CHART / "files" / "business").iterdir()))
    assert urls["create-invoice"] == "http://books.shop.svc.cluster.local/v2/invoices"
    assert all(url.startswith("http://books.shop.svc.cluster.local/v2/") for url in urls.values())
    assert all(one["spec"]["credentialTypes"] == ["HttpApiKey"] for one in made)
    assert all(WorkflowAction.parse(one) for one in made)


def test_business_actions_come_after_the_kind_and_later_are_objects_of_the_release() -> None:
    kind = "--api-versions=sluice.dev/v1alpha1/WorkflowAction"
    given = (f"--kube-version={chart.KUBERNETES}", "--set=businessActions.enabled=true")
    words = ("template", "sluice", str(chart.CHART), *given)

    first, later = (
        [one for one in yaml.safe_load_all(chart.run(*words, *more)) if one]
        for more in ((), (kind,))
    )

    notes = [
        [one["metadata"].get("annotations", {}) for one in made if one["kind"] == "WorkflowAction"]
        for made in (first, later)
    ]
    assert all("helm.sh/hook" in one for one in notes[0])
    assert all(one["meta.helm.sh/release-name"] == "sluice" for one in notes[0])
    assert notes[1] == [{}] * len(notes[0])


def test_one_replica_has_no_budget_that_would_block_its_node() -> None:
    kinds = {one["kind"] for one in chart.rendered(*ALL_OFF, "podDisruptionBudget.enabled=true")}

    assert "PodDisruptionBudget" not in kinds


@pytest.mark.parametrize(("keep", "policy"), [("true", "keep"), ("false", None)])
def test_uninstalling_leaves_the_crds_when_asked_to(keep: str, policy: str | None) -> None:
    crd = chart.found("CustomResourceDefinition", "workflows.sluice.dev", f"crds.keep={keep}")

    assert crd["metadata"]["annotations"].get("helm.sh/resource-policy") == policy


def test_given_addresses_of_the_api_server_shut_the_rest() -> None:
    policy = chart.found("NetworkPolicy", "sluice-operator", *ALL_ON)["spec"]

    blocks = [
        peer["ipBlock"] for rule in policy["egress"] for peer in rule["to"] if "ipBlock" in peer
    ]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert blocks == [{"cidr": "10.0.0.1/32"}]


def test_what_people_are_granted_aggregates_to_their_roles() -> None:
    given = {
        one["metadata"]["name"]: sorted(
            label.rpartition("-")[2]
            for label in one["metadata"]["labels"]
            if "aggregate-to" in label
        )
        for one in chart.rendered()
        if one["kind"] == "ClusterRole"
    }

    assert given == {
        "sluice-view": ["admin", "edit", "view"],
        "sluice-edit": ["admin", "edit"],
        "sluice-admin": ["admin"],
        "sluice-trigger": [],
        "sluice-operator": [],
        "sluice-gateway": [],
        "sluice-courier": [],
    }


WRONG: dict[str, tuple[str, str]] = {
    "a value that there is not": ("operatr.replicas=1", "operatr"),
    "one inside a process": ("operator.replica=1", "/operator/replica"),
    "one inside a service": ('gateway.service={"tipe": "ClusterIP"}', "tipe"),
    "no replica": ("operator.replicas=0", "/operator/replicas"),
    "a replica in words": ('gateway.replicas="two"', "/gateway/replicas"),
    "the image latest": ('images.runner="registry.example/runner:latest"', "/images/runner"),
    "an image without a tag": ('images.runner="registry.example:5000/runner"', "/images/runner"),
    "a level that there is not": ('logLevel="loud"', "/logLevel"),
    "a policy that there is not": ('images.pullPolicy="Sometimes"', "/images/pullPolicy"),
    "a Secret to watch": (
        'resourceTriggers=[{"apiVersion": "v1", "kind": "Secret"}]',
        "/resourceTriggers/0",
    ),
    "a Secret by another name": (
        'resourceTriggers=[{"apiVersion": "v1", "kind": "Map", "plural": "secrets"}]',
        "/resourceTriggers/0",
    ),
    "an object of Sluice to watch": (
        'resourceTriggers=[{"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow"}]',
        "/resourceTriggers/0",
    ),
    "a time below zero": ("operator.runMinimumSeconds=-1", "/operator/runMinimumSeconds"),
}


@pytest.mark.parametrize(("setting", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused_and_named(setting: str, named: str) -> None:
    with pytest.raises(chart.Refused) as refused:
        chart.rendered(setting)

    assert named in str(refused.value)


def test_values_reach_the_process_that_they_are_for() -> None:
    env: dict[str, Any] = {
        one["name"]: one.get("value")
        for one in chart.pods(
            "operator.dedupeSeconds=7", 'clusterDomain="corp.example"', 'logLevel="debug"'
        )["sluice-operator"]["spec"]["containers"][0]["env"]
    }

    assert env["SLUICE_DEDUPE_SECONDS"] == "7"
    assert env["SLUICE_CLUSTER_DOMAIN"] == "corp.example"
    assert env["SLUICE_LOG_LEVEL"] == "debug"
