from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from testkit import dispatching
from testkit.dispatching import Cluster


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with dispatching.cluster(tmp_path) as made:
        yield made
