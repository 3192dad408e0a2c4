"""Which messages belong together: by what answers what, and by what is spoken of. Pure, and always the same."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest
from itertools import chain, pairwise
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies import texts
from qunce.insights.types import Facts, LeftOut, Mark
from qunce.kernel.folding import normalise

_SIGNS_ALONE = re.compile(r"(?:\[[^\[\]\n]{1,60}\]|:[a-z0-9_+-]{2,}:|[\W\d_])*")
"""Pictures and stickers as they are written in texts, emoji, signs, numbers without a word."""
_SHORTEST_REPEATED = 4
_GREETING_WORDS = 2
GREETING, ADVERT, QUESTION, LINK, THANKS = map(
    int, (Mark.GREETING, Mark.ADVERT, Mark.QUESTION, Mark.LINK, Mark.THANKS)
)


@dataclass(frozen=True, slots=True)
class Material:
    """A group's messages with their words, each once; ``wanted``: those that the digest is about."""

    facts: Facts
    words: Sequence[Sequence[str]]
    wanted: NDArray[np.bool_]
    why: Sequence[LeftOut | None]
    """Why each is worth nothing by itself, or None."""
    telling: Mapping[str, float]
    """How telling each word is: less where it is in many messages."""
    person: Sequence[int]
    """Who said each; numbers of Python, which are quicker one by one."""

    def worth(self, index: int) -> bool:
        """Whether a message may stand in a conversation of the digest."""
        return bool(self.wanted[index]) and self.why[index] in {None, LeftOut.GREETING}

    def marked(self, index: int, mark: int) -> bool:
        """Whether a message carries a mark (`types.Mark`)."""
        return bool(int(self.facts.marks[index]) & mark)


def material(
    facts: Facts, *, since: float = -np.inf, until: float = np.inf, dictionary: Sequence[str] = ()
) -> Material:
    """The messages of the stretch, or of the part of it between two moments, with those before for looking back."""
    wanted = (np.arange(facts.at.size) >= facts.lead) & (facts.at >= since) & (facts.at < until)
    names = {normalise(name) for name in facts.names}
    near = np.flatnonzero(wanted)
    first = max(0, int(near[0]) - _LOOKED_BACK) if near.size else facts.at.size
    last = int(near[-1]) + 1 if near.size else first
    rest = texts.merged([texts.words(facts.texts[index], dictionary) for index in range(first, last)])
    cut: list[Sequence[str]] = [()] * facts.at.size
    cut[first:last] = [[word for word in dict.fromkeys(each) if word not in names] for each in rest]
    times = texts.counted(cut[first:last])
    telling = {word: log(1 + (last - first) / count) for word, count in times.items()}
    return Material(facts, cut, wanted, _why(facts, wanted, cut), telling, facts.person.tolist())


_LOOKED_BACK = 2000
"""So many messages before the stretch say which words are nothing new."""


def _why(facts: Facts, wanted: NDArray[np.bool_], words: Sequence[Sequence[str]]) -> list[LeftOut | None]:
    machine = facts.ours | facts.is_bot[facts.person]
    seen: set[tuple[int, str]] = set()
    found: list[LeftOut | None] = [None] * facts.at.size
    for index in np.flatnonzero(wanted).tolist():
        text, marks = facts.texts[index], int(facts.marks[index])
        said = (int(facts.person[index]), normalise(text)) if len(text) >= _SHORTEST_REPEATED else None
        if machine[index]:
            found[index] = LeftOut.MACHINE
        elif _SIGNS_ALONE.fullmatch(text):
            found[index] = LeftOut.WORDLESS
        elif marks & ADVERT:
            found[index] = LeftOut.ADVERT
        elif said in seen:
            found[index] = LeftOut.REPEATED
        elif marks & GREETING and not marks & (QUESTION | LINK) and len(words[index]) <= _GREETING_WORDS:
            found[index] = LeftOut.GREETING
        if said:
            seen.add(said)
    return found


# ------------------------------------------------------------------ by answers
_PAUSE = 1800.0
"""An inferred answer after so many seconds needs a word in common."""
_GOES_ON = 180.0
"""Who speaks again so soon goes on."""


def _trees(made: Material) -> list[list[int]]:
    """Messages that hang together by answers, each in order of time; the trees by their first message."""
    facts = made.facts
    root = list(range(facts.at.size))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    last: dict[int, int] = {}
    parents = facts.parent.tolist()
    for index in np.flatnonzero(made.wanted).tolist():
        person, parent = made.person[index], parents[index]
        goes_on = last.get(person, -1)
        if parent >= 0 and _holds(made, index, parent):
            root[find(index)] = find(parent)
        elif parent < 0 and made.worth(index) and goes_on >= 0 and facts.at[index] - facts.at[goes_on] <= _GOES_ON:
            root[find(index)] = find(goes_on)
        if made.worth(index):
            last[person] = index
    trees: dict[int, list[int]] = defaultdict(list)
    for index in np.flatnonzero(made.wanted).tolist():
        if made.worth(index):
            trees[find(index)].append(index)
    return sorted(trees.values())


def _holds(made: Material, index: int, parent: int) -> bool:
    facts = made.facts
    if made.why[parent] is LeftOut.ADVERT or made.why[index] is LeftOut.ADVERT:
        return False
    if not facts.inferred[index] or facts.at[index] - facts.at[parent] <= _PAUSE:
        return True
    return bool(set(made.words[index]) & set(made.words[parent]))


# ------------------------------------------------------------------ long ones
_LONG = 60
_WINDOW = 16
"""What was said in so many messages is compared with what was said in as many after them."""
_SHORTEST, _STRIDE = 12, 2
_VALLEY = 0.5
"""Where both sides have less in common than so much of what is usual, something else is spoken of."""


def _pieces(made: Material, tree: list[int]) -> list[list[int]]:
    """A long talk, cut where its subject changes: every answer leads on, and nobody talks of one thing for hours."""
    if len(tree) < _LONG:
        return [tree]

    @cache
    def said(first: int, last: int) -> tuple[dict[str, float], float]:
        """What was said from one place to another: what comes after one place comes before a later one."""
        weights = _weights(made, tree[first:last])
        return weights, sqrt(sum(weight * weight for weight in weights.values()))

    cohesion = [_in_common(said(max(place - _WINDOW, 0), place), said(place, min(place + _WINDOW, len(tree))))
                for place in range(_SHORTEST, len(tree) - _SHORTEST, _STRIDE)]  # fmt: skip
    bound = _VALLEY * float(np.mean(cohesion))
    cuts: list[int] = []
    for number in sorted(range(len(cohesion)), key=lambda each: (cohesion[each], each)):
        place = number * _STRIDE + _SHORTEST
        if cohesion[number] > bound:
            break
        if all(abs(place - cut) >= _SHORTEST for cut in cuts):
            cuts.append(place)
    edges = [0, *sorted(cuts), len(tree)]
    return [tree[first:last] for first, last in pairwise(edges)]


def _in_common(before: tuple[dict[str, float], float], after: tuple[dict[str, float], float]) -> float:
    (one, length), (other, width) = before, after
    product = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    return product / (length * width) if length and width else 0.0


# ------------------------------------------------------------------ by what is spoken of
@dataclass(slots=True)
class Conversation:
    """Messages that belong together, in order of time. ``number``: of those that were begun before."""

    messages: list[int]
    weights: dict[str, float] = field(default_factory=dict)
    """How much each word tells of it."""
    people: set[int] = field(default_factory=set)
    last: int = -1
    length: float = 0.0
    """Of the weights, as a vector."""
    number: int = 0
    _squares: float = 0.0

    def take(self, messages: Sequence[int], weights: Mapping[str, float], people: set[int]) -> None:
        """Add what belongs to it."""
        self.messages += messages
        mine, squares = self.weights, self._squares
        for word, weight in weights.items():
            before = mine.get(word, 0.0)
            squares += weight * (2 * before + weight)
            mine[word] = before + weight
        self._squares, self.length = squares, sqrt(squares)
        self.people |= people
        self.last = max(self.last, messages[-1])


_SOON, _LATER = 1200.0, 3 * 3600.0
_ALIKE = (0.18, 0.3, 0.45)
"""How alike what is said soon, later, or much later has to be to what was said before, to go on with it."""
_LOOKED_AT, _PLACES = 40, 12
"""Of so many words, the most telling, so many conversations in which each was last said are looked at."""
_CHATTER = 120.0
"""A short remark so soon after a conversation, by somebody in it, belongs to it."""
_SHORT = 2


def conversations(made: Material) -> list[Conversation]:
    """All messages of the stretch that are worth it, each in one conversation; these by their first message."""
    found: list[Conversation] = []
    where: dict[str, deque[Conversation]] = {}
    of_message: dict[int, Conversation] = {}
    order = [index for index in np.flatnonzero(made.wanted).tolist() if made.worth(index)]
    before = dict(zip(order[1:], order, strict=False))
    for tree in sorted(piece for whole in _trees(made) for piece in _pieces(made, whole)):
        weights = _weights(made, tree)
        people = {made.person[index] for index in tree}
        home = _goes_on_with(made, tree, weights, where)
        if home is None and len(tree) <= _SHORT:
            previous = before.get(tree[0], -1)
            soon = made.facts.at[tree[0]] - made.facts.at[previous] <= _CHATTER
            home = of_message.get(previous)
            home = home if home is not None and soon and people <= home.people else None
        if home is None:
            home = Conversation([], number=len(found))
            found.append(home)
        home.take(tree, weights, people)
        of_message |= dict.fromkeys(tree, home)
        for word in weights:
            places = where.get(word)
            if places is None:
                where[word] = deque((home,), maxlen=_PLACES)
            elif places[-1] is not home:
                places.append(home)
    for each in found:
        each.messages.sort()
    return sorted(found, key=lambda each: each.messages[0])


def _weights(made: Material, tree: Sequence[int]) -> dict[str, float]:
    times = Counter(chain.from_iterable(map(made.words.__getitem__, tree)))
    telling = made.telling
    return {
        word: telling[word] if count == 1 else _MORE[min(count, _MOST)] * telling[word]
        for word, count in times.items()
    }


_MOST = 200
_MORE = [1 + log(max(count, 1)) for count in range(_MOST + 1)]
"""What a word counts that is said so often: once, as much as it tells."""


def _goes_on_with(
    made: Material, tree: Sequence[int], weights: Mapping[str, float], where: Mapping[str, deque[Conversation]]
) -> Conversation | None:
    """The conversation that is most alike, where one is alike enough for how long ago it was."""
    length = sqrt(sum(weight * weight for weight in weights.values()))
    together: dict[int, float] = {}
    common: dict[int, int] = {}
    known: dict[int, Conversation] = {}
    for word in nlargest(_LOOKED_AT, weights, key=weights.__getitem__):
        weight = weights[word]
        for each in where.get(word, ()):
            number = each.number
            if number in known:
                together[number] += weight * each.weights[word]
                common[number] += 1
            else:
                known[number], together[number], common[number] = each, weight * each.weights[word], 1
    begins = made.facts.at[tree[0]]
    best = None
    for number, product in together.items():
        alike = product / (length * known[number].length)
        if alike < _ALIKE[0]:
            continue
        passed = begins - made.facts.at[known[number].last]
        bound = _ALIKE[0] if passed <= _SOON else _ALIKE[1] if passed <= _LATER else _ALIKE[2]
        enough = common[number] > 1 or passed <= _SOON
        if alike >= bound and enough and (best is None or (alike, number) > best):
            best = alike, number
    return known[best[1]] if best else None
