"""How a message is compared with keywords, and which rule answers. Pure.

All keywords of all rules are matched at once by one Aho–Corasick automaton; the scopes are looked at only
where one of them is met. The library is ahocorasick-rs: 10,000 keywords over 100,000 Chinese and English
messages took 2.4 µs a message in its contiguous automaton (built in 0.05 s, 2 MB; the full table is twice as
slow and 47 MB), daachorse 2.0 µs. That is lost beside what storing a message costs, and daachorse has no
wheels for Linux on ARM.
"""

import re
from collections.abc import Iterable
from unicodedata import is_normalized, normalize

from ahocorasick_rs import AhoCorasick, Implementation

from qunce.desk.types import Fate, Hit, Match, Rule, Scope

# Control characters that are no white space, lone surrogates, and what Unicode calls ignorable: zero-width
# spaces and joiners, directions, variation selectors, fillers, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NO_SPACES = (
    "\u3000-\u3029\u3030-\u3098\u309b-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# A sound mark after a space stands alone: without the space it would change the character before.
_IDLE_SPACE = re.compile(f" (?:(?<=[{_NO_SPACES}] )(?![\u3099\u309a])|(?=[{_NO_SPACES}]))")
# The full-width punctuation of every other Chinese message: replaced one by one it costs a tenth of NFKC.
_WIDE = tuple(zip("\u3000，！？：；（）～…", (" ", ",", "!", "?", ":", ";", "(", ")", "~", "..."), strict=True))
_SPACED_SCRIPTS = "\u0530"
"""Below it are the letters of Latin, Greek and Cyrillic, which put spaces between words."""


def normalise(text: str) -> str:
    """The text as it is compared: NFKC, unseen characters out, case folded, white space collapsed.

    A space beside a Chinese or Japanese character means nothing and goes. Doing it twice changes nothing.
    """
    if text.isascii():
        folded = text.lower()
        return _collapsed(folded if folded.isprintable() else _UNSEEN.sub("", folded))
    if not is_normalized("NFKC", text):
        for wide, narrow in _WIDE:
            text = text.replace(wide, narrow)
    folded = text.casefold()
    if not is_normalized("NFKC", folded) or _UNSEEN.search(folded):
        folded = _settled(folded)
    folded = _collapsed(folded)
    return _IDLE_SPACE.sub("", folded) if " " in folded else folded


def _collapsed(text: str) -> str:
    """White space as single spaces, none at the ends; most messages are already so."""
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def _settled(text: str) -> str:
    """Composing, folding and leaving out until nothing changes: one may make work for another."""
    while (again := normalize("NFKC", _UNSEEN.sub("", text)).casefold()) != text:
        text = again
    return text


def inside_word(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` cuts through a word or a number: ``ad`` in ``bad``, ``12`` in ``2012``.

    Letters of scripts with spaces between words belong together, and so do digits; a letter beside a digit,
    or either beside a Chinese character, is a boundary: ``vip`` is a word in ``vip2`` and in ``我要vip``.
    """
    return (start > 0 and _together(text[start - 1], text[start])) or (
        end < len(text) and _together(text[end - 1], text[end])
    )


def _together(one: str, other: str) -> bool:
    if one.isdigit():
        return other.isdigit()
    return one.isalpha() and other.isalpha() and one < _SPACED_SCRIPTS and other < _SPACED_SCRIPTS


class Matcher:
    """All keywords of a set of rules, compiled. Rules of every scope may be in it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        exact: dict[str, dict[Scope, list[Rule]]] = {}
        contains: dict[str, dict[Scope, list[Rule]]] = {}
        for rule in rules:
            words = exact if rule.match is Match.EXACT else contains
            for keyword in {normalise(each) for each in rule.keywords} - {""}:
                words.setdefault(keyword, {}).setdefault(rule.scope, []).append(rule)
        self._exact = exact
        self._contains = list(contains.items())
        self._find = AhoCorasick(list(contains), implementation=Implementation.ContiguousNFA).find_matches_as_indexes

    def hits(self, text: str, *, group_id: int, community_id: int | None) -> list[Hit]:
        """Every rule that counts in the group and is met by a message's text, best first, each once.

        The first one answers unless it is ``cut``.
        """
        text = normalise(text)
        exact = self._exact.get(text)
        spans = self._find(text, overlapping=True)
        if not spans and exact is None:
            return []
        scopes: tuple[Scope, ...] = ((None, group_id), (community_id, None), (None, None))
        found: list[Hit] = []
        if exact is not None:
            found += [Hit(rule, text) for scope in scopes for rule in exact.get(scope, ())]
        for number, cut in _met(text, spans).items():
            keyword, by_scope = self._contains[number]
            found += [Hit(rule, keyword, cut) for scope in scopes for rule in by_scope.get(scope, ())]
        best: dict[int, Hit] = {}
        for hit in sorted(found, key=_rank):
            best.setdefault(hit.rule.id, hit)
        return list(best.values())


def _rank(hit: Hit) -> tuple[object, ...]:
    return hit.rank


def _met(text: str, spans: Iterable[tuple[int, int, int]]) -> dict[int, bool]:
    """The keywords found, each with whether all its places cut through a longer word."""
    met: dict[int, bool] = {}
    for number, start, end in spans:
        if met.get(number, True):
            met[number] = inside_word(text, start, end)
    return met


def lost_by(hit: Hit, winner: Hit) -> Fate:
    """By what a rule that is met comes after the one that answers."""
    if hit.cut:
        return Fate.CUT
    mine, best = hit.rank, winner.rank
    reasons = (Fate.CUT, Fate.FARTHER, Fate.LOOSER, Fate.SHORTER, Fate.YOUNGER)
    return next(reason for reason, own, other in zip(reasons, mine, best, strict=True) if own != other)
