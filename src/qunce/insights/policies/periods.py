"""Which days a regular report is about."""

from datetime import date, timedelta

from qunce.insights.types import Rhythm, Stretch

_WEEK = 7


def last_period(rhythm: Rhythm, today: date) -> Stretch:
    """The last whole day, week (from Monday) or calendar month before ``today``."""
    if rhythm is Rhythm.DAILY:
        return Stretch(today - timedelta(days=1), 1)
    if rhythm is Rhythm.WEEKLY:
        return Stretch(today - timedelta(days=today.weekday() + _WEEK), _WEEK)
    last = today.replace(day=1) - timedelta(days=1)
    return Stretch(last.replace(day=1), last.day)
