"""`python -m bench.gateway [part …]`: what the installed gateway costs, as in `list_1000`."""

import sys

import uvloop

from bench import asking, held, report
from bench.report import Figure
from bench.stage import Stage, stage
from sluice_kube import config
from sluice_kube.session import Session

PARTS = ("list_1000", "list_10000", "steady", "waiting_1000", "listeners_200")
# Their names end with a size, which may be any.
SIZED = {"list": asking.lists, "waiting": held.waiting, "listeners": held.listeners}


def is_part(name: str) -> bool:
    """Whether `measure` knows it."""
    what, _, size = name.partition("_")
    return name == "steady" or (what in SIZED and size.isdigit())


async def measure(on: Stage, part: str) -> list[Figure]:
    """Its figures."""
    if part == "steady":
        return await asking.steady(on)
    what, _, size = part.partition("_")
    return await SIZED[what](on, int(size))


async def main(parts: tuple[str, ...]) -> None:
    """Measure, write after each part, print."""
    if unknown := [part for part in parts if not is_part(part)]:
        sys.exit(f"there is no part {unknown[0]}: choose of {', '.join(PARTS)}, in any size")
    figures: list[Figure] = []
    async with Session(config.load()) as session:
        for part in parts:
            async with stage(session) as on:
                figures += await measure(on, part)
            report.write(figures)
    print(report.table(figures))


if __name__ == "__main__":
    uvloop.run(main(tuple(sys.argv[1:]) or PARTS))
