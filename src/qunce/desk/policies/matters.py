"""What is a question, whose name is in a message, and what settles it. Pure; a rule of thumb, and said to be one."""

import re
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick, Implementation

from qunce.desk.policies.rules import each_in, inside_word
from qunce.desk.types import LIKELY_WITHIN, Heard, MatterState, Pending, Settled
from qunce.kernel.folding import normalise

# ------------------------------------------------------------------ what is probably a question
_MARKS = ("?", "？")
_CHINESE = (
    *("吗", "呢", "怎么", "怎样", "如何", "为什么", "为啥", "为何", "哪里", "哪儿", "哪个", "哪些", "哪天", "在哪"),
    *("多少", "多久", "几点", "几号", "啥时候", "什么时候", "什么意思", "什么地方", "是什么", "有什么", "谁知道"),
    *("谁有", "有谁", "谁能", "请问", "请教", "求助", "求问", "问一下", "想问", "能不能", "能否", "可不可以"),
    *("可以不", "有没有", "是不是", "要不要", "会不会", "行不行", "咋"),
)
QUESTION_WORDS = (*_MARKS, *_CHINESE)
"""A message without any of them asks nothing: what the pipeline looks for before it looks closer."""

LONGEST_QUESTION = 400
"""Longer ones are announcements, which ask themselves how and why."""

_TITLES = re.compile(r"《[^》]*》|「[^」]*」|https?://\S+|@\S+")
_NO_QUESTION = re.compile(
    r"不管[^,.!?]*|无论[^,.!?]*|不知道?怎么[^?]*$|怎么(?:都|样都|也)|不怎么|没怎么|怎么可能|怎么办都|多少(?:有[点些]|都|也)|没多少|哪里哪里"
    r"|哪里都|有问题[^,.!?]{0,4}(?:请|可以|找|问|联系)[^?]*$|是不是很|无论如何|如何如何|没什么|有什么(?:问题|需要|疑问)[^?]*$"
    r"|要不要太|会不会太"
)
_AT_THE_END = re.compile(r"(?P<what>吗|呢)(?=$|[\s,.!~?。;:)\]…])")
_STATED = re.compile(r"着呢|(?:在|还|正|才|都|可|没)[^,.!?]*呢")
_ASKING = re.compile("|".join(word for word in _CHINESE if word not in {"吗", "呢"}))
_MARKED = re.compile(r"\w[^?]*\?(?=$|[\s?!.,)\]~]|[^\x00-\x7f])")


def asks(text: str) -> bool:
    """Whether a message is probably a question. A rule of thumb for lists; nothing is sent because of it.

    A question mark after words; or a Chinese question word that is not one of the usual phrases without a
    question, and ``吗`` or ``呢`` where they end a sentence. Titles, addresses and names do not count.
    """
    if len(text) > LONGEST_QUESTION:
        return False
    said = normalise(_TITLES.sub(" ", text))
    if _MARKED.search(said):
        return True
    said = _NO_QUESTION.sub("", said)
    if _ASKING.search(said):
        return True
    ends = {found["what"] for found in _AT_THE_END.finditer(said)}
    return "吗" in ends or ("呢" in ends and len(said) <= SHORT and not _STATED.search(said))


SHORT = 16
"""A longer sentence that ends in ``呢`` tells more often than it asks."""


class Names:
    """Finds the names of people, and first the words of questions, in messages: one pass for both."""

    def __init__(self, people: Iterable[tuple[str, int]] = ()) -> None:
        self._people: dict[str, list[int]] = {}
        for name, key in people:
            if len(folded := normalise(name)) >= SHORTEST_NAME:
                self._people.setdefault(folded, []).append(key)
        self._words = [*QUESTION_WORDS, *self._people]
        automaton = AhoCorasick(self._words, implementation=Implementation.DFA)
        self._find = automaton.find_matches_as_indexes

    def noticed(self, texts: Sequence[str]) -> set[int]:
        """In which of these normalised texts anything of both is."""
        return {place for place, *_span in each_in(self._find, texts)}

    def mentioned(self, text: str) -> set[int]:
        """The people whose whole names are in it."""
        said = normalise(text)
        found = set()
        for number, start, end in self._find(said, overlapping=True):
            word = self._words[number]
            if word in self._people and not inside_word(said, start, end):
                found.update(self._people[word])
        return found

    def are(self, name: str) -> list[int]:
        """Who is called so."""
        return self._people.get(normalise(name), [])


SHORTEST_NAME = 2


# ------------------------------------------------------------------ what settles a matter
def settled(matter: Pending, heard: Iterable[Heard]) -> Settled | None:
    """What a matter becomes by what was said later in its group; None: it stays as it is.

    Anybody but the asker answers by a reply. A question to nobody in particular is likely answered by what
    somebody else, not us, says next without asking; a reply tells more.
    """
    likely: Settled | None = None
    for each in heard:
        if each.identity_id == matter.identity_id or each.sent_at < matter.sent_at:
            continue
        if each.reply_to == matter.external_id:
            return Settled(matter.id, MatterState.ANSWERED, each.sent_at, each.name)
        if likely is None and _follows(matter, each):
            likely = Settled(matter.id, MatterState.LIKELY, each.sent_at, each.name)
    return likely


def _follows(matter: Pending, heard: Heard) -> bool:
    to_anybody = matter.state is MatterState.OPEN and matter.asks and not matter.mentions
    in_time = heard.sent_at <= matter.sent_at + LIKELY_WITHIN
    return to_anybody and in_time and not heard.asks and not heard.from_us
