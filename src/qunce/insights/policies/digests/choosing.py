"""Which messages stand for a conversation, and what it is called. Pure: nothing is said that was not said."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import log, sqrt

from qunce.insights.policies.digests.conversations import LINK, QUESTION, THANKS, Conversation, Material
from qunce.insights.types import LeftOut

MOST_QUOTES, MOST_KEYS = 3, 8
"""So many messages of a conversation are quoted, and so many are named as what it rests on."""
_MANY = 12
"""From so many messages on a conversation is shown by three of them."""
_TITLE = 3
_QUOTED = 1.6
_ALIKE = 0.6
"""What is so much like what is quoted already adds nothing."""
_READABLE = (2, 45)
"""A message with so many telling words is neither a shout nor an essay."""


class Replies:
    """Who else answered what, among the messages of the digest."""

    def __init__(self, made: Material) -> None:
        self._made = made
        self._children: dict[int, list[int]] = defaultdict(list)
        facts = made.facts
        for index in range(facts.at.size):
            if (parent := int(facts.parent[index])) >= 0 and facts.person[index] != facts.person[parent]:
                self._children[parent].append(index)

    def to(self, index: int) -> list[int]:
        """What others answered to a message, machines but ours apart."""
        facts = self._made.facts
        return [each for each in self._children[index] if facts.ours[each] or not facts.is_bot[facts.person[each]]]

    def beneath(self, index: int) -> list[int]:
        """What was answered to it, and to that, and so on, by others than who said it."""
        found, waiting, person = [], [index], self._made.facts.person[index]
        while waiting:
            for each in self._children[waiting.pop()]:
                waiting.append(each)
                if self._made.facts.person[each] != person:
                    found.append(each)
        return sorted(found)


def quotes(made: Material, talk: Conversation, replies: Replies) -> tuple[list[int], list[int]]:
    """The messages that show a conversation best: what it is about first, then what came of it; and the next best."""
    scores = {index: _score(made, talk, replies, index) for index in talk.messages if made.why[index] is None}
    if not scores:
        return [], []
    ranked = sorted(scores, key=lambda index: (-scores[index], index))
    chosen = [_opening(made, ranked, scores, replies)]
    answers = set(replies.beneath(chosen[0]))
    for index in replies.to(chosen[0]):
        if index in scores:
            scores[index] += _DIRECT
    ranked.sort(key=lambda index: (-scores[index], index))
    most = MOST_QUOTES if len(talk.messages) >= _MANY else MOST_QUOTES - 1
    for wanted in ([each for each in ranked if each in answers], ranked):
        for index in wanted:
            if len(chosen) < most and _adds(made, index, chosen) and scores[index] > 0:
                chosen.append(index)
    more = [index for index in ranked if index not in chosen][: MOST_KEYS - len(chosen)]
    return [chosen[0], *sorted(chosen[1:])], sorted(more)


def _opening(made: Material, ranked: Sequence[int], scores: Mapping[int, float], replies: Replies) -> int:
    """The best question that was answered, where one is about as good as the best message; else that."""
    best = ranked[0]
    asked = [each for each in ranked if made.marked(each, QUESTION) and replies.to(each)]
    return asked[0] if asked and scores[asked[0]] >= _NEARLY * scores[best] else best


_NEARLY = 0.55
_DIRECT = 0.4
"""What answers the opening itself says sooner what came of it."""


def _score(made: Material, talk: Conversation, replies: Replies, index: int) -> float:
    """How much a message is about what the conversation is about, was answered or thanked for, and tells."""
    words = made.words[index]
    weight = sum(made.telling[word] * talk.weights[word] for word in words)
    own = sqrt(sum(made.telling[word] ** 2 for word in words))
    alike = weight / (own * talk.length) if own and talk.length else 0.0
    score = alike + 0.3 * log(1 + len(replies.to(index))) + 0.3 * min(len(words), 12) / 12
    score += 0.3 * any(made.marked(each, THANKS) for each in replies.to(index))
    score += 0.15 * made.marked(index, LINK) + 0.1 * bool(made.facts.is_staff[made.facts.person[index]])
    if not _READABLE[0] <= len(words) <= _READABLE[1]:
        score -= 0.5
    return score


def _adds(made: Material, index: int, chosen: Sequence[int]) -> bool:
    """Whether a message is by somebody else, or says something else, than what is quoted already."""
    words = set(made.words[index])
    for other in chosen:
        theirs = set(made.words[other])
        either = len(words | theirs)
        if index == other or (either and len(words & theirs) / either > _ALIKE):
            return False
    return True


# ------------------------------------------------------------------ names
def title(made: Material, talk: Conversation, shown: Collection[int], everywhere: Mapping[str, int]) -> list[str]:
    """The words that tell this conversation from the others of the stretch; each is said in it.

    Words of several people count more, those that are said elsewhere less, those in what is quoted more.
    """
    people: dict[str, set[int]] = defaultdict(set)
    times: Counter[str] = Counter()
    quoted = {word for index in shown for word in made.words[index]}
    for index in talk.messages:
        for word in made.words[index]:
            people[word].add(int(made.facts.person[index]))
            times[word] += 1
    scores = {
        word: (1 + log(count))
        * made.telling[word] ** 1.5
        * (1 + log(len(people[word])))
        * sqrt(count / everywhere[word])
        * (_QUOTED if word in quoted else 1.0)
        for word, count in times.items()
        if count > 1 or word in quoted
    }
    best = sorted(scores, key=lambda word: (times[word] == 1, -scores[word], word))
    kept: list[str] = []
    for word in best:
        if len(kept) < _TITLE and not any(word in other or other in word for other in kept):
            kept.append(word)
    return kept


def rank(made: Material, talk: Conversation, replies: Replies) -> float:
    """How much a conversation matters to who was away: people more than messages, and answers."""
    answered = any(made.marked(index, QUESTION) and replies.to(index) for index in talk.messages)
    staff = any(made.facts.is_staff[person] for person in talk.people)
    said = sum(made.why[index] is not LeftOut.GREETING for index in talk.messages)
    return log(1 + len(talk.people)) * 2 + log(1 + said) + 0.6 * answered + 0.3 * staff
