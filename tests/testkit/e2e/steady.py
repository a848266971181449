"""Callers who trigger a workflow all the time, and repeat what was not accepted."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from testkit.e2e import pods
from testkit.e2e.space import Space

CALLERS = 8
PAUSE_SECONDS = 0.4
SECONDS = 60.0

# Half of the callers keep their connection, and half of each wait for the result. Every request
# has a key of its own, by which it is repeated until it is accepted.
TRIGGER = """
import http.client, json, sys, threading, uuid
from urllib.parse import urlsplit

said = json.loads(sys.stdin.readline())
url = urlsplit(said["url"])
token = open("/var/run/tokens/gateway").read()
ended, heard = threading.Event(), {}
begun = threading.Barrier(said["callers"] + 1)

def ask(connection, headers, body):
    try:
        connection.request("POST", url.path, body, headers)
        answer = connection.getresponse()
        shown = json.loads(answer.read())
        return answer.status, shown.get("execution_id", ""), shown.get("detail", "")
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return 0, "", repr(error)

def trigger(number):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=said["seconds"])
    keeps, waits = bool(number & 1), bool(number & 2)
    body = json.dumps({"sync": waits, "inputs": {"name": str(number)}})
    first = True
    while not ended.is_set():
        key = str(uuid.uuid4())
        headers = {
            "Authorization": "Bearer " + token,
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Connection": "keep-alive" if keeps else "close",
        }
        attempts = heard[key] = [ask(connection, headers, body)]
        while attempts[-1][0] not in (200, 202) and len(attempts) < 100:
            ended.wait(0.1)
            attempts.append(ask(connection, headers, body))
        if first:
            begun.wait()
            first = False
        ended.wait(said["pause"])

callers = [threading.Thread(target=trigger, args=(n,)) for n in range(said["callers"])]
for one in callers:
    one.start()
begun.wait()
print("begun", flush=True)
sys.stdin.read()
ended.set()
for one in callers:
    one.join()
print(json.dumps(heard))
"""


class Attempt(NamedTuple):
    """One request; code 0 is no answer."""

    code: int
    run: str
    problem: str

    @property
    def accepted(self) -> bool:
        """Whether there has to be a run."""
        return self.code in (200, 202)


Heard = dict[str, list[Attempt]]


@contextmanager
def triggers(space: Space, workflow: str) -> Iterator[Heard]:
    """Until the block is left; what was heard then, by key, fills what it is given."""
    url = f"http://workflow-{workflow}.{space.namespace}.svc/trigger"
    said = {"url": url, "callers": CALLERS, "seconds": SECONDS, "pause": PAUSE_SECONDS}
    words = ("-n", space.namespace, "exec", "-i", "client", "--", pods.PYTHON, "-c", TRIGGER)
    heard: Heard = {}
    with subprocess.Popen(
        ["kubectl", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as calling:
        assert calling.stdin is not None
        assert calling.stdout is not None
        calling.stdin.write(json.dumps(said) + "\n")
        calling.stdin.flush()
        assert calling.stdout.readline() == "begun\n"
        try:
            yield heard
        finally:
            told, _ = calling.communicate(timeout=2 * SECONDS)  # closes what it reads: they end
        heard |= {key: [Attempt(*one) for one in tries] for key, tries in json.loads(told).items()}
