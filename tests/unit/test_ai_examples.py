"""examples/actions/ai.*.yaml against the scripted server: each gives what its comment says."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from sluice_core import credentials
from sluice_core.definition import Definition
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from sluice_runner.engine import Job
from sluice_runner.templating.renderer import Renderer
from testkit.runs import World
from testkit.vendors.openai import KEY, Answer, calls, openai, says

FOLDER = Path(__file__).parents[2] / "examples" / "actions"
SCRIPTS: dict[str, list[Answer]] = {
    "ai.generate": [calls(("price", {"sku": "a"})), says('{"answer": "It costs 3 EUR."}')],
    "ai.extract": [says('{"number": "17", "total": 3.5}')],
}


@pytest.mark.parametrize("action", SCRIPTS)
async def test_an_example_gives_what_it_says_of_a_model(action: str) -> None:
    text = (FOLDER / f"{action}.yaml").read_text()
    [command] = re.findall(r"^#   sluice (.*)$", text, re.MULTILINE)
    [given] = re.findall(r"^#   gives: (.*)$", text, re.MULTILINE)
    spec = yaml.safe_load(text)["spec"]
    job = Job(
        uid="u1",
        name="r1",
        namespace="shop",
        workflow="example",
        revision=1,
        definition=Definition.model_validate({"steps": spec["steps"]}),
        inputs=json.loads(shlex.split(command)[-1]),
    )
    guard = Guard(Egress(("127.0.0.0/8",)))
    async with openai(*SCRIPTS[action]) as server, Renderer() as renderer, client(guard) as http:
        credential = credentials.OpenAI(api_key=KEY, base_url=server.base_url, model="small")

        end = await World().run(
            job, http=lambda: http, credential=lambda _: credential, renderer=renderer
        )

    assert (end.phase, end.output) == ("Succeeded", json.loads(given))
