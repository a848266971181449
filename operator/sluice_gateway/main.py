"""Start the gateway: read the settings, connect, serve until told to end."""

import asyncio
import os
import sys

import uvloop
from pydantic import ValidationError

from sluice_gateway import logs, serving
from sluice_gateway.gateway import running
from sluice_gateway.settings import Settings
from sluice_kube import config


def main() -> None:
    """The console script; settings that cannot be meant are said on the standard error."""
    try:
        settings = Settings.of(os.environ)
        cluster = config.load()
    except (ValidationError, config.ConfigError) as error:
        sys.exit(f"sluice-gateway: {error}")
    logs.install(settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, cluster))


async def _serve(settings: Settings, cluster: config.ClusterConfig) -> None:
    async with running(settings, cluster) as gateway:
        server = serving.make_server(settings, gateway)
        await serving.serve(settings, gateway, server, serving.until_told())
