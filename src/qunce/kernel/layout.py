"""Where the people of a graph stand in its picture, and whose names have room."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import hypot, sqrt

LONGEST_NAME = 84
"""Pixels of a name; a longer one is cut, and beside the outermost dots so much is free."""
_WIDER, _BESIDE = 1.45, 9.0
_MOST_NAMES = 14
_WIDE_SIGNS = 0x2E80
"""From here on signs are as wide as high."""
Box = tuple[float, float, float, float]


def places(count: int, edges: Sequence[tuple[int, int, float]]) -> list[tuple[float, float]]:
    """Places of nodes: those who have more to do with each other stand closer.

    What hangs together most fills the picture; smaller parts stand in a line beneath it.
    """
    import networkx as nx  # only graphs need it, and it is large

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from((a, b) for a, b, _weight in edges if a != b)
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))
    apart = [node for part in parts[1:] for node in part]
    found: dict[int, tuple[float, float]] = {}
    if parts:
        largest = graph.subgraph(parts[0])
        spring = nx.spring_layout(largest, seed=7, k=3 / sqrt(len(largest)), iterations=150, weight=None)
        found = _apart({node: (float(x), float(y)) for node, (x, y) in spring.items()})
        beneath = max(y for _x, y in found.values()) + 24
        found |= {node: ((at - (len(apart) - 1) / 2) * 16, beneath) for at, node in enumerate(apart)}
    return [(round(x, 1), round(y, 1)) for x, y in (found[node] for node in range(count))]


def _apart(found: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """The same picture, wider than high, with room for the crowd in the middle: nobody stands on another."""
    nodes = list(found)
    middle = [sum(place[axis] for place in found.values()) / len(found) for axis in (0, 1)]
    placed = []
    for x, y in found.values():
        away = hypot(x - middle[0], y - middle[1]) or 1.0
        placed.append([(x - middle[0]) / away**0.4 * _WIDER * 100, (y - middle[1]) / away**0.4 * 100])
    for _round in range(40):
        for one, other in combinations(placed, 2):
            across, down = other[0] - one[0], other[1] - one[1]
            away = hypot(across, down) or 1.0
            if away < _BESIDE:
                push = (_BESIDE - away) / 2 / away
                one[0], one[1] = one[0] - across * push, one[1] - down * push
                other[0], other[1] = other[0] + across * push, other[1] + down * push
    return {node: (x, y) for node, (x, y) in zip(nodes, placed, strict=True)}


def named(
    nodes: Sequence[tuple[str, float]],
    sizes: Sequence[float],
    places: Sequence[tuple[float, float]],
    picture: tuple[int, int],
    beyond: float = LONGEST_NAME,
) -> dict[int, str]:
    """Whose names have room, the loudest first, and on which side: beside no other name and on no large dot.

    ``beyond``: by how many pixels a name may stand out of the picture to its left and right.
    """
    if not nodes:
        return {}
    left, right = min(x for x, _y in places), max(x for x, _y in places)
    high, low = min(y for _x, y in places), max(y for _x, y in places)
    scale = min(picture[0] / ((right - left) or 1), picture[1] / ((low - high) or 1))
    dots = [((x - left) * scale, (y - high) * scale) for x, y in places]
    taken: list[Box] = [
        (x - size / 2, y - size / 2, x + size / 2, y + size / 2) for (x, y), size in zip(dots, sizes, strict=True)
    ]
    wide = (right - left) * scale or float(picture[0])  # what stands in one line stands in the middle
    found: dict[int, str] = {}
    for place in sorted(range(len(nodes)), key=lambda each: -nodes[each][1])[: 2 * _MOST_NAMES]:
        if len(found) == _MOST_NAMES:
            break
        others = [box for at, box in enumerate(taken) if at != place]
        for side, (begin, top, end, bottom) in _beside(dots[place], sizes[place], nodes[place][0]):
            if begin < -beyond or end > wide + beyond:
                continue
            if not any(begin < box[2] and box[0] < end and top < box[3] and box[1] < bottom for box in others):
                found[place] = side
                taken.append((begin, top, end, bottom))
                break
    return found


def _beside(dot: tuple[float, float], size: float, name: str) -> list[tuple[str, Box]]:
    """Where a name of eleven pixels may stand at a dot."""
    (x, y), away = dot, size / 2 + 5
    wide = min(LONGEST_NAME, sum(11.0 if ord(sign) > _WIDE_SIGNS else 6.4 for sign in name))
    return [
        ("right", (x + away, y - 7, x + away + wide, y + 7)),
        ("left", (x - away - wide, y - 7, x - away, y + 7)),
        ("top", (x - wide / 2, y - away - 13, x + wide / 2, y - away)),
        ("bottom", (x - wide / 2, y + away, x + wide / 2, y + away + 13)),
    ]
