"""A server that echoes a secret in every spelling, and what `sluice run --local` shows of that."""

import asyncio
import json
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from testkit.https_server import Answer, serving

TOKEN = f'{secrets.token_urlsafe(18)}"&/{secrets.token_urlsafe(3)}'
SPELT: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in JSON": lambda s: json.dumps(json.dumps(s))[3:-3],
    "base64": lambda s: b64encode(s.encode()).decode().rstrip("=")[:-1],
    "hex": lambda s: s.encode().hex(),
    "URL": lambda s: quote(s, safe=""),
}
ECHO = {
    "plain": TOKEN,
    "base64": [b64encode(f"{'x' * n}{TOKEN}tail".encode()).decode() for n in range(3)],
    "hex": TOKEN.encode().hex(),
    "url": quote(TOKEN, safe=""),
    "json": json.dumps({"token": TOKEN}),
    TOKEN: "as a key",
}
FLOW = """
apiVersion: sluice.dev/v1alpha1
kind: WorkflowCredential
metadata: {name: api}
spec: {type: HttpBearer, secretRef: {name: api}}
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: leaking}
spec:
  egress: {allow: ["127.0.0.1:PORT"]}
  steps:
  - {name: echo, action: http.get, credential: api, with: {url: "http://127.0.0.1:PORT/echo"}}
  - {name: said, action: log, with: {message: "it said {{ steps.echo.output.body }}"}}
  - {name: shaped, action: transform, with: {template: {again: "{{ steps.echo.output.body }}"}}}
  - name: refused
    action: http.get
    credential: api
    onFailure: Continue
    with: {url: "http://127.0.0.1:PORT/refuse"}
  - name: why
    action: log
    needs: [refused.error]
    with: {message: "{{ steps.refused.error.message }}"}
  - {name: end, action: fail, with: {message: "with {{ steps.echo.output.body.plain }}"}}
"""


@pytest.mark.parametrize("form", ["table", "json"])
async def test_no_spelling_of_a_secret_is_shown(tmp_path: Path, form: str) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "token").write_text(TOKEN)
    body = json.dumps(ECHO).encode()
    async with serving(tls=False) as server:
        headers = {"Content-Type": "application/json", "X-Token": TOKEN}
        server.answers |= {
            "/echo": Answer(200, headers, body),
            "/refuse": Answer(400, headers, body),
        }
        (tmp_path / "flow.yaml").write_text(FLOW.replace("PORT", str(server.port)))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sluice_cli.main", "run", str(tmp_path / "flow.yaml")),
            *("--local", "--credentials", str(tmp_path), "-o", form),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        sent = [one.headers["authorization"] for one in server.received]

    shown = out.decode()
    assert process.returncode == 1, shown
    assert sent == [f"Bearer {TOKEN}"] * 2, shown
    assert "••••••" in shown
    assert [how for how, spell in SPELT.items() if spell(TOKEN) in shown] == []
