"""One `up`, `down` or build at a time on this machine."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import layout


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Waits for the lock, and says so; the kernel lets go of it when this process dies."""
    layout.CACHE.mkdir(parents=True, exist_ok=True)
    with (layout.CACHE / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process that holds {file.name}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
