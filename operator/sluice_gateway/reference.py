"""`python -m sluice_gateway.reference docs/api.md [--check]`: the REST API as a page to read.

It is made of OpenAPI, as an application that speaks to no cluster describes itself.
"""

import argparse
import difflib
import sys
from pathlib import Path

from sluice_gateway import gateway, reference_page


def main() -> int:
    """Answer 1 when --check found a difference."""
    parser = argparse.ArgumentParser(prog="sluice_gateway.reference", description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = reference_page.rendered(gateway.described())
    if not options.check:
        options.page.write_text(text, "utf-8")
        return 0
    found = options.page.read_text("utf-8") if options.page.exists() else ""
    names = (f"{options.page} (found)", f"{options.page} (routes)")
    lines = difflib.unified_diff(found.splitlines(), text.splitlines(), *names, n=2, lineterm="")
    told = [f"{line}\n" for line in lines]
    sys.stdout.writelines(told)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
