"""Write go.mod for one Kubernetes release and what is built beside it.

Kubernetes' staging modules carry no versions of their own, so each is replaced by the release of
the same number. The versions are those of Kubernetes, etcd, CoreDNS and Helm; then `go mod tidy`:

    python gomod.py v1.34.2 v3.6.5 v1.13.1 v3.19.2
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def main(kube: str, etcd: str, coredns: str, helm: str) -> None:
    """Versions of Kubernetes, etcd, CoreDNS and Helm, in this order."""
    upstream = _go_mod_of(kube)
    staging = sorted(set(re.findall(r"(k8s\.io/[\w./-]+) => \./staging", upstream)))
    [go] = re.findall(r"^go (\S+)", upstream, re.MULTILINE)
    lines = [
        "module example.invalid/kube",
        "",
        f"go {go}",
        "",
        *_block("tool", ["github.com/coredns/coredns", "helm.sh/helm/v3/cmd/helm"]),
        *_block(
            "require",
            [
                f"k8s.io/kubernetes {kube}",
                f"go.etcd.io/etcd/server/v3 {etcd}",
                f"github.com/coredns/coredns {coredns}",
                f"helm.sh/helm/v3 {helm}",
            ],
        ),
        *_block("replace", [f"{module} => {module} v0{kube[2:]}" for module in staging]),
    ]
    Path("go.mod").write_text("\n".join(lines))


def _block(word: str, rows: list[str]) -> list[str]:
    return [f"{word} (", *(f"\t{row}" for row in rows), ")", ""]


def _go_mod_of(kube: str) -> str:
    command = ["go", "mod", "download", "-json", f"k8s.io/kubernetes@{kube}"]
    with tempfile.TemporaryDirectory() as outside:  # a half-written go.mod must not be in the way
        info = json.loads(subprocess.check_output(command, cwd=outside))
    return Path(info["GoMod"]).read_text()


if __name__ == "__main__":
    main(*sys.argv[1:])
