"""The page about the API: whole, and of this origin alone."""

import re
import subprocess
import sys
from urllib.parse import urljoin

import pytest

from testkit.gateway_app import Cluster, client

TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}


async def test_the_page_names_only_its_own_origin_and_all_that_it_names_is_there() -> None:
    async with client(Cluster(), token=None) as http:
        page = await http.get("/docs")
        named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        answers = {path: await http.get(urljoin("/docs", path)) for path in named}

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert len(named) == 4
    assert "//" not in page.text
    for path, answer in answers.items():
        media = answer.headers["content-type"].partition(";")[0]
        assert (answer.status_code, media) == (200, TYPES[path[path.rindex(".") :]]), path


async def test_what_the_page_starts_with_reads_the_schema_of_this_origin() -> None:
    async with client(Cluster(), token=None) as http:
        script = (await http.get("/docs/start.js")).text
        [path] = re.findall(r'url: "([^"]*)"', script)
        answer = await http.get(urljoin("/docs", path))

    assert answer.json()["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js"])
async def test_nothing_from_elsewhere_is_let_in(path: str) -> None:
    async with client(Cluster(), token=None) as http:
        policy = (await http.get(path)).headers["content-security-policy"]

    directives = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert directives.pop("img-src") == "'self' data:"
    assert set(directives.values()) == {"'none'", "'self'"}
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"


def test_the_package_of_the_files_is_not_imported() -> None:
    script = "import sluice_gateway.gateway, sys; assert 'fastapi_offline' not in sys.modules"

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
