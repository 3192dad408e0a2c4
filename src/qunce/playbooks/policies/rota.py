"""Whose turn it is next: everybody in order, nobody twice before all others. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from qunce.playbooks.types import Had, Place

_NEVER = date.min


def days(weekdays: Collection[int], first: date, last: date) -> list[date]:
    """The days of a rota from ``first`` to ``last``, both included; Monday is 0."""
    span = range((last - first).days + 1)
    return [day for day in (first + timedelta(n) for n in span) if day.weekday() in weekdays]


def next_turns(order: Sequence[Place], had: Iterable[Had], wanted: Sequence[date]) -> list[Had]:
    """Who has which of the wanted days: whoever had none for the longest time and is there, in order where equal.

    Days on which nobody is there are left free. ``had``: turns of other days, whether past or planned.
    """
    latest: dict[int, date] = {}
    for turn in had:
        latest[turn.member_id] = max(turn.day, latest.get(turn.member_id, _NEVER))
    given = []
    for day in wanted:
        able = [place.member_id for place in order if place.can(day)]
        if not able:
            continue
        chosen = min(able, key=lambda member_id: latest.get(member_id, _NEVER))
        latest[chosen] = max(day, latest.get(chosen, _NEVER))
        given.append(Had(chosen, day))
    return given
