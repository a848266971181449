"""The Helm that installs the chart: the machine's, else the one built beside Kubernetes."""

import shutil

from cluster import build


def program() -> str:
    """Path of the binary."""
    return shutil.which("helm") or str(build.program("helm"))
