"""A single-node Kubernetes on this machine, from nothing to a Ready node with cluster DNS."""

import shutil
import signal
from pathlib import Path

from cluster import (
    archive,
    build,
    components,
    coredns,
    credentials,
    layout,
    network,
    node,
    processes,
    runtime,
)
from cluster.api import Api, Manifest, RefusedError
from cluster.parts import require
from cluster.recovery import Found, decide
from cluster.waiting import until

ENFORCER = "enforcer"
MADE_OF = layout.STATE / "made-of"
WANTED = (*components.CONTROL_PLANE, *components.NODE)


def up() -> None:
    """Reuses a cluster that runs, replaces one that does not run whole."""
    require()
    kube = build.program("kube")
    decision = decide(_found(), sources=kube.parent.name, wanted=WANTED)
    if decision == "remake":
        down()
    if decision != "reuse":
        _make(kube)
    until("the API server is ready", Api.of().ready)
    if ENFORCER not in _alive():
        processes.start(ENFORCER, components.enforcer())


def running() -> bool:
    """Whether there is one whose processes all live."""
    return MADE_OF.exists() and set(WANTED) <= set(_alive())


def down() -> None:
    """Ends it and leaves no process, mount, interface, table or cgroup behind.

    Also clears what a killed `up` or a reboot left; does nothing when there is nothing.
    """
    if not layout.STATE.exists():
        return
    for process in processes.recorded():
        if process.name != "containerd":
            processes.stop(process.name)
    processes.stop("containerd", signal.SIGTERM)
    runtime.clear()
    network.down()
    shutil.rmtree(layout.STATE)


def _found() -> Found:
    return Found(
        state=layout.STATE.exists(),
        made_of=MADE_OF.read_text() if MADE_OF.exists() else "",
        alive=_alive(),
    )


def _alive() -> list[str]:
    return [each.name for each in processes.recorded() if processes.alive(each)]


def _make(kube: Path) -> None:
    layout.STATE.mkdir(parents=True, mode=0o755)
    network.up()
    credentials.make()
    node.configure()
    for name in ("containerd", "etcd", "apiserver"):
        processes.start(name, components.argv(name, kube))
    until("containerd answers", runtime.answers)
    _load_own_images()
    until("the API server writes its certificate", credentials.SERVING_CERTIFICATE.exists)
    api = Api.of()
    until("the API server is ready", api.ready)
    api.apply(*_node_proxier())
    for name in ("controller-manager", "scheduler", "kubelet", "proxy"):
        processes.start(name, components.argv(name, kube))
    coredns.apply(api)
    until("the node is ready", lambda: _node_ready(api))
    until("cluster DNS answers", lambda: coredns.ready(api))
    MADE_OF.write_text(kube.parent.name)


def _load_own_images() -> None:
    """Images that the node itself needs; each is one static binary."""
    own = (
        (node.PAUSE, "busybox", Path("/bin/busybox"), ("/busybox", "sleep", "2147483647")),
        (coredns.IMAGE, "coredns", build.program("coredns"), ("/coredns",)),
    )
    for name, place, source, entrypoint in own:
        file = layout.STATE / "image.tar"
        archive.write(file, name, files={place: source}, entrypoint=entrypoint)
        runtime.load(file)
        file.unlink()


def _node_proxier() -> tuple[str, Manifest]:
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "kube-proxy"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "system:node-proxier"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "system:kube-proxy"}],
    }
    return f"/apis/{group}/v1/clusterrolebindings/kube-proxy", binding


def _node_ready(api: Api) -> bool:
    try:
        status = api.get(f"/api/v1/nodes/{layout.NODE}")["status"]
    except RefusedError:
        return False  # the kubelet has not made it yet
    conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
    return conditions.get("Ready") == "True"
