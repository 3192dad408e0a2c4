"""One digest over several groups: what many of them talked about, and all that stands beside. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qunce.insights.types import Covered, DigestDocument, DigestLine, LeftOut, LineKind

MOST_THREADS = 60
_QUOTED_OF_EACH = 1
_MOST_QUOTED = 6
_IN_COMMON = 2
"""Titles of three words with two in common, or one of the two whole, are about the same."""


def joined(digests: Mapping[int, DigestDocument]) -> DigestDocument:
    """The digests of groups, by their ids, as one: a topic of several groups is one line, with where it was."""
    ordered = [(group, digests[group]) for group in sorted(digests)]
    threads = [replace(line, groups=[group]) for group, each in ordered for line in each.of(LineKind.THREAD)]
    together = _together(threads)
    together.sort(key=lambda line: (-len(line.groups), -line.people, -line.messages, line.first, line.groups[0]))
    beside = [
        replace(line, groups=[group])
        for kind in LineKind
        if kind is not LineKind.THREAD
        for group, each in ordered
        for line in each.of(kind)
    ]
    coverage = _sum([each.coverage for _group, each in ordered])
    return DigestDocument(
        [*together[:MOST_THREADS], *beside], coverage, {group: each.coverage for group, each in ordered}
    )


def _together(threads: Sequence[DigestLine]) -> list[DigestLine]:
    """Lines of different groups that are about the same, as one; those of one group stay apart."""
    found: list[list[DigestLine]] = []
    for line in threads:
        home = next((each for each in found if _same(each, line)), None)
        if home is None:
            found.append([line])
        else:
            home.append(line)
    return [_one(each) for each in found]


def _same(known: Sequence[DigestLine], line: DigestLine) -> bool:
    if any(each.groups == line.groups for each in known):
        return False
    words = set(line.words)
    return any(len(words & set(each.words)) >= min(_IN_COMMON, len(words), len(each.words)) > 0 for each in known)


def _one(lines: Sequence[DigestLine]) -> DigestLine:
    if len(lines) == 1:
        return lines[0]
    words = [word for line in lines for word in line.words]
    often = sorted(dict.fromkeys(words), key=lambda word: -words.count(word))
    firsts = [key for line in lines for key in line.keys[:_QUOTED_OF_EACH]][:_MOST_QUOTED]
    rest = [key for line in lines for key in line.keys[_QUOTED_OF_EACH : line.quoted]]
    return replace(
        lines[0],
        keys=[*firsts, *rest],
        quoted=len(firsts),
        words=often[:3],
        messages=sum(line.messages for line in lines),
        people=sum(line.people for line in lines),
        first=min(line.first for line in lines),
        last=max(line.last for line in lines),
        groups=[group for line in lines for group in line.groups],
    )


def _sum(parts: Sequence[Covered]) -> Covered:
    left = {why: sum(each.left.get(why, 0) for each in parts) for why in LeftOut}
    width = max((len(each.hours) for each in parts), default=0)
    hours = [
        (sum(each.hours[n][0] for each in parts if n < len(each.hours)),
         sum(each.hours[n][1] for each in parts if n < len(each.hours)))
        for n in range(width)
    ]  # fmt: skip
    return Covered(
        sum(each.messages for each in parts),
        sum(each.covered for each in parts),
        sum(each.people for each in parts),
        {why: count for why, count in left.items() if count},
        hours,
        max((each.unread for each in parts), default=0.0),
    )
