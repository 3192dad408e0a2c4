"""How a message is compared with keywords, and which rule answers. Pure.

All keywords of all rules are matched at once by one Aho–Corasick automaton, and all patterns by one filter that
looks for the fixed words in them first; the scopes are looked at only where one of them is met.

The library is ahocorasick-rs: 10,000 keywords over 100,000 Chinese and English
messages took 2.4 µs a message in its contiguous automaton (built in 0.05 s, 2 MB; the full table is twice as
slow and 47 MB), daachorse 2.0 µs. That is lost beside what storing a message costs, and daachorse has no
wheels for Linux on ARM. Patterns are RE2's: their time is linear in the message's length, whatever is written.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias, TypeVar
from unicodedata import normalize

import re2
from ahocorasick_rs import AhoCorasick, Implementation

from qunce.community.types import GroupFacts
from qunce.desk.types import BadPatternError, Fate, Fault, Hit, Hours, Match, Rule, Scope
from qunce.kernel.folding import IDLE_SPACE, UNSEEN, normalise

T = TypeVar("T")

_SPACED_SCRIPTS = "\u0530"
"""Below it are the letters of Latin, Greek and Cyrillic, which put spaces between words."""


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


# ------------------------------------------------------------------ patterns
MOST_INSTRUCTIONS = 4000
_MEMORY = 1 << 20  # of one pattern: what it is compiled to, and what it remembers while it runs
_EVERYDAY = (
    ("今天天气真好", "好的收到", "谢谢老师", "大家早上好", "明天几点开始呢", "哈哈哈", "我也觉得不错", "晚安各位"),
    ("good morning all", "thanks, see you", "what do you think", "ok", "great news", "i will be late", "sure", "lol"),
)
_FAULTS = {
    "missing )": Fault.OPEN,
    "unexpected )": Fault.CLOSED,
    "missing ]": Fault.OPEN_SET,
    "no argument for repetition operator": Fault.NOTHING_TO_REPEAT,
    "bad repetition operator": Fault.NOTHING_TO_REPEAT,
    "invalid character class range": Fault.BAD_RANGE,
    "invalid repetition size": Fault.BAD_COUNT,
    "trailing \\": Fault.TRAILING,
    "pattern too large": Fault.LARGE,
}
# A space is idle in a pattern too, unless it is what is repeated.
_IDLE_IN_PATTERN = re.compile(IDLE_SPACE.pattern + r"(?![?*+{])")


def check_pattern(pattern: str) -> None:
    """Raise BadPatternError where the pattern cannot be read, is too costly, or is met by nearly everything."""
    try:
        re2.compile(pattern, _options())
        compiled = re2.compile(_as_compared(pattern), _options())
    except re2.error as error:
        raise _fault(pattern, error.args[0]) from None
    if compiled.programsize > MOST_INSTRUCTIONS:
        raise BadPatternError(Fault.LARGE)
    for everyday in (("",), *_EVERYDAY):
        met = [compiled.search(text) for text in everyday]
        if any(found and found.start() == found.end() for found in met):
            raise BadPatternError(Fault.EMPTY)
        if all(met):
            raise BadPatternError(Fault.BROAD)


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.case_sensitive = False
    options.log_errors = False
    return options


def _as_compared(pattern: str) -> str:
    """The pattern as messages are compared: what is typed full width means what it is read as."""
    characters = (each if each.isascii() else _folded(each) for each in normalize("NFC", pattern))
    return _IDLE_IN_PATTERN.sub("", "".join(characters))


def _folded(character: str) -> str:
    """One character of a pattern as it is compared; a full-width sign stays a sign, and commands nothing."""
    seen = UNSEEN.sub("", normalize("NFKC", character)).casefold()
    return "".join(each if each.isalnum() or not each.isascii() else re.escape(each) for each in seen)


def _fault(pattern: str, said: bytes | str) -> BadPatternError:
    """What RE2 says, with the place at which it is wrong."""
    told = said.decode(errors="replace") if isinstance(said, bytes) else said
    name, _colon, piece = told.partition(": ")
    fault = _FAULTS.get(name, Fault.UNKNOWN if piece else Fault.LARGE)
    if fault in {Fault.OPEN, Fault.CLOSED}:
        return BadPatternError(fault, _unpaired(pattern), "(" if fault is Fault.OPEN else ")")
    at = len(pattern) if fault is Fault.TRAILING else pattern.find(piece) + 1 if piece else 0
    return BadPatternError(fault, at, piece)


def _unpaired(pattern: str) -> int:
    """Where the bracket stands that has no other half, counted from 1."""
    open_ones: list[int] = []
    for found in re.finditer(r"\\.|\[\^?\]?[^\]]*\]|[()]", pattern, re.DOTALL):
        if found[0] == "(":
            open_ones.append(found.start() + 1)
        elif found[0] == ")":
            if not open_ones:
                return found.start() + 1
            open_ones.pop()
    return open_ones[-1] if open_ones else 0


class _Patterns:
    """Patterns of any number, found at once: those without a chance are never tried."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.known: list[str] = []
        self._filter = re2.Filter()
        for pattern in patterns:
            try:
                self._filter.Add(_as_compared(pattern), _options())
            except re2.error:  # one that an older Qunce allowed harms no other
                continue
            self.known.append(pattern)
        if self.known:
            self._filter.Compile()

    def find(self, text: str) -> list[str]:
        """The patterns that a normalised text meets."""
        return [self.known[number] for number in self._filter.Match(text) or ()] if self.known else []


# ------------------------------------------------------------------ which rule
_Scoped = dict[Scope, list[T]]
_Met: TypeAlias = tuple[list[tuple[int, int, int]], list[str]]
_Find: TypeAlias = Callable[..., list[tuple[int, int, int]]]


def each_in(find: _Find, texts: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """What an automaton finds in normalised texts, looked through in one go: text, word, and the place in the text.

    What parts them is white space that neither they nor any word of the automaton have.
    """
    at = begin = 0
    for number, start, end in sorted(find("\n".join(texts), overlapping=True), key=itemgetter(1)):
        while start > begin + len(texts[at]):
            begin += len(texts[at]) + 1
            at += 1
        yield at, number, start - begin, end - begin


def scopes_of(group: GroupFacts) -> list[Scope]:
    """Every scope whose rules count in a group, the nearest first."""
    return [
        Scope(group_id=group.id),
        *(Scope(group.community_id, tag=tag) for tag in group.tags),
        *(Scope(tag=tag) for tag in group.tags),
        Scope(group.community_id),
        Scope(),
    ]


def is_open(hours: Hours | None, local: datetime) -> bool:
    """Whether it is within the hours at this local time; always where there are none."""
    if hours is None:
        return True
    now, day = local.time(), local.weekday()
    if hours.opens < hours.closes:
        return hours.opens <= now < hours.closes and day in hours.days
    return day in hours.days if now >= hours.opens else now < hours.closes and (day - 1) % 7 in hours.days


class Matcher:
    """All keywords of a set of rules, compiled. Rules of every scope may be in it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._exact: dict[str, _Scoped[Rule]] = {}
        self._scopes_of: dict[int, tuple[GroupFacts, list[Scope]]] = {}
        contains: dict[str, _Scoped[Rule]] = {}
        patterns: dict[str, _Scoped[Rule]] = {}
        together: list[tuple[Rule, set[str]]] = []
        kinds = {Match.EXACT: self._exact, Match.CONTAINS: contains, Match.PATTERN: patterns}
        for rule in rules:
            if rule.match is Match.PATTERN:
                words = set(rule.keywords)
            else:
                words = {normalise(each) for each in rule.keywords} - {""}
            if rule.match is not Match.ALL:
                for word in words:
                    kinds[rule.match].setdefault(word, {}).setdefault(rule.scope, []).append(rule)
            elif words:
                together.append((rule, words))
        self._patterns, self._by_pattern = _Patterns(patterns), patterns
        self._compile(contains, together)

    def _scopes(self, group: GroupFacts) -> list[Scope]:
        """`scopes_of`, remembered as long as the group is the same."""
        known = self._scopes_of.get(group.id)
        if known is None or known[0] is not group:
            known = self._scopes_of[group.id] = group, scopes_of(group)
        return known[1]

    def _compile(self, contains: dict[str, _Scoped[Rule]], together: list[tuple[Rule, set[str]]]) -> None:
        """Number the words. A rule that wants several is looked at where the rarest of them is met."""
        wanted = Counter(word for _rule, words in together for word in words)
        self._words = list({**contains, **wanted})
        numbers = {word: number for number, word in enumerate(self._words)}
        self._contains = [contains.get(word, {}) for word in self._words]
        self._together: dict[int, _Scoped[tuple[Rule, list[int]]]] = {}
        for rule, words in together:
            rarest = min(words, key=lambda word: (wanted[word], -len(word), word))
            at = self._together.setdefault(numbers[rarest], {})
            at.setdefault(rule.scope, []).append((rule, sorted(numbers[word] for word in words)))
        self._find = AhoCorasick(self._words, implementation=Implementation.ContiguousNFA).find_matches_as_indexes

    def hits(self, text: str, group: GroupFacts, at: datetime) -> list[Hit]:
        """Every rule that counts in the group and is met by a message's text, best first, each once.

        The first one answers unless it is ``silent``. ``at``: when it was said.
        """
        text = normalise(text)
        met = self._met(text)
        return self._counting(text, met, group, at) if met else []

    def hits_of(self, said: Sequence[tuple[str, GroupFacts, datetime]]) -> dict[int, list[Hit]]:
        """`hits` of many messages, by their places; those that meet nothing are left out. Texts are normalised."""
        met = self._met_by([text for text, _group, _at in said])
        found = {place: self._counting(said[place][0], met[place], *said[place][1:]) for place in sorted(met)}
        return {place: hits for place, hits in found.items() if hits}

    def _counting(self, text: str, met: _Met, group: GroupFacts, at: datetime) -> list[Hit]:
        local = at.astimezone(group.zone)
        found = [
            hit if is_open(hit.rule.hours, local) else replace(hit, closed=True)
            for hit in self._hits(text, *met, self._scopes(group))
        ]
        return _ranked(found)

    def anywhere(self, text: str) -> list[Hit]:
        """Every rule that is met by a text in whatever place and at whatever time, best first, each once."""
        text = normalise(text)
        met = self._met(text)
        return _ranked(self._hits(text, *met, None)) if met else []

    def _met(self, text: str) -> _Met | None:
        """Places of keywords, and patterns, in a normalised text; None where nothing at all is met."""
        spans = self._find(text, overlapping=True)
        patterns = self._patterns.find(text)
        return (spans, patterns) if spans or patterns or text in self._exact else None

    def _met_by(self, texts: Sequence[str]) -> dict[int, _Met]:
        """`_met` of each text in which anything is met."""
        spans: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for place, *span in each_in(self._find, texts):
            spans[place].append((span[0], span[1], span[2]))
        places = set(spans)
        if self._exact:
            places.update(place for place, text in enumerate(texts) if text in self._exact)
        if not self._patterns.known:
            return {place: (spans.get(place, []), []) for place in places}
        patterns = {place: found for place, text in enumerate(texts) if (found := self._patterns.find(text))}
        return {place: (spans.get(place, []), patterns.get(place, [])) for place in places | patterns.keys()}

    def _hits(
        self, text: str, spans: list[tuple[int, int, int]], patterns: list[str], scopes: list[Scope] | None
    ) -> Iterator[Hit]:
        for rule in _within(self._exact.get(text, {}), scopes):
            yield Hit(rule, text)
        words = _places(text, spans)
        for number, cut in words.items():
            for rule in _within(self._contains[number], scopes):
                yield Hit(rule, self._words[number], cut)
            for rule, all_of in _within(self._together.get(number, {}), scopes):
                if all(each in words for each in all_of):
                    keyword = " ".join(self._words[each] for each in all_of)
                    yield Hit(rule, keyword, any(words[each] for each in all_of))
        for pattern in patterns:
            for rule in _within(self._by_pattern[pattern], scopes):
                yield Hit(rule, pattern)


def _within(scoped: Mapping[Scope, list[T]], scopes: list[Scope] | None) -> Iterator[T]:
    """What is bound to one of the scopes; to any where they are None."""
    if scoped:
        for scope in scoped if scopes is None else scopes:
            yield from scoped.get(scope, ())


def _ranked(found: Iterable[Hit]) -> list[Hit]:
    best: dict[int, Hit] = {}
    for hit in sorted(found, key=_rank):
        best.setdefault(hit.rule.id, hit)
    return list(best.values())


def _rank(hit: Hit) -> tuple[object, ...]:
    return hit.rank


def _places(text: str, spans: Iterable[tuple[int, int, int]]) -> dict[int, bool]:
    """The keywords found, each with whether all its places cut through a longer word."""
    met: dict[int, bool] = {}
    for number, start, end in spans:
        if met.get(number, True):
            met[number] = inside_word(text, start, end)
    return met


def lost_by(hit: Hit, winner: Hit) -> Fate:
    """By what a rule that is met comes after the one that answers."""
    if hit.silent:
        return Fate.CUT if hit.cut else Fate.CLOSED
    mine, best = hit.rank[1:], winner.rank[1:]
    reasons = (Fate.FARTHER, Fate.LOOSER, Fate.SHORTER, Fate.YOUNGER)
    return next(reason for reason, own, other in zip(reasons, mine, best, strict=True) if own != other)
