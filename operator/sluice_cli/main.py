"""The command `sluice`, also `kubectl sluice`: check, draw and run workflows."""

import argparse
import sys
from collections.abc import Sequence

from sluice_cli import catalogue, cluster, drawing, keys, lint, local
from sluice_cli.documents import Unreadable

OK, FAILED, INVALID, CANCELLED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all is well, 1 a run failed, 2 the input is wrong, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except Unreadable as error:
        print(f"error: {error}", file=sys.stderr)
        return INVALID
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        return CANCELLED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sluice", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    lint.add_to(commands)
    local.add_to(commands)
    drawing.add_to(commands)
    catalogue.add_to(commands)
    cluster.add_to(commands)
    keys.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
