"""The gateway on a port of this machine, for programs that are no pods."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from testkit.e2e import release

_SERVICE = "service/sluice-gateway"


@contextmanager
def gateway() -> Iterator[str]:
    """Its URL, good until the end of the block: `kubectl port-forward` to one of its pods."""
    words = ["kubectl", "-n", release.NAMESPACE, "port-forward", "--address=127.0.0.1", _SERVICE]
    with subprocess.Popen([*words, ":80"], stdout=subprocess.PIPE, text=True) as forward:
        try:
            assert forward.stdout
            told = forward.stdout.readline()  # Forwarding from 127.0.0.1:41234 -> 8080
            assert told.startswith("Forwarding from "), f"kubectl port-forward: {told or 'ended'}"
            yield f"http://{told.split()[2]}"
        finally:
            forward.terminate()
