"""The command `sluice-runner`: a start as short as can be, since a waiting run pays for it."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


def main() -> None:
    """Serve until SIGTERM, then drain."""
    gc.disable()  # hundreds of modules and models are made now, and none of them goes away
    with _without_system_certificates():
        from sluice_runner import composition  # noqa: PLC0415 - what takes the time
    gc.freeze()
    gc.enable()
    composition.run(os.environ)


@contextmanager
def _without_system_certificates() -> Iterator[None]:
    """aiohttp's client, which nothing here uses, reads them all when it is imported: a tenth."""
    name = "SSL_CERT_FILE"
    before = os.environ.get(name)
    os.environ[name] = os.devnull
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


if __name__ == "__main__":
    main()
