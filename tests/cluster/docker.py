"""The cluster and its images where a Docker engine answers: kind, and a registry for your own."""

from cluster import layout
from cluster.commands import attempt, run
from cluster.content import TOOLS, Image

CLUSTER = "sluice"
NAMED = ("--name", CLUSTER)
WRITES = ("--kubeconfig", layout.KUBECONFIG)
NODE = f"{CLUSTER}-control-plane"


def up() -> None:
    """Makes the kind cluster unless it is there, and writes its kubeconfig."""
    layout.STATE.mkdir(parents=True, exist_ok=True)
    if not running():
        settings = ("--config", layout.ROOT / "kind-config.yaml", "--wait", "120s")
        run("kind", "create", "cluster", *NAMED, *settings, *WRITES)
    layout.KUBECONFIG.write_text(run("kind", "get", "kubeconfig", "--name", CLUSTER))
    layout.KUBECONFIG.chmod(0o600)


def running() -> bool:
    """Whether kind has a cluster of ours."""
    return CLUSTER in run("kind", "get", "clusters").split()


def down() -> None:
    """Removes it, if it is there."""
    if running():
        run("kind", "delete", "cluster", *NAMED, *WRITES)
    layout.IMAGES.unlink(missing_ok=True)
    layout.KUBECONFIG.unlink(missing_ok=True)


def build(image: Image, reference: str) -> None:
    """Unless Docker has it already; a tag never means two contents."""
    if attempt("docker", "image", "inspect", reference):
        return
    nothing = layout.ROOT / "tests" / "cluster" / "tools"
    context = nothing if image is TOOLS else layout.ROOT
    run("docker", "build", "--file", layout.ROOT / image.dockerfile, "--tag", reference, context)


def load(reference: str) -> None:
    """Into the kind node."""
    if not attempt("docker", "exec", NODE, "crictl", "inspecti", reference):
        run("kind", "load", "docker-image", reference, *NAMED)


def push(reference: str, registry: str) -> str:
    """To a registry that the user's cluster pulls from; the name it has there."""
    there = f"{registry}/{reference.removeprefix('localhost/')}"
    run("docker", "tag", reference, there)
    run("docker", "push", "--quiet", there)
    return there
