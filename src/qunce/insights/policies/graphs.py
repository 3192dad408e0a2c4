"""Who answers whom: the reply graph of a group, its communities and its bridges.

An edge goes from who answers to who is answered and weighs how often. networkx is asked for what it knows; nodes
are given to it in one order, so that the same facts give the same answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Facts

EXACT = 400
"""Up to so many people betweenness is exact; above, it is estimated from SAMPLE of them."""
SAMPLE = 200
LARGE = 5_000


@dataclass(frozen=True, slots=True)
class ReplyGraph:
    """``nodes`` are indices into `Facts.people`; edges, communities and betweenness name places in ``nodes``."""

    nodes: Sequence[int]
    edges: Sequence[tuple[int, int, int]]
    """(who answers, who is answered, how often)."""
    community: Sequence[int]
    """To which community each node belongs; 0 is the largest."""
    betweenness: Sequence[float]
    """On what share of the shortest ways between others each node is."""
    bridges: Sequence[int]
    """Those through whom alone parts of the group are connected, the most central first."""


def edges(replier: NDArray[np.int32], answered: NDArray[np.int32]) -> dict[tuple[int, int], int]:
    """Distinct edges with how often, in order; nobody answers himself."""
    others = replier != answered
    pairs, counts = np.unique(np.stack([replier[others], answered[others]]), axis=1, return_counts=True)
    return dict(zip(zip(*pairs.tolist(), strict=True), counts.tolist(), strict=True)) if counts.size else {}


def replies(facts: Facts) -> dict[tuple[int, int], int]:
    """Who answered whom in the stretch, and how often: people only, by reply or by name."""
    people = ~facts.is_bot
    said = np.flatnonzero(facts.said)
    parent = facts.parent[said]
    whom = np.where(parent >= 0, facts.person[parent], facts.addressed[said])
    whom = np.where((parent >= 0) & facts.ours[parent], -1, whom)
    known = (whom >= 0) & people[np.maximum(whom, 0)]
    return edges(facts.person[said][known], whom[known])


def directed(found: dict[tuple[int, int], int]) -> "nx.DiGraph[int]":
    """As a graph for networkx."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(sorted({node for edge in found for node in edge}))
    graph.add_weighted_edges_from((who, whom, often) for (who, whom), often in sorted(found.items()))
    return graph


def undirected(found: dict[tuple[int, int], int]) -> "nx.Graph[int]":
    """The same without directions; both ways between two add up."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(sorted({node for edge in found for node in edge}))
    for (who, whom), often in sorted(found.items()):
        weight = graph.edges[who, whom]["weight"] if graph.has_edge(who, whom) else 0
        graph.add_edge(who, whom, weight=weight + often)
    return graph


def reciprocity(found: dict[tuple[int, int], int]) -> float | None:
    """The share of edges whose other direction is there too."""
    return sum((whom, who) in found for who, whom in found) / len(found) if found else None


def communities(graph: "nx.Graph[int]") -> list[list[int]]:
    """Communities of high modularity, by weight, the largest first.

    Clauset, Newman and Moore's greedy ones; above LARGE edges, where those would take minutes, Louvain's.
    """
    if not graph.number_of_edges():
        return [[node] for node in graph]
    if graph.number_of_edges() > LARGE:
        found = nx.community.louvain_communities(graph, weight="weight", seed=1)
    else:
        found = nx.community.greedy_modularity_communities(graph, weight="weight")
    return sorted((sorted(each) for each in found), key=lambda each: (-len(each), each))


def modularity(graph: "nx.Graph[int]", circles: Sequence[Collection[int]] | None = None) -> float | None:
    """How much more is said within communities (`communities`, where none are given) than by chance."""
    if not graph.number_of_edges():
        return None
    return float(nx.community.modularity(graph, circles or communities(graph), weight="weight"))


def bridges(graph: "nx.Graph[int]") -> list[int]:
    """Who, if they were silent, would leave parts of the group without a connection (articulation points)."""
    return sorted(nx.articulation_points(graph))


def reply_graph(facts: Facts, most: int = 0) -> ReplyGraph:
    """Who talks with whom in the stretch; ``most``: only the so many who answer and are answered most, 0: all."""
    found = replies(facts)
    if most:
        weight = np.zeros(len(facts.people), np.int64)
        for (who, whom), often in found.items():
            weight[[who, whom]] += often
        kept = set(np.argsort(-weight, kind="stable")[:most].tolist())
        found = {edge: often for edge, often in found.items() if kept.issuperset(edge)}
    graph = undirected(found)
    nodes = list(graph)
    place = {node: index for index, node in enumerate(nodes)}
    of = {node: number for number, each in enumerate(communities(graph)) for node in each}
    exact = len(nodes) <= EXACT
    between = nx.betweenness_centrality(graph, k=None if exact else SAMPLE, seed=None if exact else 1)
    return ReplyGraph(
        nodes,
        [(place[who], place[whom], often) for (who, whom), often in sorted(found.items())],
        [of[node] for node in nodes],
        [float(between[node]) for node in nodes],
        sorted((place[node] for node in bridges(graph)), key=lambda index: (-between[nodes[index]], index)),
    )
