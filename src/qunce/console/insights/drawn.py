"""The charts of insights: what is computed elsewhere, put into the shapes of `kernel.charts`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from numpy.typing import NDArray

from qunce.console.insights import words
from qunce.insights.metric import metrics
from qunce.insights.policies import statistics
from qunce.insights.policies.graphs import ReplyGraph
from qunce.insights.policies.zones import month_name
from qunce.insights.selectors import writing
from qunce.insights.types import Facts, LifecyclePoint, MessageKey, Stretch, Topic
from qunce.insights.types.audience import Cohort
from qunce.kernel import charts
from qunce.kernel.charts import Chart, Node, Number, Spot
from qunce.kernel.words import sentences

DAILY, WEEKLY = 62, 400
"""Up to so many days a chart has a point for each day; up to so many, for each week; beyond, for each month."""
WEEK = 7
MOST_MONTHS = 13
MOST_GROWTH = 300
"""Per cent; what grows faster stands at the edge of the map."""
YEAR = 365
FEW = 4
"""Of months, whose names have room above a table of cohorts."""
DUNBAR, CIRCLE = 150, 20
COLOURS: Mapping[str, str] = {"good": "jade", "busy": "sky", "bad": "rose", "odd": "plum", "off": "ink-soft"}
Values = NDArray[np.float32]


# ---------------------------------------------------------------- over days
def _steps(first: date, count: int) -> list[tuple[date, slice]]:
    """The days of a stretch in portions that a chart has room for, each with its first day."""
    days = [first + timedelta(days=passed) for passed in range(count)]
    if count <= DAILY:
        keys: list[object] = list(days)
    elif count <= WEEKLY:
        keys = [passed // WEEK for passed in range(count)]
    else:
        keys = [(day.year, day.month) for day in days]
    starts = [place for place in range(count) if not place or keys[place] != keys[place - 1]]
    return [(days[begin], slice(begin, end)) for begin, end in zip(starts, [*starts[1:], count], strict=True)]


def _points(steps: Sequence[tuple[date, slice]], count: int) -> list[str]:
    return [f"{day:%Y-%m}" if count > WEEKLY else f"{day:%m-%d}" for day, _days in steps]


def _over(
    label: str, facts: Facts, steps: Sequence[tuple[date, slice]], values: Mapping[str, Sequence[Number]], **look: Any
) -> Chart:
    """A chart over the days, weeks or months of a stretch; its table says in full from which day on."""
    count = facts.stretch.count
    when = _("Day") if count <= DAILY else _("Week from") if count <= WEEKLY else _("Month")
    drawn = charts.over_time(label, when=when, points=_points(steps, count), values=values, **look)
    whole = [f"{day:%Y-%m}" if count > WEEKLY else day.isoformat() for day, _days in steps]
    return replace(drawn, rows=[[day, *row[1:]] for day, row in zip(whole, drawn.rows, strict=True)])


def _per_day(values: Values, steps: Sequence[tuple[date, slice]]) -> list[float | None]:
    """The mean of the known days of each portion; None where no day is known."""
    found: list[float | None] = []
    for _first, days in steps:
        known = values[days][~np.isnan(values[days])]
        found.append(round(float(known.mean()), 1) if known.size else None)
    return found


def _sums(values: Values, steps: Sequence[tuple[date, slice]]) -> list[int]:
    return [int(np.nansum(values[days])) for _first, days in steps]


def _days(facts: Facts, key: str) -> Values:
    values = metrics[key]().days(facts)
    return np.where(facts.observed, values, np.nan).astype(np.float32)


def volume(facts: Facts) -> Chart:
    """Messages and people a day."""
    steps = _steps(facts.stretch.first, facts.stretch.count)
    return _over(
        _("Messages and people speaking, a day"),
        facts,
        steps,
        {
            _("Messages"): _per_day(_days(facts, "messages"), steps),
            _("People speaking"): _per_day(_days(facts, "active"), steps),
        },
        kind="line" if len(steps) > FEW else "bar",
    )


def turnover(facts: Facts) -> Chart:
    """Who came, above the line, and who went, beneath it."""
    steps = _steps(facts.stretch.first, facts.stretch.count)
    came, went = (_sums(_days(facts, key), steps) for key in ("joined", "left"))
    values = {_("Came"): came, _("Went"): [-count for count in went]}
    return _over(_("Who came and who went"), facts, steps, values, stack=True)


def load(facts: Facts) -> Chart:
    """What each active person has to read a day."""
    steps = _steps(facts.stretch.first, facts.stretch.count)
    values = {_("Messages per person"): _per_day(_days(facts, "load"), steps)}
    return _over(_("Messages a day for each person who speaks"), facts, steps, values, kind="line")


def hints(facts: Facts) -> list[str]:
    """What the numbers of people say against those of Dunbar."""
    said: list[str] = []
    known = facts.present[~np.isnan(facts.present)]
    if known.size:
        size = int(known[-1])
        rule = (
            _("more than the 150 whom one can know") if size > DUNBAR else _("no more than the 150 whom one can know")
        )
        said.append(
            ngettext("%(count)d member: %(rule)s.", "%(count)d members: %(rule)s.", size)
            % {"count": size, "rule": rule}
        )
    active = _days(facts, "active")
    speaking = round(float(np.nanmean(active))) if not np.isnan(active).all() else 0
    if speaking:
        rule = (
            _("a crowd, in which it helps to talk about one thing at a time")
            if speaking > CIRCLE
            else _("a circle in which everybody can be heard")
        )
        said.append(
            ngettext("%(count)d person speaks a day: %(rule)s.", "%(count)d people speak a day: %(rule)s.", speaking)
            % {"count": speaking, "rule": rule}
        )
    return said


def rhythm(facts: Facts) -> Chart:
    """Messages by weekday and hour."""
    return charts.heatmap(
        _("Messages by weekday and hour"),
        columns=[str(hour) for hour in range(24)],
        lines=[str(WEEKDAYS_ABBR[day]) for day in range(WEEK)],
        cells=statistics.heatmap(facts).tolist(),
        unit=_("Messages"),
        line=_("Weekday"),
    )


# ---------------------------------------------------------------- people
def population(facts: Facts) -> Chart:
    """Who spoke in each month, and beneath the line who fell silent."""
    found = statistics.population(facts)
    return charts.over_time(
        _("People by month: new, staying, back, fallen silent"),
        when=_("Month"),
        points=[month_name(each.month) for each in found],
        values={
            pgettext("people of a month", "New"): [each.new for each in found],
            pgettext("people of a month", "Staying"): [each.stayed for each in found],
            pgettext("people of a month", "Back"): [each.returning for each in found],
            pgettext("people of a month", "Silent"): [-each.lapsed for each in found],
        },
        stack=True,
    )


def survival(facts: Facts) -> Chart:
    """The share of newcomers still speaking after so many days."""
    found = statistics.survival_curve(facts)
    return charts.survival(
        _("Share of newcomers who still speak after so many days"),
        days=_("Days since the first message"),
        curves={_("Still there"): list(zip(found.days.tolist(), found.share.tolist(), strict=True))}
        if found.people
        else {},
        until=max(float(min(facts.stretch.count, YEAR)), 1.0),
    )


def survival_says(facts: Facts) -> str:
    """The same in a sentence."""
    found = statistics.survival_curve(facts)
    if not found.people:
        return ""
    half = found.median
    people = ngettext("%(count)d newcomer in these days.", "%(count)d newcomers in these days.", found.people) % {
        "count": found.people
    }
    rest = (
        _("Half of them were silent for good after %(days)s.") % {"days": writing.duration(half * writing.DAY)}
        if half is not None
        else _("More than half of them still speak.")
    )
    return sentences(people, rest)


def _cohorts(found: Sequence[tuple[str, int, Sequence[float]]]) -> Chart:
    """A line per month: its size, and which share of it spoke in each month since."""
    found = [each for each in found if each[1]][-MOST_MONTHS:]
    widest = max((len(shares) for *_head, shares in found), default=0)
    drawn = charts.cohorts(
        _("Per cent of people who spoke again, by month of their first message"),
        cohort=_("First spoke"),
        size=_("People"),
        later=[
            ngettext("%(count)d month later", "%(count)d months later", month) % {"count": month}
            for month in range(1, min(widest, MOST_MONTHS))
        ],
        values={name: (size, list(shares[1:MOST_MONTHS])) for name, size, shares in found if len(shares) > 1},
    )
    return replace(
        drawn, option={**drawn.option, "xAxis": {**drawn.option["xAxis"], "axisLabel": {"show": widest <= FEW}}}
    )


def cohorts(facts: Facts) -> Chart:
    """Of one group."""
    return _cohorts([(month_name(each.month), each.size, each.shares) for each in statistics.cohorts(facts)])


def community_cohorts(found: Sequence[Cohort]) -> Chart:
    """Of a community."""
    return _cohorts(
        [(f"{each.month:%Y-%m}", each.size, [count / each.size for count in each.active]) for each in found]
    )


# ---------------------------------------------------------------- who talks with whom
def talk(facts: Facts, graph: ReplyGraph) -> Chart:
    """Those who answer and are answered most, near those whom they talk with; colours are circles.

    Small circles that have to do with nobody else are left out of the picture where most people are in one.
    """
    weight = [0] * len(graph.nodes)
    for who, whom, often in graph.edges:
        weight[who] += often
        weight[whom] += often
    shown = _together(len(graph.nodes), graph.edges)
    place_of = {place: index for index, place in enumerate(shown)}
    return charts.network(
        _("Who talks with whom"),
        who=_("Who answers"),
        whom=_("Who is answered"),
        unit=_("Times"),
        nodes=[
            Node(
                facts.names[graph.nodes[place]],
                weight[place],
                graph.community[place],
                reverse("console:member", args=[facts.people[graph.nodes[place]]]),
            )
            for place in shown
        ],
        edges=[(place_of[who], place_of[whom], often) for who, whom, often in graph.edges if who in place_of],
    )


def _together(count: int, edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """The largest part that hangs together, where most are in it; else all."""
    part = list(range(count))
    for who, whom, _often in edges:
        one, other = part[who], part[whom]
        if one != other:
            part = [one if each == other else each for each in part]
    sizes = Counter(part)
    largest, size = sizes.most_common(1)[0] if sizes else (0, 0)
    return [place for place in range(count) if part[place] == largest or size * 2 <= count]


# ---------------------------------------------------------------- what is spoken of
def topics(stretch: Stretch, found: Sequence[Topic[MessageKey]]) -> Chart:
    """The part of the messages of each week (or, over long times, four weeks) that is about each topic."""
    weeks = max((len(each.shares) for each in found), default=0)
    step = 1 if weeks <= DAILY else 4
    starts = range(0, weeks, step)
    drawn = charts.over_time(
        _("Topics: per cent of the messages of each week"),
        when=_("Week from"),
        points=[f"{stretch.first + timedelta(days=WEEK * week):%y-%m-%d}" for week in starts],
        values={
            each.label: [round(sum(each.shares[week : week + step]) / step * 100, 1) for week in starts]
            for each in found
        },
        kind="area",
        stack=True,
    )
    return replace(drawn, option={**drawn.option, "legend": {"show": True, "type": "scroll"}})


# ---------------------------------------------------------------- health
def lifecycle(points: Sequence[LifecyclePoint]) -> Chart:
    """Health upwards, trend to the right, size as area; coloured by stage."""
    return charts.scatter(
        _("All groups by health, trend and size"),
        x=_("People speaking, in per cent more or less than before"),
        y=_("Health"),
        size=_("Members"),
        what=_("Group"),
        kind=_("Stage"),
        spots=[
            Spot(
                _of_point(each),
                min(round((2**each.trend - 1) * 100), MOST_GROWTH),
                round(each.score),
                round(each.size),
                words.stage_of(each.stage)[1],
                reverse("console:group_insight", args=[each.group_id]) if each.groups == 1 else "",
            )
            for each in points
        ],
        kinds={title: _colour(tone) for tone, title in words.stages().values()},
    )


def _of_point(point: LifecyclePoint) -> str:
    if point.groups == 1:
        return point.name
    return ngettext("%(count)d group", "%(count)d groups", point.groups) % {"count": point.groups}


def _colour(tone: str) -> str:
    return f"colour:{COLOURS[tone]}"
