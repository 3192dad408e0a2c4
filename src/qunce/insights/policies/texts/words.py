"""The words of a message that tell what it is about. Pure; Chinese is cut by a dictionary, the rest at its spaces."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import rjieba
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from qunce.desk.policies import inside_word, normalise
from qunce.insights.policies.texts.lists import STOP

_NO_WORDS = re.compile(
    r"```.*?(?:```|$)|`[^`\n]*`|\[<-\w+->\]|<[^\s<>]{1,40}>"
    r"|(?:https?://|www\.)[^\s\u4e00-\u9fff]+|[\w.+-]+@[\w-]+\.[\w.]+|@[^\s,:，：@]+"
    r"|:[a-z0-9_+-]{2,}:|\[[^\[\]\s]{1,6}\]|&[a-z]+;|[「『][^」』\n]{1,200}[」』]\n[- ]*",
    re.DOTALL,
)
"""Code, tags, names before a line, addresses, who is called, emoji by name, what chat programs put in, quotes."""
_SOME = re.compile(r"[`\[<@:&「『]|www\.")
"""One of these is in each of them; most messages have none."""
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<plain>[^\W\d_{_HAN}][^\W{_HAN}]*(?:[.+#'’/_-]+(?:[^\W{_HAN}]|[+#])+)*[+#]*)"
)
_COUNTED = re.compile(
    r"[一二三四五六七八九十百千万亿两几半多第零]+[个天次年月日号点块位种条分周岁遍章集期元人楼层米倍]*$"
)
_ENDING = re.compile(r"['’](?:s|re|ll|ve|d|m|t)$|^[-'’]+|[-'’/.]+$")
_SPACE = ","
"""Stands for a space: one between two Chinese characters ends a word, but is taken out where texts are compared."""
LONGEST = 30
"""Longer ones are no words: keys, paths, shouts."""


def words(text: str, dictionary: Iterable[str] = ()) -> list[str]:
    """The words of a message in its order, folded, without those that tell nothing.

    ``dictionary``: names and terms of the community, which are not cut and never left out.
    """
    return _cutter(tuple(dictionary))(text)


class _Cutter:
    """Cuts with one dictionary: its words are found first, and what is between them is cut as usual."""

    def __init__(self, dictionary: Sequence[str]) -> None:
        self._terms = list(dict.fromkeys(term for each in dictionary if len(term := normalise(each)) > 1))
        self._automaton = AhoCorasick(
            [_SPACE.join(term.split()) for term in self._terms],
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.DFA,
        )

    def __call__(self, text: str) -> list[str]:
        plain = _NO_WORDS.sub(" ", text) if _SOME.search(text) else text
        said = normalise(_SPACE.join(plain.split()))
        if not self._terms:
            return _cut(said)
        found: list[str] = []
        done = 0
        for number, start, end in self._automaton.find_matches_as_indexes(said):
            if not inside_word(said, start, end):
                found += [*_cut(said[done:start]), self._terms[number]]
                done = end
        return [*found, *_cut(said[done:])]


@lru_cache(maxsize=64)
def _cutter(dictionary: tuple[str, ...]) -> _Cutter:
    return _Cutter(dictionary)


def _cut(said: str) -> list[str]:
    found: list[str] = []
    for run in _RUN.finditer(said):
        of = _words_again if run.end() - run.start() <= LONGEST else _words_of
        found += of(run.group(), run.lastgroup == "han")
    return found


def _words_of(run: str, han: bool) -> tuple[str, ...]:  # noqa: FBT001 (inner loop: by position)
    """The words in signs of one kind."""
    if han:
        cut = rjieba.cut(run)
        return tuple(word for word in cut if len(word) > 1 and word not in STOP and not _COUNTED.match(word))
    word = _ENDING.sub("", run)
    return (word,) if 1 < len(word) <= LONGEST and word not in STOP and run not in STOP else ()


_words_again = lru_cache(maxsize=1 << 15)(_words_of)
"""People say the same again and again."""


def counted(said: Iterable[Sequence[str]]) -> Counter[str]:
    """In how many messages each word is; one person saying a word ten times in a breath says it once."""
    return Counter(word for each in said for word in set(each))


def merged(said: Sequence[Sequence[str]]) -> list[list[str]]:
    """The same messages with plurals and singulars of a word written as the one that is said more often."""
    times = counted(said)
    other: dict[str, str] = {}
    for word in times:
        plural = next((end for end in (f"{word}s", f"{word}es") if word.isascii() and end in times), None)
        if plural and len(word) > _SHORTEST:
            more, less = (word, plural) if times[word] >= times[plural] else (plural, word)
            other[less] = more
    return [[other.get(word, word) for word in each] for each in said]


_SHORTEST = 2
