"""Which words stand out, and which are said together. Pure; the same messages give the same, in the same order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.texts.words import counted
from qunce.insights.types import Keyword, Topic

if TYPE_CHECKING:
    import networkx as nx

EXAMPLES = 5
RARE = 3
"""A word in fewer messages stands out by chance."""
_PRIOR = 500.0
"""How many words the expectation counts as much as: the larger, the less rare words stand out."""
_MUCH = 1e6
_READABLE = (4, 40)
"""An example with so many words is neither a shout nor an essay."""


# ------------------------------------------------------------------ words that stand out
def keywords(
    said: Sequence[Sequence[str]], background: Mapping[str, int] | None = None, top: int = 50
) -> list[Keyword[int]]:
    """The words that stand out in messages, each given as its words, the most outstanding first.

    ``background``: in how many messages each word is elsewhere: the same group's past, or other groups. Then the
    score is the log-odds ratio with an informative prior in standard deviations (Monroe, Colaresi and Quinn, 2008):
    what is special here and now. Without it: how often a word is said, less where it is in most messages (tf-idf).
    """
    times = {word: count for word, count in counted(said).items() if count >= RARE}
    scores = _against(times, background) if background else _alone(times, len(said))
    best = sorted((word for word in times if scores[word] > 0), key=lambda word: (-scores[word], word))[:top]
    shown = _examples(said, {word: {word} for word in best}, scores)
    return [Keyword(word, round(scores[word], 3), times[word], shown[word]) for word in best]


def _alone(times: Mapping[str, int], messages: int) -> dict[str, float]:
    return {word: count * log(1 + messages / count) for word, count in times.items()}


def _against(times: Mapping[str, int], background: Mapping[str, int]) -> dict[str, float]:
    here, there = sum(times.values()), sum(background.values())
    scores = {}
    for word, count in times.items():
        before = background.get(word, 0)
        prior = _PRIOR * (count + before) / (here + there)
        odds = log((count + prior) / (here + _PRIOR - count - prior))
        usual = log((before + prior) / (there + _PRIOR - before - prior))
        scores[word] = (odds - usual) / sqrt(1 / (count + prior) + 1 / (before + prior))
    return scores


def _examples(
    said: Sequence[Sequence[str]],
    wanted: Mapping[str, set[str]],
    scores: Mapping[str, float],
    only: Sequence[int | None] | None = None,
) -> dict[str, list[int]]:
    """For each name the messages that show its words best: with many telling words, of a readable length.

    ``only``: the one name (its place) that each message may be shown for.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for name, words in wanted.items():
        for word in words:
            names[word].append(name)
    place = {name: number for number, name in enumerate(wanted)}
    ranked: dict[str, list[tuple[float, int]]] = {name: [] for name in wanted}
    for number, each in enumerate(said):
        here = set(each)
        touched = {name for word in here for name in names.get(word, ())}
        if only is not None:
            touched = {name for name in touched if place[name] == only[number]}
        if touched:
            readable = _READABLE[0] <= len(each) <= _READABLE[1]
            worth = sum(scores.get(word, 0.0) for word in here) / (len(each) + _READABLE[0])
            for name in touched:
                telling = len(here & wanted[name])
                ranked[name].append((-(telling * _MUCH + worth) if readable else -worth / _MUCH, number))
    return {name: [number for _rank, number in sorted(found)[:EXAMPLES]] for name, found in ranked.items()}


# ------------------------------------------------------------------ topics over time
WEEK = 7 * 86400.0
_VOCABULARY = 400
_SILENCE = 900.0
"""Seconds without a word after which something else is talked about."""
_TOGETHER = 12
"""At most so many messages are one conversation."""
_TOO_COMMON = 0.5
"""A word in a greater part of the conversations tells nothing of any of them."""
_BOUND = 0.12
"""From which normalised pointwise mutual information on two words belong together."""
_SMALLEST = 4
_WORDS = 10


def topics(
    said: Sequence[Sequence[str]], at: NDArray[np.float64], *, since: float, most: int = 8
) -> list[Topic[int]]:
    """What messages (each given as its words, in order of time) are about, the greatest topic first.

    Words belong together where they are said in the same conversations more often than by chance; groups of such
    words (Louvain communities of the graph) are topics. Weeks are counted from ``since`` (seconds since 1970).
    """
    talks = _talks(at)
    vocabulary = _vocabulary(said, talks)
    clusters = _clusters(_graph(said, talks, vocabulary), vocabulary)
    belongs = {word: number for number, words in enumerate(clusters) for word in words}
    of_message = [_topic_of(each, belongs, vocabulary) for each in said]
    week = ((at - since) // WEEK).astype(np.int64)
    weeks = np.bincount(week, minlength=1) if len(said) else np.zeros(1, np.int64)
    mine = {str(number): set(words) for number, words in enumerate(clusters)}
    shown = _examples(said, mine, vocabulary, of_message)
    found = []
    for number, words in enumerate(clusters):
        inside = np.array([topic == number for topic in of_message])
        if (times := int(inside.sum())) >= RARE:
            shares = np.bincount(week[inside], minlength=len(weeks)) / np.maximum(weeks, 1)
            rounded = [round(float(share), 4) for share in shares]
            found.append(Topic(words[:_WORDS], times, rounded, shown[str(number)]))
    return sorted(found, key=lambda topic: (-topic.times, topic.words[0]))[:most]


def _talks(at: NDArray[np.float64]) -> list[int]:
    """The number of the conversation that each message is part of."""
    talks, number, length = [], 0, 0
    for place, moment in enumerate(at.tolist()):
        length += 1
        if place and (moment - at[place - 1] > _SILENCE or length > _TOGETHER):
            number, length = number + 1, 1
        talks.append(number)
    return talks


def _vocabulary(said: Sequence[Sequence[str]], talks: Sequence[int]) -> dict[str, float]:
    """The words that topics are made of, with how telling each is."""
    count = (talks[-1] + 1) if talks else 0
    within: dict[str, set[int]] = defaultdict(set)
    for talk, each in zip(talks, said, strict=True):
        for word in each:
            within[word].add(talk)
    usable = {
        word: len(where) * log(count / len(where))
        for word, where in within.items()
        if RARE < len(where) <= max(_TOO_COMMON * count, RARE * 2)
    }
    kept = sorted(usable, key=lambda word: (-usable[word], word))[:_VOCABULARY]
    return {word: usable[word] for word in kept}


def _graph(said: Sequence[Sequence[str]], talks: Sequence[int], vocabulary: Mapping[str, float]) -> "nx.Graph[int]":
    import networkx as nx

    place = {word: number for number, word in enumerate(vocabulary)}
    count = (talks[-1] + 1) if talks else 0
    present = np.zeros((count, len(place)), np.float32)
    for talk, each in zip(talks, said, strict=True):
        for word in each:
            if word in place:
                present[talk, place[word]] = 1
    both = present.T @ present
    single = both.diagonal()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(place)))
    for one, other in zip(*np.nonzero(np.triu(both, 1) >= RARE), strict=True):
        chance = both[one, other] / count
        together = log(chance * count * count / (single[one] * single[other])) / -log(chance) if chance < 1 else 0.0
        if together >= _BOUND:
            graph.add_edge(int(one), int(other), weight=float(together))
    return graph


def _clusters(graph: "nx.Graph[int]", vocabulary: Mapping[str, float]) -> list[list[str]]:
    """The words of each topic, the most telling first: said often, and with many others of the topic."""
    from networkx import community

    names = list(vocabulary)
    found = []
    for members in community.louvain_communities(graph, weight="weight", seed=1, resolution=1.1):
        if len(members) >= _SMALLEST:
            inner = dict(graph.subgraph(sorted(members)).degree(weight="weight"))
            ranked = sorted(members, key=lambda node: (-vocabulary[names[node]] * inner[node], names[node]))
            found.append([names[node] for node in ranked])
    return sorted(found)


def _topic_of(each: Sequence[str], belongs: Mapping[str, int], vocabulary: Mapping[str, float]) -> int | None:
    """The topic that a message has most telling words of."""
    weights: dict[int, float] = defaultdict(float)
    for word in set(each):
        if word in belongs:
            weights[belongs[word]] += vocabulary[word]
    return min(weights, key=lambda topic: (-round(weights[topic], 6), topic)) if weights else None
