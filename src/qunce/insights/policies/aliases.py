"""One person under several names: what can be told from the names, and from a history's nick changes.

Proposals only; a person accepts them. Names of which nothing but a common word is left are proposed for nobody.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from qunce.insights.types import Alias, AliasReason

MOST = 12
"""More names than that are not one person's: a name was passed on."""
_SHORTEST = 3
_TAILS = re.compile(
    r"(?:[_`^]+|[|\[({_~-]+(?:away|afk|zzz+|sleep\w*|work\w*|home|mobile|phone|laptop|web|m|bbl|brb|off\w*|busy|dnd"
    r"|gone|lunch|离开|在忙|手机)[\])}|_~]*)+$",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"(?:guest|user|anon\w*|nobody|somebody|webchat|ubuntu|mib|qwebirc|unknown|irssi|java)[\d_-]*", re.IGNORECASE
)
_NUMBER = re.compile(r"[(（<]\s*(\+?\d[\d -]{3,18}\d)\s*[)）>]\s*$")


@dataclass(frozen=True, slots=True)
class Called:
    """A sender: their id in the format, the name they are called by, and how much they said."""

    person: str
    name: str
    messages: int


def proposals(called: Iterable[Called], changes: Collection[tuple[str, str]] = ()) -> list[Alias]:
    """Which senders may be one person, each with the one who said most; ``changes``: old name → new one.

    The same for the same people, in whatever order they come.
    """
    people = {each.person: each for each in sorted(called, key=lambda one: one.person)}
    top = {key: key for key in people}
    reasons: dict[tuple[str, str], AliasReason] = {}
    for reason, person, other in _pairs(people, changes):
        reasons.setdefault((person, other), reason)
        _join(top, person, other)
    clusters: dict[str, list[Called]] = defaultdict(list)
    for key, each in people.items():
        clusters[_root(top, key)].append(each)
    found = []
    for cluster in clusters.values():
        if 1 < len(cluster) <= MOST:
            first, *others = sorted(cluster, key=lambda one: (-one.messages, one.person))
            found += [_alias(each, first, reasons) for each in others]
    return sorted(found, key=lambda alias: (-alias.messages, alias.person))


def _alias(each: Called, first: Called, reasons: Mapping[tuple[str, str], AliasReason]) -> Alias:
    """Why the two are one: for what they have in common, else for what ties the name to a third one."""
    direct = reasons.get((each.person, first.person)) or reasons.get((first.person, each.person))
    through = next((reason for pair, reason in sorted(reasons.items()) if each.person in pair), AliasReason.RENAMED)
    reason = direct or through
    return Alias(each.person, first.person, each.name, first.name, reason, each.messages, first.messages)


def _pairs(
    people: Mapping[str, Called], changes: Collection[tuple[str, str]]
) -> Iterable[tuple[AliasReason, str, str]]:
    """Which two have something in common, and what."""
    bases: dict[str, str] = {}
    numbers: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for key, each in people.items():
        by_name.setdefault(each.name, key)
        base = base_of(each.name)
        if base and (first := bases.setdefault(base, key)) != key:
            yield AliasReason.TAIL, first, key
        if (found := _NUMBER.search(each.name)) and (first := numbers.setdefault(_digits(found[1]), key)) != key:
            yield AliasReason.NUMBER, first, key
    for old, new in sorted(set(changes)):
        if old in by_name and new in by_name and by_name[old] != by_name[new] and base_of(old) and base_of(new):
            yield AliasReason.RENAMED, by_name[old], by_name[new]


def base_of(name: str) -> str:
    """A name without its tail, as names are compared; empty where it could be anybody's."""
    whole = name.strip().casefold()
    base = _TAILS.sub("", whole)
    if len(base) < _SHORTEST and base.isascii():
        base = whole
    return "" if _GENERIC.fullmatch(base) else base


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _root(top: dict[str, str], key: str) -> str:
    while top[key] != key:
        top[key] = top[top[key]]
        key = top[key]
    return key


def _join(top: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_root(top, one), _root(top, other)))
    top[second] = first
