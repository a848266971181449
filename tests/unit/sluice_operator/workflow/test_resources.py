"""The objects of a workflow: safe by default, and none of the owner's metadata on them."""

from ipaddress import ip_address, ip_network
from typing import Any

import orjson
import pytest

from sluice_core import names
from sluice_core.mounts import Mount
from sluice_operator.workflow.observed import Manifest, Reach, RunAttempt
from sluice_operator.workflow.reconcile import reconcile
from sluice_operator.workflow.resources import deployment, job, network_policy
from sluice_runner.egress.address import inner_network, is_public
from testkit.builders import a_credential, a_step, a_workflow
from testkit.hostile.targets import ADDRESSES
from testkit.seen import an_installation, observed

GITOPS = {"labels": {"team": "a"}, "annotations": {"argocd.argoproj.io/tracking-id": "x"}}
NOWHERE = Reach((), private=False)


def objects(**fields: Any) -> dict[str, Manifest]:
    return {one["kind"]: one for one in reconcile(observed(**fields)).objects}


def pod(**spec: Any) -> dict[str, Any]:
    mounted = spec.pop("mounted", {})
    return deployment.make_template(
        a_workflow(**spec), an_installation(), reach=NOWHERE, mounted=mounted
    )


def env(template: dict[str, Any]) -> dict[str, Any]:
    [container] = template["spec"]["containers"]
    return {one["name"]: one.get("value") for one in container["env"]}


@pytest.mark.parametrize("kind", sorted(objects()))
def test_a_child_has_its_owner_and_labels_of_ours_alone(kind: str) -> None:
    made = objects(workflow=a_workflow(metadata=GITOPS))[kind]

    meta = made["metadata"]
    assert meta["labels"] == names.owned_by_workflow("daily-etl")
    assert set(meta.get("annotations", {})) <= {"sluice.dev/definition"}
    assert meta["ownerReferences"] == [
        {
            "apiVersion": "sluice.dev/v1alpha1",
            "kind": "Workflow",
            "name": "daily-etl",
            "uid": "uid-of-daily-etl",
            "controller": True,
            "blockOwnerDeletion": False,
        }
    ]


def test_the_pod_meets_the_restricted_pod_security_standard() -> None:
    spec = pod()["spec"]

    [container] = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {"hostNetwork", "hostPID", "hostIPC", "initContainers"}.isdisjoint(spec)
    assert {kind for volume in spec["volumes"] for kind in volume if kind != "name"} == {
        "configMap",
        "emptyDir",
    }


def test_no_token_is_mounted_and_no_service_told() -> None:
    spec, account = pod()["spec"], objects()["ServiceAccount"]

    assert spec["automountServiceAccountToken"] is False
    assert account["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False


def test_labels_of_a_user_do_not_replace_ours() -> None:
    made = pod(runner={"labels": {names.LABEL_WORKFLOW: "other", "team": "a"}})["metadata"]

    assert made["labels"][names.LABEL_WORKFLOW] == "daily-etl"
    assert made["labels"]["team"] == "a"


def test_what_a_user_asks_for_replaces_the_defaults() -> None:
    made = pod(
        runner={
            "image": "x:1",
            "serviceAccountName": "clerk",
            "resources": {"requests": {"cpu": "2"}, "limits": {"memory": "1Gi"}},
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "a", "effect": "NoExecute", "tolerationSeconds": 5}],
            "concurrency": 3,
            "env": [{"name": "STAGE", "value": "test"}],
        }
    )

    spec, given = made["spec"], env(made)
    [container] = spec["containers"]
    assert (container["image"], spec["serviceAccountName"]) == ("x:1", "clerk")
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "96Mi"},
        "limits": {"memory": "1Gi"},
    }
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert spec["tolerations"] == [{"key": "a", "effect": "NoExecute", "tolerationSeconds": 5}]
    assert (given["SLUICE_SLOTS"], given["STAGE"]) == ("3", "test")
    assert orjson.loads(given["SLUICE_ENV_NAMES"]) == ["STAGE"]


def test_a_pod_takes_longer_to_end_than_its_runner() -> None:
    made = pod()

    grace = made["spec"]["terminationGracePeriodSeconds"]
    assert float(env(made)["SLUICE_DRAIN_SECONDS"]) < grace


TOKEN = Mount(type="HttpBearer", secret="api")
LOGIN = Mount(type="HttpBasic", secret="ftp", keys={"password": "pw"})
MOUNTS = {
    "another credential: another pod": ({"a": TOKEN}, {"b": TOKEN}, False),
    "another Secret: another pod": ({"a": TOKEN}, {"a": LOGIN}, False),
    "the same in another order: the same pod": (
        {"a": TOKEN, "b": LOGIN},
        {"b": LOGIN, "a": TOKEN},
        True,
    ),
}


@pytest.mark.parametrize(("one", "other", "same"), MOUNTS.values(), ids=MOUNTS)
def test_the_pod_changes_with_what_is_mounted(
    one: dict[str, Mount], other: dict[str, Mount], same: bool
) -> None:
    first, second = pod(mounted=one), pod(mounted=other)

    assert (first == second) is same
    assert (label_of_mounts(first) == label_of_mounts(second)) is same


def label_of_mounts(template: dict[str, Any]) -> str:
    return str(template["metadata"]["labels"][names.LABEL_MOUNTS])


def test_a_secret_is_mounted_key_by_key_for_reading_and_may_be_missing() -> None:
    spec = pod(mounted={"ftp": LOGIN})["spec"]

    [volume] = [one["projected"] for one in spec["volumes"] if "projected" in one]
    [container] = spec["containers"]
    [mount] = [one for one in container["volumeMounts"] if one["name"] == "credentials"]
    config, secret = volume["sources"]
    assert config == {"configMap": {"name": "workflow-daily-etl-credentials", "optional": True}}
    assert secret["secret"] == {
        "name": "ftp",
        "optional": True,
        "items": [
            {"key": "username", "path": "ftp/username"},
            {"key": "pw", "path": "ftp/password"},
        ],
    }
    assert mount["readOnly"] is True


def test_a_workflow_without_credentials_mounts_no_secret() -> None:
    spec = pod()["spec"]

    assert [volume["name"] for volume in spec["volumes"]] == ["keys", "tmp"]


def test_other_configuration_of_a_credential_changes_no_pod() -> None:
    steps = [a_step("call", credential="api")]
    pods, configs = [], []
    for header in ("X-Key", "X-Token"):
        spec = a_credential("api", type="HttpApiKey", config={"header": header}).spec
        made = reconcile(observed(a_workflow(steps=steps), credentials={"api": spec})).objects
        pods += [one["spec"]["template"] for one in made if one["kind"] == "Deployment"]
        configs += [one["data"] for one in made if one["metadata"]["name"].endswith("-credentials")]

    assert pods[0] == pods[1]
    assert configs == [{"api.json": '{"header":"X-Key"}'}, {"api.json": '{"header":"X-Token"}'}]


def test_the_service_names_the_gateway() -> None:
    spec = objects()["Service"]["spec"]

    assert spec["type"] == "ExternalName"
    assert spec["externalName"] == "sluice-gateway.sluice-system.svc.cluster.local"


def test_the_keys_are_those_of_the_installation() -> None:
    assert objects()["ConfigMap"]["data"] == {"operator-1.pem": "PEM"}


def policy(*allow: str, private: bool = False, actions: tuple[str, ...] = ()) -> dict[str, Any]:
    steps = [a_step(f"s{at}", action=action) for at, action in enumerate(actions)]
    flow = a_workflow(steps=steps) if steps else a_workflow()
    made = network_policy.make_network_policy(flow, an_installation(), Reach(allow, private))
    spec: dict[str, Any] = made["spec"]
    return spec


def test_only_operator_and_gateway_reach_a_runner_and_only_its_port() -> None:
    [rule] = policy()["ingress"]

    [peer] = rule["from"]
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert peer["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": "sluice-system"}
    }
    assert peer["podSelector"]["matchExpressions"] == [
        {"key": names.LABEL_COMPONENT, "operator": "In", "values": ["operator", "gateway"]}
    ]


def test_without_a_wish_a_runner_reaches_names_and_public_https() -> None:
    dns, https = policy()["egress"]

    [v4, v6] = [one["ipBlock"] for one in https["to"]]
    assert {one["port"] for one in dns["ports"]} == {53}
    assert https["ports"] == [{"port": 443, "protocol": "TCP"}]
    assert {"10.0.0.0/8", "169.254.0.0/16", "127.0.0.0/8"} <= set(v4["except"])
    assert v6["cidr"] == "2000::/3"


def opens(peers: list[dict[str, Any]], address: str) -> bool:
    """Whether one of the blocks holds the address."""
    found = ip_address(address)
    blocks = [peer["ipBlock"] for peer in peers]
    return any(
        found in ip_network(block["cidr"])
        and not any(found in ip_network(one) for one in block["except"])
        for block in blocks
    )


ON_THE_WIRE = [one for one in ADDRESSES.values() if not one.startswith("::ffff:")]  # not mapped


@pytest.mark.parametrize("address", [*ON_THE_WIRE, "8.8.8.8", "2606:4700::1111"])
def test_the_policy_opens_no_address_that_the_guard_does_not(address: str) -> None:
    _, public, named = policy("db.example.com:5432", private=True)["egress"]

    assert not opens(public["to"], address) or is_public(ip_address(address))
    assert not opens(named["to"], address) or inner_network(ip_address(address)) is None
    assert opens(public["to"], address) or address not in ("8.8.8.8", "2606:4700::1111")


def test_the_policy_opens_the_ports_of_what_the_steps_do() -> None:
    _, public = policy(actions=("email.send", "sql.query", "ftp.upload", "log"))["egress"]

    assert [one["port"] for one in public["ports"]] == [443, 465, 587, 3306, 5432]


ALLOWED: dict[str, tuple[str, dict[str, Any]]] = {
    "a range, any port": ("10.1.0.0/16", {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}),
    "an address and a port": (
        "10.1.0.1:5432",
        {
            "to": [{"ipBlock": {"cidr": "10.1.0.1/32"}}],
            "ports": [{"port": 5432, "protocol": "TCP"}],
        },
    ),
    "an address of version 6": (
        "[fd00::1]:443",
        {"to": [{"ipBlock": {"cidr": "fd00::1/128"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
    ),
    "a service, whose pods have ports of their own": (
        "db.shop.svc.cluster.local:5432",
        {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]},
    ),
    "a name, which may lead to any public address": (
        "db.example.com:5432",
        {
            "to": network_policy._anywhere_public(),
            "ports": [{"port": 5432, "protocol": "TCP"}],
        },
    ),
}


@pytest.mark.parametrize(("entry", "rule"), ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_is_let_out(entry: str, rule: dict[str, Any]) -> None:
    assert policy(entry)["egress"][-1] == rule


RUN = RunAttempt(name="daily-etl-0a1b", uid="run-uid", attempt=2)


def test_a_job_is_the_runs_own_and_carries_out_one_attempt() -> None:
    made = job.make_job(a_workflow(), pod(), RUN)

    template = made["spec"]["template"]
    assert made["metadata"]["ownerReferences"][0]["uid"] == "run-uid"
    assert made["spec"]["backoffLimit"] == 0
    assert template["spec"]["restartPolicy"] == "Never"
    assert env(template) | {"SLUICE_SLOTS": "1", "SLUICE_ONE_RUN": "run-uid/2"} == env(template)
    assert template["metadata"]["labels"]["sluice.dev/run"] == "daily-etl-0a1b"


def test_a_job_differs_from_a_shared_runner_in_nothing_else() -> None:
    shared, own = pod(), job.make_job(a_workflow(), pod(), RUN)["spec"]["template"]

    differing = {key for key in own["spec"] if own["spec"][key] != shared["spec"].get(key)}
    assert differing == {"restartPolicy", "containers"}


def test_attempts_of_one_run_and_runs_of_one_name_have_jobs_of_their_own() -> None:
    made = {names.job("a" * 63, uid, attempt) for uid in ("u", "v") for attempt in (1, 2)}

    assert len(made) == 4
    assert all(len(name) <= 63 for name in made)
