"""What the node is told: the files that containerd, the bridge plugin and the kubelet read."""

import json

from cluster import cgroups, layout

PAUSE = "localhost/pause:1"
PLUGINS = "/usr/lib/cni"


def configure() -> None:
    """Everything of theirs is under the state folder, so that removing it removes all."""
    (layout.STATE / "cni").mkdir()
    (layout.STATE / "cni" / "10-bridge.conflist").write_text(json.dumps(_network()))
    (layout.STATE / "containerd.toml").write_text(_containerd())
    (layout.STATE / "kubelet.json").write_text(json.dumps(_kubelet()))
    cgroups.make()


def _network() -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": layout.NODE_PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(layout.STATE / "addresses"),
    }
    bridge = {
        "type": "bridge",
        "bridge": layout.BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": addresses,
    }
    return {"cniVersion": "0.4.0", "name": "sluice", "plugins": [bridge]}


def _containerd() -> str:
    return f"""\
version = 2
root = "{layout.STATE}/containerd/root"
state = "{layout.STATE}/containerd/state"
[grpc]
  address = "{layout.CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  netns_mounts_under_state_dir = true
  # Without CAP_SYS_RESOURCE every sandbox fails: "can't get final child's PID from pipe".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{layout.STATE}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "{layout.STATE}/runc"
"""


def _kubelet() -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{layout.CONTAINERD}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "address": layout.NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "clusterDNS": [layout.DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "resolvConf": "/dev/null",
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "maxPods": 240,
    }
