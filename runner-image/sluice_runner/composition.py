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
from sluice_runner.execution import Outside, make_execute
from sluice_runner.probe import Probe
from sluice_runner.redaction import Redactor
from sluice_runner.secrets import Secrets
from sluice_runner.server.process import Server
from sluice_runner.settings import Settings, from_environment
from sluice_runner.templating.renderer import Renderer


def run(environment: Mapping[str, str]) -> None:
    """Until the process has been told to end, and has drained."""
    redactor = Redactor()
    _log(redactor)
    try:
        settings = from_environment(environment)
    except ValidationError as error:
        sys.exit(f"sluice-runner: {error}")
    uvloop.run(_serve(settings, environment, redactor))


def _log(redactor: Redactor) -> None:
    """To standard error; a traceback may quote what a library was given."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(redactor))
    logging.basicConfig(level="INFO", handlers=[handler])


class RedactingFormatter(logging.Formatter):
    """Lines without secrets."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback if there is one."""
        return self._redactor.text(super().format(record))


async def _serve(settings: Settings, environment: Mapping[str, str], redactor: Redactor) -> None:
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
        secrets = Secrets(settings.credentials_dir, settings.credentials, redactor.learn)
        server = Server(
            settings=settings,
            parse=definition.decode,
            execute=make_execute(renderer.of, outside, secrets, env, redactor),
            unready=probe.unready,
            survey=secrets.survey,
        )
        await server.run(stopping)
