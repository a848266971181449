"""End the machine's own cluster and leave no process, mount, interface, table or cgroup behind."""

import shutil
import signal

from cluster import layout, network, processes, runtime


def down() -> None:
    """Also clears what a killed `up` or a reboot left; does nothing when there is nothing."""
    if not layout.STATE.exists():
        return
    agents = [process.name for process in processes.recorded() if process.name != "containerd"]
    for name in agents:
        processes.stop(name)
    processes.stop("containerd", signal.SIGTERM)
    runtime.clear()
    network.down()
    shutil.rmtree(layout.STATE)
