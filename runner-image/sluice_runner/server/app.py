"""The runner's HTTP application: which request goes where, and who may send it."""

from aiohttp import web

from sluice_core import wire
from sluice_runner.server.gate import Gate
from sluice_runner.server.routes import Served


def make_app(served: Served, gate: Gate) -> web.Application:
    """The whole contract as a table."""
    app = web.Application()
    app.router.add_routes(
        [
            web.put(wire.PATH_DEFINITION, gate.run(served.put_definition)),
            web.post(wire.PATH_RUNS, gate.run(served.post_runs)),
            web.post(wire.PATH_ACKS, gate.run(served.post_acks)),
            web.post(wire.PATH_CANCEL, gate.run(served.post_cancel)),
            web.post(wire.PATH_REPLIES, gate.run(served.post_reply)),
            web.get(wire.PATH_EVENTS, gate.run(served.get_events), allow_head=False),
            web.get(wire.PATH_RUNS, gate.look(served.get_runs), allow_head=False),
            web.get(wire.PATH_LOGS, gate.read(served.get_logs), allow_head=False),
            web.get(wire.PATH_READY, gate.public(served.get_ready)),
            web.get(wire.PATH_METRICS, gate.public(served.get_metrics)),
        ]
    )
    return app
