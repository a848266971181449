"""Install the chart with the images of this checkout."""

import json

from cluster import helm, layout
from cluster.commands import run

RELEASE = "sluice"
NAMESPACE = "sluice-system"


def install(kubeconfig: str) -> None:
    """Installs or upgrades, and waits until the pods are ready."""
    images = json.loads(layout.IMAGES.read_text())
    values = {f"images.{role}": images[role] for role in ("operator", "runner")}
    run(
        helm.program(),
        "upgrade",
        "--install",
        RELEASE,
        layout.ROOT / "charts" / "sluice",
        f"--namespace={NAMESPACE}",
        "--create-namespace",
        *(f"--set={name}={value}" for name, value in values.items()),
        "--wait",
        "--timeout=3m",
        env={"KUBECONFIG": kubeconfig},
    )
