"""The process that readers are forked from; run as `python -I -m …zygote <fd>`."""

import logging
import socket
import sys
import warnings

from sluice_runner.confined import zygote
from sluice_runner.documents import child, warm


def main() -> None:
    """Until the runner hangs up."""
    logging.disable()
    warnings.simplefilter("ignore")
    warm.up()
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote.run(control, child.serve)


if __name__ == "__main__":
    main()
