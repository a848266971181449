"""DNS inside the cluster. It forwards nothing: no pod looks up a name of the outside world."""

from cluster import layout
from cluster.api import Api, Manifest

IMAGE = "localhost/coredns:1"
NAMESPACE = "kube-system"
NAMED = {"name": "coredns", "namespace": NAMESPACE}
COREFILE = """\
.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        ttl 5
    }
    cache 5
}
"""
RBAC = "rbac.authorization.k8s.io"


def apply(api: Api) -> None:
    """All objects; the image must be on the node already."""
    core, apps = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
    api.apply(f"{core}/serviceaccounts/coredns", _named("v1", "ServiceAccount"))
    api.apply(f"/apis/{RBAC}/v1/clusterroles/coredns", _role())
    api.apply(f"/apis/{RBAC}/v1/clusterrolebindings/coredns", _binding())
    api.apply(f"{core}/configmaps/coredns", _named("v1", "ConfigMap", data={"Corefile": COREFILE}))
    api.apply(f"{apps}/deployments/coredns", _deployment())
    api.apply(f"{core}/services/kube-dns", _service())


def ready(api: Api) -> bool:
    """Whether a pod of it answers."""
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/coredns"
    return bool(api.get(path).get("status", {}).get("readyReplicas"))


def _named(version: str, kind: str, **rest: object) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": NAMED, **rest}


def _role() -> Manifest:
    seen = ("services", "pods", "namespaces", "endpoints")
    rules = [
        {"apiGroups": [""], "resources": list(seen), "verbs": ["list", "watch"]},
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["list", "watch"],
        },
    ]
    name = {"name": "coredns"}
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": name, "rules": rules}


def _binding() -> Manifest:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "coredns"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "coredns"},
        "subjects": [{"kind": "ServiceAccount", **NAMED}],
    }


def _deployment() -> Manifest:
    labels = {"k8s-app": "kube-dns"}
    container = {
        "name": "coredns",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    pod = {
        "serviceAccountName": "coredns",
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return _named("apps/v1", "Deployment", spec=spec)


def _service() -> Manifest:
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    spec = {"clusterIP": layout.DNS_ADDRESS, "selector": {"k8s-app": "kube-dns"}, "ports": ports}
    name = {"name": "kube-dns", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": spec}
