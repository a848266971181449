"""Marks what is here: tests of one action against the real server of its protocol, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sluice_runner.egress.connect import Guard
from testkit.services import authority, databases, files
from testkit.services.databases import DatabaseServer
from testkit.services.files import SshHost

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.services)


@pytest.fixture(autouse=True)
async def _last_turns() -> AsyncIterator[None]:
    """What was closed in a hurry is gone in the loop's next turns."""
    yield
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def guard() -> AsyncIterator[Guard]:
    """Opens loopback; what it keeps is closed with the test."""
    guard = authority.a_guard()
    yield guard
    await guard.kept.aclose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[DatabaseServer]:
    with databases.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[DatabaseServer]:
    with databases.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def sshd() -> Iterator[SshHost]:
    with files.sshd() as server:
        yield server
