"""Let processes die without a signal that they could answer."""

from testkit.e2e import kubectl, pods
from testkit.e2e.space import Space


def kill_pod(namespace: str, pod: str) -> None:
    """As when its node loses power."""
    words = ("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")
    kubectl.run("-n", namespace, *words)


def crash(space: Space, pod: str) -> None:
    """Let the kernel kill the container's first process, as it does when memory is short."""
    try:
        space.kubectl("exec", pod, "--", pods.PYTHON, "-c", CRASH)
    except kubectl.Refused as error:
        if "137" not in str(error):
            raise


# From inside its container the first process cannot be killed, but it may have used up its time.
CRASH = """
import resource, urllib.request
resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
while True:
    urllib.request.urlopen("http://127.0.0.1:8080/readyz", timeout=1).read()
"""
