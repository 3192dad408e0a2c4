"""The few lines of a digest that are worth a message in the group. Pure."""

from collections.abc import Sequence

from qunce.insights.types import DigestLine, LineKind

_SHARE = (
    (LineKind.NOTICE, 0.25),
    (LineKind.QUESTION, 0.2),
    (LineKind.THANKS, 0.15),
    (LineKind.LINK, 0.15),
)
"""At most such a part of the lines is of these kinds; threads take the rest."""
_PART = 6 * 3600.0
"""A digest of few lines still tells of every part of the day in which a thread of some size was."""
_OF_SOME_SIZE = 0.25


def shortened(lines: Sequence[DigestLine], most: int) -> list[DigestLine]:
    """At most so many lines: the threads that matter most, of every part of the day, and a few of the other kinds."""
    shown = [line for line in lines if not line.hidden and line.kind is not LineKind.NEWCOMER]
    threads = [line for line in shown if line.kind is LineKind.THREAD]
    others: list[DigestLine] = []
    for kind, share in _SHARE:
        mine = [line for line in shown if line.kind is kind]
        if kind is LineKind.QUESTION:
            mine.reverse()  # the latest are the likeliest to wait still
        others += mine[: int(most * share)]
    room = max(most - len(others), 0)
    chosen = _of_every_part(threads, room)
    spare = [line for line in shown if line.kind is not LineKind.THREAD and line not in others]
    kept = [*chosen, *others, *spare[: max(most - len(chosen) - len(others), 0)]]
    return [line for line in lines if line in kept][:most]


def _of_every_part(threads: Sequence[DigestLine], room: int) -> list[DigestLine]:
    """The first ones; the last of them give way to the first thread of a part of the day that is missing."""
    if not threads or room <= 0:
        return []
    largest = max(line.messages for line in threads)
    chosen = list(threads[:room])
    for line in threads[room:]:
        parts = [_part(each) for each in chosen]
        if _part(line) in parts or line.messages < _OF_SOME_SIZE * largest:
            continue
        doubled = [number for number, part in enumerate(parts) if parts.count(part) > 1]
        if doubled:
            del chosen[doubled[-1]]
            chosen.append(line)
    return chosen


def _part(line: DigestLine) -> int:
    return int(line.first // _PART)
