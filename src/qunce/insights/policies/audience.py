"""How far newcomers have come, and cohorts by month, from the days on which people spoke."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from qunce.insights.types.audience import Cohort, Outcome, Rung

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
YEAR = 12


def outcomes(entered: date, spoken: Collection[date], today: date, *, is_here: bool) -> dict[Rung, Outcome]:
    """What became of somebody who entered on that day and spoke on those."""
    after = sorted(day for day in spoken if day >= entered)
    return {
        Rung.CAME: Outcome.TOOK,
        Rung.SPOKE: _took(any(day - entered < WEEK for day in after), today - entered >= WEEK),
        Rung.AGAIN: _took(any(WEEK <= day - entered < MONTH for day in after), today - entered >= MONTH),
        Rung.STAYED: _stayed(today - entered >= MONTH, is_here),
    }


def _took(did: bool, over: bool) -> Outcome:  # noqa: FBT001
    if did:
        return Outcome.TOOK
    return Outcome.MISSED if over else Outcome.EARLY


def _stayed(over: bool, is_here: bool) -> Outcome:  # noqa: FBT001
    if not is_here:
        return Outcome.MISSED
    return Outcome.TOOK if over else Outcome.EARLY


def cohorts(months: Mapping[int, Collection[date]], last: date) -> list[Cohort]:
    """People by the month in which they first spoke, oldest first.

    ``months``: when each spoke, as the first days of months; ``last``: the last month that is over.
    """
    active: dict[date, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for spoken in months.values():
        begun = min(spoken)
        for month in spoken:
            active[begun][month] += 1
    return [
        Cohort(begun, counted[begun], [counted.get(month, 0) for month in _months(begun, last)])
        for begun, counted in sorted(active.items())
        if begun <= last
    ]


def _months(first: date, last: date) -> Sequence[date]:
    count = (last.year - first.year) * YEAR + last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + n) // YEAR, (first.month - 1 + n) % YEAR + 1, 1) for n in range(count)
    ]
