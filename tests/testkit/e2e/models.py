"""A pod that speaks OpenAI's API: the scripted server of the unit tests, in the cluster."""

from pathlib import Path

from testkit.e2e import pods
from testkit.e2e.kubectl import Manifest
from testkit.vendors import openai, openai_format

NAME = "model"
CODE = "/code"
MODULES = (openai, openai_format)


def make_model(script: str) -> list[Manifest]:
    """Answers from the script, an expression of answers, and prints what it was asked."""
    start = f"import sys; sys.path.insert(0, '{CODE}'); from testkit.vendors.openai import *"
    [pod, service] = pods.make_recorder(NAME)
    [container] = pod["spec"]["containers"]
    container["command"] = [pods.PYTHON, "-c", f"{start}; serve({pods.PORT}, {script})"]
    container["volumeMounts"] = [{"name": "code", "mountPath": CODE}]
    items = [{"key": name, "path": f"testkit/vendors/{name}"} for name in _code()]
    pod["spec"]["volumes"] = [{"name": "code", "configMap": {"name": NAME, "items": items}}]
    code = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": _code()}
    return [code, pod, service]


def make_credential(namespace: str) -> list[Manifest]:
    """The key of that model, and where it is."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "openai"},
            "stringData": {"apiKey": openai.KEY},
        },
        {
            "apiVersion": "sluice.dev/v1alpha1",
            "kind": "WorkflowCredential",
            "metadata": {"name": "openai"},
            "spec": {
                "type": "OpenAI",
                "secretRef": {"name": "openai"},
                "config": {"baseUrl": f"http://{host(namespace)}/v1", "model": "small"},
            },
        },
    ]


def host(namespace: str) -> str:
    """As a runner calls it."""
    return f"{NAME}.{namespace}.svc.cluster.local"


def _code() -> dict[str, str]:
    files = (Path(str(module.__file__)) for module in MODULES)
    return {file.name: file.read_text() for file in files}
