"""Candidates for a Lease: in this process, or in one of their own that a test may kill."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sluice_kube import kubeconfig
from sluice_kube.campaign import Timing
from sluice_kube.config import ClusterConfig
from sluice_kube.elector import Elector, Listener
from sluice_kube.resources import Key

NAME = "tried"
# Half of the default: what a test waits for to pass. Promises are tried with the default.
BRISK = Timing(lease=2, lead=1.5, renew=0.5, poll=0.2, request=0.5)


@dataclass
class Candidate:
    """An elector, what it told its listener, and what it asked of the API server."""

    elector: Elector
    told: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, int]] = field(default_factory=list)


def a_candidate(
    config: ClusterConfig, namespace: str, identity: str, timing: Timing = BRISK
) -> Candidate:
    """A candidate that has not started."""
    told: list[str] = []
    asked: list[tuple[str, str, int]] = []
    listener = Listener(
        gained=lambda epoch: told.append(f"gained {epoch}"),
        lost=lambda: told.append("lost"),
        lost_to_other=lambda holder: told.append(f"lost to {holder}"),
        asked=lambda *request: asked.append(request),
    )
    elector = Elector(config, Key(namespace, NAME), identity, listener, timing)
    return Candidate(elector, told, asked)


@asynccontextmanager
async def running(*candidates: Candidate) -> AsyncIterator[None]:
    """They run for the Lease, and give it back in the end."""
    for candidate in candidates:
        candidate.elector.start()
    try:
        yield
    finally:
        for candidate in candidates:
            await asyncio.to_thread(candidate.elector.stop)  # a relay may be on this loop


async def a_process(kubeconfig_path: str, namespace: str) -> asyncio.subprocess.Process:
    """A process that leads by the default timing, and ends only when it is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "testkit.candidates", kubeconfig_path, namespace),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"leading\n"
    return process


def main() -> None:
    """Lead for ever."""
    path, namespace = sys.argv[1:]
    leads = threading.Event()
    listener = Listener(
        gained=lambda _epoch: leads.set(), lost=lambda: None, lost_to_other=lambda _holder: None
    )
    Elector(kubeconfig.read(path), Key(namespace, NAME), "process", listener).start()
    leads.wait()
    print("leading", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
