"""Pods that take part in a test: one that calls URLs, one that records what it is posted."""

import json
from typing import Any

from cluster import layout

Manifest = dict[str, Any]

PYTHON = "/opt/sluice/bin/python"
TOKENS = "/var/run/tokens"
PORT = 8000

IDLE = "import threading; threading.Event().wait()"

CALL_MANY = """
import json, sys, urllib.request
from concurrent.futures import ThreadPoolExecutor

said = json.load(sys.stdin)
headers = {"Content-Type": "application/json"}
headers["Authorization"] = "Bearer " + open("/var/run/tokens/gateway").read()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def call(body):
    request = urllib.request.Request(said["url"], json.dumps(body).encode(), headers, method="POST")
    with opener.open(request, timeout=said["seconds"]) as answer:
        return json.load(answer)

with ThreadPoolExecutor(said["at_once"]) as pool:
    print(json.dumps(list(pool.map(call, said["bodies"]))))
"""

RECORD = """
import json, re, threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seen = Counter()
printing = threading.Lock()

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        seen[self.path] += 1
        failures = re.match("/fails-([0-9]+)/", self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with printing:
            print(json.dumps({"path": self.path, "headers": headers, "body": body}), flush=True)
        fails = failures and seen[self.path] <= int(failures[1])
        self.send_response(503 if fails else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"recorded": true}')

    do_PUT = do_POST

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass

ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""

ECHO = """
import base64, hashlib, json, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

def in_base64(text):
    return base64.b64encode(text.encode()).decode()

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        sent = self.headers.get("Authorization", "")
        token = sent.partition(" ")[2]
        said = {"sha256": hashlib.sha256(sent.encode()).hexdigest()}
        if self.path != "/digest":
            said |= {
                "plain": token,
                "header": sent,
                "base64": [in_base64("x" * n + token + "tail") for n in range(3)],
                "hex": token.encode().hex(),
                "url": urllib.parse.quote(token, safe=""),
                "json": json.dumps({"token": token}),
                token: "as a key",
            }
        body = json.dumps(said).encode()
        self.send_response(400 if self.path == "/refuse" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Token", token)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def images() -> dict[str, str]:
    """What `python -m cluster images` brought, by role."""
    found: dict[str, str] = json.loads(layout.IMAGES.read_text())
    return found


def make_client(
    name: str = "client", account: str = "caller", program: tuple[str, ...] = (IDLE,)
) -> Manifest:
    """Has a token for the gateway and one for not; a call may be executed in it.

    It does nothing else, unless a program is given with its arguments.
    """
    sources = [
        _token("gateway", "sluice-gateway"),
        _token("other", "another-audience"),
    ]
    pod = _pod(name, list(program))
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["serviceAccountName"] = account
    pod["spec"]["volumes"] = [{"name": "tokens", "projected": {"sources": sources}}]
    [container] = pod["spec"]["containers"]
    container["volumeMounts"] = [{"name": "tokens", "mountPath": TOKENS}]
    return pod


def make_recorder(name: str = "recorder") -> list[Manifest]:
    """Answers 200 to every POST and PUT, and prints each; its Service has the same name.

    At a path that begins with /fails-2/ the first two are answered 503.
    """
    return _serving(name, RECORD)


def make_echo(name: str = "echo") -> list[Manifest]:
    """Tells who calls: at /digest by a hash, at /echo in many spellings, at /refuse in a 400."""
    return _serving(name, ECHO)


def _serving(name: str, program: str) -> list[Manifest]:
    pod = _pod(name, [program])
    [container] = pod["spec"]["containers"]
    container["ports"] = [{"name": "http", "containerPort": PORT}]
    container["readinessProbe"] = {"tcpSocket": {"port": "http"}, "periodSeconds": 1}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    return [pod, service]


def _pod(name: str, program: list[str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "python",
                    "image": images()["runner"],
                    "command": [PYTHON, "-c", *program],
                    "resources": {"requests": {"cpu": "1m", "memory": "16Mi"}},
                }
            ],
        },
    }


def _token(path: str, audience: str) -> Manifest:
    return {"serviceAccountToken": {"path": path, "audience": audience, "expirationSeconds": 3600}}
