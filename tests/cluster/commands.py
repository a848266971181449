"""Run a program of the machine, and say in one message what failed and how."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class CommandError(RuntimeError):
    """A program ended with an error; the message holds its last words."""

    def __init__(self, argv: tuple[str, ...], code: int, words: str) -> None:
        last = "\n".join(words.strip().splitlines()[-20:])
        super().__init__(f"{' '.join(argv)[:200]} ended with {code}\n{last}")


def run(
    *argv: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """What the program printed; `env` is added to the environment of this process."""
    words = tuple(str(word) for word in argv)
    done = subprocess.run(
        words,
        input=stdin,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(words, done.returncode, done.stderr or done.stdout)
    return done.stdout


def attempt(*argv: str | Path) -> bool:
    """Whether it worked: for removing what may not be there."""
    try:
        run(*argv)
    except (CommandError, FileNotFoundError):
        return False
    return True
