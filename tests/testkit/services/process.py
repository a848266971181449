"""A server as a process of a test's own: without rights, in its own folder, ended by its pid."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cluster.waiting import until

NOBODY = 65534
STOP_SECONDS = 20


def unprivileged(*words: str | Path) -> list[str]:
    """The command as a user without rights, where this one is root."""
    if os.geteuid():
        return [str(word) for word in words]
    ids = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    return ["setpriv", *ids, "--", *map(str, words)]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of that user's."""
    made = Path(tempfile.mkdtemp(prefix="sluice-service-"))
    give(made)
    yield made
    shutil.rmtree(made)


def give(path: Path) -> None:
    """Let the user without rights have it, and all below."""
    if os.geteuid() == 0:
        for one in (path, *path.rglob("*")):
            os.chown(one, NOBODY, NOBODY)


@contextmanager
def running(
    words: Sequence[str],
    port: int,
    log: Path,
    env: Mapping[str, str] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """From when the port answers until the process has ended; its output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | (env or {}),
        )
        try:
            until(f"{words[0]} listens", lambda: _answers(process, port, log), 30)
            yield
        finally:
            process.send_signal(end)
            process.wait(STOP_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"it ended with {process.returncode}:\n{log.read_text()[-2000:]}")
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
