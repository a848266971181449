"""Watches policies, namespaces and pods, and replaces the nft table at each change that matters.

Like most network plugins it lets a pod's traffic pass until it has seen the pod's address.
"""

import contextlib
import http.client
import sys
import threading
import time
from typing import Any

from cluster.api import Api, RefusedError
from cluster.commands import CommandError, run
from cluster.netpol import Cluster, ruleset

PATHS = {
    "policies": "/apis/networking.k8s.io/v1/networkpolicies",
    "namespaces": "/api/v1/namespaces",
    "pods": "/api/v1/pods",
}
SETTLE = 0.02  # seconds, so that a rollout is a few replacements and not hundreds
PAUSE = 0.5  # seconds before a broken watch lists again

Objects = dict[str, dict[str, Any]]


class Mirror:
    """The last known objects of each kind, kept by one thread each."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._kinds: dict[str, Objects] = {}
        self._lock = threading.Lock()
        self.changed = threading.Event()

    def follow(self, kind: str) -> None:
        """Lists and watches for ever; while the server is away the last state holds."""
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, RefusedError, ValueError):
                self._list_and_watch(kind)
            time.sleep(PAUSE)

    def cluster(self) -> Cluster | None:
        """None until every kind was listed: half a picture would open what is closed."""
        with self._lock:
            if set(self._kinds) != set(PATHS):
                return None
            policies, namespaces, pods = (list(self._kinds[kind].values()) for kind in PATHS)
            return Cluster(policies, namespaces, pods)

    def _list_and_watch(self, kind: str) -> None:
        found = self._api.get(PATHS[kind])
        with self._lock:
            self._kinds[kind] = {each["metadata"]["uid"]: each for each in found["items"]}
        self.changed.set()
        for event in self._api.watch(PATHS[kind], found["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":
                return
            self._take(kind, event["type"], event["object"])

    def _take(self, kind: str, what: str, thing: dict[str, Any]) -> None:
        with self._lock:
            if what == "DELETED":
                self._kinds[kind].pop(thing["metadata"]["uid"], None)
            else:
                self._kinds[kind][thing["metadata"]["uid"]] = thing
        self.changed.set()


def main() -> None:
    """Runs until it is killed; the table stays as it was last."""
    mirror = Mirror(Api.of())
    for kind in PATHS:
        threading.Thread(target=mirror.follow, args=(kind,), daemon=True).start()
    last = ""
    while True:
        mirror.changed.wait()
        time.sleep(SETTLE)
        mirror.changed.clear()
        cluster = mirror.cluster()
        wanted = ruleset(cluster) if cluster else last
        if wanted != last:
            try:
                run("nft", "-f", "-", stdin=wanted)
            except CommandError as error:
                print(f"{error}\n{wanted}", file=sys.stderr, flush=True)
            last = wanted


if __name__ == "__main__":
    main()
