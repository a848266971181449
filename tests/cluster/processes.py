"""The cluster's processes: started apart from us, and found again by pid and start time."""

import json
import os
import signal
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from cluster import layout
from cluster.waiting import until

RECORDS = layout.STATE / "processes"
LOGS = layout.STATE / "log"


@dataclass(frozen=True, kw_only=True)
class Process:
    """What is enough to know a process again: a pid alone may by now be someone else's."""

    name: str
    pid: int
    started: str
    argv: list[str]


def start(name: str, argv: list[str]) -> None:
    """Its output goes to a file of the state folder; it outlives this process."""
    RECORDS.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / name).open("ab") as log:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    record = Process(name=name, pid=child.pid, started=_started(child.pid) or "", argv=argv)
    (RECORDS / f"{name}.json").write_text(json.dumps(asdict(record)))


def recorded() -> list[Process]:
    """All that was started and not stopped by us, alive or not."""
    return [Process(**json.loads(file.read_text())) for file in sorted(RECORDS.glob("*.json"))]


def alive(process: Process) -> bool:
    """Whether that very process still runs."""
    return bool(process.started) and _started(process.pid) == process.started


def stop(name: str, how: signal.Signals = signal.SIGKILL) -> Process | None:
    """Ends it and waits until it is gone; what it was, if it was ever started."""
    process = next((each for each in recorded() if each.name == name), None)
    if process and alive(process):
        os.kill(process.pid, how)
        until(f"{name} ends", lambda: not alive(process), 20)
    (RECORDS / f"{name}.json").unlink(missing_ok=True)
    return process


def restart(name: str) -> None:
    """Kills it as a crash would, and starts it again the same way."""
    process = stop(name)
    if not process:
        raise LookupError(f"{name} is no process of this cluster; there are: {_names()}")
    start(name, process.argv)


def _names() -> str:
    return ", ".join(process.name for process in recorded())


def _started(pid: int) -> str | None:
    """The boot and the tick at which the pid's process started; None when it is gone or dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] == "Z" and _threads(pid) <= 1:
        return None
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{fields[19]}"


def _threads(pid: int) -> int:
    """A dead process whose last threads still end keeps its listening socket until they have."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except FileNotFoundError:
        return 0
