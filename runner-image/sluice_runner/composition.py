"""Composition root of the runner: settings, renderer, guarded client, engine, server."""

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

import uvloop
from pydantic import ValidationError

from sluice_core import definition
from sluice_runner.execution import Outside, make_execute, no_credentials
from sluice_runner.probe import Probe
from sluice_runner.server.process import Server
from sluice_runner.settings import Settings, from_environment
from sluice_runner.templating.renderer import Renderer


def run(environment: Mapping[str, str]) -> None:
    """Until the process has been told to end, and has drained."""
    logging.basicConfig(
        stream=sys.stderr, level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = from_environment(environment)
    except ValidationError as error:
        sys.exit(f"sluice-runner: {error}")
    uvloop.run(_serve(settings, environment))


async def _serve(settings: Settings, environment: Mapping[str, str]) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    env = {name: environment[name] for name in settings.env_names if name in environment}
    async with AsyncExitStack() as stack:
        renderer = await stack.enter_async_context(Renderer())
        probe = Probe(renderer)
        probing = asyncio.create_task(probe.watch())
        stack.callback(probing.cancel)
        outside = Outside(settings.egress_allow, private=settings.egress_private, stack=stack)
        server = Server(
            settings=settings,
            parse=definition.decode,
            execute=make_execute(renderer, outside, no_credentials, env),
            unready=probe.unready,
        )
        await server.run(stopping)
