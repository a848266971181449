"""A runner imports a library when a step first needs it, and not before."""

import subprocess
import sys

LIBRARIES = {
    "aioftp", "aiosmtplib", "asyncmy", "asyncpg", "asyncssh", "azure", "boto3",
    "botocore", "docx", "httpx", "lxml", "nh3", "pypdf", "python_calamine",
}  # fmt: skip
SHOW = "import sluice_runner.composition, sys; print(*sys.modules)"


def test_a_runner_that_has_carried_out_nothing_has_no_library_of_an_action() -> None:
    words = [sys.executable, "-c", SHOW]

    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert not LIBRARIES & set(loaded)
