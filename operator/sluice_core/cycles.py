"""Find the cycles of a directed graph: one from each knot of nodes that all reach each other."""

from collections.abc import Iterable, Mapping, Sequence


def find(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """A cycle of each strongly connected component, in the order of `edges`."""
    found = []
    position = {name: index for index, name in enumerate(edges)}
    for knot in _components(edges):
        start = min(knot, key=position.__getitem__)
        if len(knot) > 1 or start in edges[start]:
            found.append(_walk(start, edges, knot))
    return sorted(found, key=lambda cycle: position[cycle[0]])


def _components(edges: Mapping[str, Sequence[str]]) -> list[set[str]]:
    """Kosaraju's algorithm, without recursion."""
    backwards: dict[str, list[str]] = {name: [] for name in edges}
    for name, below in edges.items():
        for other in below:
            backwards[other].append(name)
    seen: set[str] = set()
    left = [name for start in edges for name in _postorder(start, edges, seen)]
    taken: set[str] = set()
    return [
        set(component)
        for start in reversed(left)
        if (component := _postorder(start, backwards, taken))
    ]


def _postorder(start: str, edges: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    """Nodes reachable from `start` and not seen yet, each after what it reaches."""
    if start in seen:
        return []
    seen.add(start)
    order = []
    path = [(start, iter(edges[start]))]
    while path:
        name, below = path[-1]
        following = next((other for other in below if other not in seen), None)
        if following is None:
            order.append(name)
            path.pop()
        else:
            seen.add(following)
            path.append((following, iter(edges[following])))
    return order


def _walk(start: str, edges: Mapping[str, Sequence[str]], knot: Iterable[str]) -> list[str]:
    """The shortest way from `start` back to it inside the knot (breadth first)."""
    inside = set(knot)
    came_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following = []
        for name in frontier:
            for other in edges[name]:
                if other == start:
                    return _way_back(start, name, came_from)
                if other in inside and other not in came_from:
                    came_from[other] = name
                    following.append(other)
        frontier = following
    return [start]


def _way_back(start: str, name: str, came_from: Mapping[str, str]) -> list[str]:
    way = [name]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
