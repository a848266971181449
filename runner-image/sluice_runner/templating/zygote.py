"""The process that sandbox processes are forked from; run as `python -I -m …zygote <fd>`."""

import contextlib
import socket
import sys
import unicodedata  # noqa: F401 - Python imports it at the first name or escape beyond ASCII

import jinja2.debug  # noqa: F401 - Jinja imports it at the first error

from sluice_runner.confined import zygote
from sluice_runner.templating import child
from sluice_runner.templating.limits import Refused
from sluice_runner.templating.rendering import Kitchen

_WARMING = (
    "{% for x in data %}{{ x.up }}{{ loop.index }}{% endfor %}",
    r"{{ 'é\u00e9\N{DIGIT ONE}' ~ data.é }}",
    "{{ data|uper }}",
    "{{ 0|dateformat('%A %d %Z') }}{{ '2026-01-01T00:00:00+02:00'|dateadd(days=1) }}",
    "{{ '{' | fromjson }}",
    "{{ 'eA==' | b64decode }}{{ data[0] | urlencode }}",
    "{{ nope }}",
    "{{ ",
)


def main() -> None:
    """Until the runner hangs up."""
    kitchen = _warmed()
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote.run(control, lambda connection: child.serve(connection, kitchen))


def _warmed() -> Kitchen:
    """A child can open no file, so what is imported on first use has to be used here."""
    kitchen = Kitchen()
    for source in _WARMING:
        with contextlib.suppress(Refused):
            kitchen.render(source, {"data": [{"up": 1}]})
    return kitchen


if __name__ == "__main__":
    main()
