"""HTTP requests from the client's pod: one, or several in the same moment."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from testkit.e2e import kubectl, pods

SECONDS = 60.0

ASK = """
import json, sys, threading, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor

said = json.load(sys.stdin)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ready = threading.Barrier(len(said))

def ask(one):
    headers = {"Content-Type": "application/json", **one["headers"]}
    if one["token"]:
        headers["Authorization"] = "Bearer " + open("/var/run/tokens/" + one["token"]).read()
    body = None if one["body"] is None else json.dumps(one["body"]).encode()
    request = urllib.request.Request(one["url"], body, headers, method=one["method"])
    ready.wait()
    try:
        with opener.open(request, timeout=one["seconds"]) as answer:
            code, told, raw = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        code, told, raw = error.code, error.headers, error.read()
    except OSError as error:
        code, told, raw = 0, {}, json.dumps(str(error)).encode()
    try:
        shown = json.loads(raw) if raw else None
    except ValueError:
        shown = raw.decode()
    told = {name.lower(): value for name, value in told.items()}
    return {"code": code, "body": shown, "headers": told}

with ThreadPoolExecutor(len(said)) as pool:
    print(json.dumps(list(pool.map(ask, said))))
"""


@dataclass(frozen=True)
class Request:
    """`token` is the name of one of the client's tokens, "" for none."""

    method: str
    url: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = "gateway"
    seconds: float = SECONDS


@dataclass(frozen=True)
class Answer:
    """What an HTTP server said; code 0 is none at all. Headers have names in small letters."""

    code: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def at_once(namespace: str, *requests: Request, client: str = "client") -> list[Answer]:
    """The answers, in the order of the requests."""
    said = json.dumps([asdict(one) for one in requests])
    words = ("exec", "-i", client, "--", pods.PYTHON, "-c", ASK)
    heard = json.loads(kubectl.run("-n", namespace, *words, stdin=said))
    return [Answer(**one) for one in heard]
