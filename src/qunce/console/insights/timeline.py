"""How a group has been over time: its score, its stages, and the days on which activity turned."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from qunce.console.insights import words
from qunce.console.insights.drawn import COLOURS
from qunce.insights.selectors import writing
from qunce.insights.types import Diagnosis, HealthDay, Span, Turn
from qunce.kernel import charts
from qunce.kernel.charts import Chart

NARROW = 8
"""A stage that takes less than this part of a timeline has no room for its name."""


def timeline(kept: Sequence[HealthDay], told: Diagnosis) -> Chart:
    """The score over time, with the stages behind it and the days on which activity turned."""
    first = min([span.first for span in told.spans] + [each.day for each in kept], default=told.day)
    days = [first + timedelta(days=passed) for passed in range((told.day - first).days + 1)]
    scores = {each.day: each.score for each in kept}
    drawn = charts.over_time(
        _("Health and stages over time"),
        when=_("Day"),
        points=[day.isoformat() for day in days],
        values={_("Health"): [None if (score := scores.get(day)) is None else round(score) for day in days]},
        kind="line",
        turns={turn.day.isoformat(): "↑" if turn.after > turn.before else "↓" for turn in told.turns},
    )
    bands = [
        [
            {
                "name": words.stage_of(span.stage)[1] if (span.last - span.first).days * NARROW > len(days) else "",
                "xAxis": max(span.first, first).isoformat(),
                "itemStyle": {"color": f"colour:{COLOURS[words.stage_of(span.stage)[0]]}", "opacity": 0.16},
            },
            {"xAxis": min(span.last, told.day).isoformat()},
        ]
        for span in told.spans
    ]
    area = {"silent": True, "label": {"color": "colour:ink-soft", "position": "insideTop"}, "data": bands}
    line = {**drawn.option["series"][0], "markArea": area, "connectNulls": True}
    option = {**drawn.option, "series": [line], "yAxis": {"type": "value", "min": 0, "max": 100}}
    return replace(
        drawn,
        option=option,
        headings=[_("Day"), _("Health"), _("Stage")],
        rows=_told_by_day(days, scores, told.spans),
        empty=not told.spans and not kept,
    )


def _told_by_day(
    days: Sequence[date], scores: Mapping[date, float | None], spans: Sequence[Span]
) -> list[list[object]]:
    """Each day that has a score or begins a stage, with the stage it is in."""
    begun = {max(span.first, days[0]): span for span in spans}
    stage, rows = "", list[list[object]]()
    for day in days:
        if day in begun:
            stage = words.stage_of(begun[day].stage)[1]
        score = scores.get(day)
        if score is not None or day in begun:
            rows.append([_day(day), "" if score is None else round(score), stage])
    return rows


def turns_say(told: Diagnosis) -> list[str]:
    """The days on which activity turned, in sentences."""
    return [_turn_says(turn) for turn in told.turns]


def _turn_says(turn: Turn) -> str:
    more = turn.after > turn.before
    if max(turn.before, turn.after) < 1:
        said = _("%(day)s: from here on more is said.") if more else _("%(day)s: from here on less is said.")
    elif more:
        said = _("%(day)s: more people speak a day, %(before)s before and %(after)s after.")
    else:
        said = _("%(day)s: fewer people speak a day, %(before)s before and %(after)s after.")
    before, after = (writing.measured(each, "count") for each in (turn.before, turn.after))
    return said % {"day": _day(turn.day), "before": before, "after": after}


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
